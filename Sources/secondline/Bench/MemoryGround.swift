extension MemoryBench {
    /// A team around the clock: three crews, a queue of theirs, clients and a channel for everybody; and what people do in a minute.
    func found() async throws {
        try await database.run(
            """
            select secondline.add_team('bench', 'UTC');
            select secondline.add_queue('bench', 2, 30);
            select secondline.add_person(1, 'specialist', 'Person ' || i) from generate_series(1, \(3 * Self.crew)) i;
            select secondline.add_member('bench', person_id) from secondline.person;
            select secondline.add_client('Client ' || i, null) from generate_series(1, 200) i;
            select secondline.set_contact(person_id, 'bench', 'here', 'low') from secondline.person;
            select secondline.set_client_contact(client_id, 'bench', 'here') from secondline.client;
            -- all this was long ago
            set session_replication_role = replica;
            update secondline.person set changed_at = now() - interval '30 days';
            update secondline.queue set changed_at = now() - interval '30 days';
            reset session_replication_role;

            create procedure public.live(p_tickets integer, p_minute integer, p_at timestamptz) language plpgsql as $$
            declare
                v_crew integer := p_minute / 480 % 3;
                v_person bigint;
                a record;
            begin
                -- the crews change every eight hours, with plans and reports
                if p_minute % 480 = 0 then
                    for v_person in select w.person_id from secondline.workday w where w.state in ('working', 'paused') loop
                        perform secondline_rules.report_task(p_at, t.task_id, 'done', 30, null)
                           from secondline.task t join secondline.workday w using (person_id, day)
                          where t.person_id = v_person and w.state in ('working', 'paused') and t.outcome is null and t.dropped_at is null;
                        perform secondline_rules.submit_report(p_at, v_person, 'It worked.', 'Nothing.', null, '{}', null);
                        perform secondline_rules.end_workday(p_at, v_person);
                    end loop;
                    perform secondline_rules.start_workday(p_at, p.person_id) from secondline.person p
                      where p.person_id % 3 = v_crew order by p.person_id;
                elsif p_minute % 480 = 45 then
                    perform secondline_rules.submit_plan(p_at, w.person_id, '{Answer what comes in}')
                       from secondline.workday w where w.state = 'working' and w.planned_at is null;
                end if;

                perform secondline_rules.submit(
                    p_at, 'bench', 'Ticket ' || p_minute || '/' || i, 'What a client wrote about their trouble.',
                    (array['urgent', 'high', 'normal', 'low', null]::secondline.priority[])[1 + i % 5], 'question',
                    1 + (p_minute * 7 + i) % 200, null, null, null)
                   from generate_series(1, p_tickets * (p_minute + 1) / 1440 - p_tickets * p_minute / 1440) i;

                for a in
                    select t.ticket_id, t.status, t.assignee_id, p_at - x.offered_at as age,
                           case when exists (select from secondline.assignment y
                                              where y.ticket_id = x.ticket_id and y.assignment_id < x.assignment_id)
                                then 4 else t.ticket_id % 20 end as n
                      from secondline.assignment x
                      join secondline.ticket t on t.ticket_id = x.ticket_id
                      join secondline.workday w on w.person_id = x.person_id and w.state = 'working'
                     where x.ended_at is null and x.offered_at < p_at - interval '1 minute' order by x.assignment_id
                loop
                    -- one in twenty is left untouched by the first, one is declined, two wait for their client
                    if a.status = 'assigned' and a.n = 1 and a.age < interval '5 minutes' then
                        perform secondline_rules.decline(p_at, a.ticket_id, a.assignee_id, 'Not mine.');
                    elsif a.status = 'assigned' and a.n <> 0 then
                        perform secondline_rules.accept(p_at, a.ticket_id, a.assignee_id);
                    elsif a.status = 'accepted' and a.n in (2, 3) and a.age < interval '10 minutes' then
                        perform secondline_rules.wait_for_client(p_at, a.ticket_id, a.assignee_id, 'Which version?');
                    elsif a.status = 'waiting_for_client' and a.age > interval '30 minutes' then
                        perform secondline_rules.client_replied(p_at, a.ticket_id, null, 'The last one.');
                    elsif a.status = 'accepted' and a.age > interval '12 minutes' then
                        perform secondline_rules.resolve(p_at, a.ticket_id, a.assignee_id, 'Done.');
                    end if;
                end loop;
                -- they read what stands in their inbox
                perform secondline_rules.acknowledge(p_at, m.message_id, m.person_id)
                   from secondline.message m join secondline.workday w on w.person_id = m.person_id and w.state = 'working'
                  where m.channel = 'popup' and m.state = 'sent' and m.created_at < p_at - interval '10 minutes';
            end;
            $$;
            """)
        try await database.settle()
    }
}
