-- Who has left for the day, or longer: what cannot wait until their next shift goes to others.

create or replace function secondline_rules.note_departure(p_person bigint, p_leaves_at timestamptz) returns void
language sql volatile
begin atomic
    insert into secondline.departure as d (person_id, leaves_at) values (p_person, p_leaves_at)
    on conflict (person_id) do update set leaves_at = least(d.leaves_at, excluded.leaves_at);
end;
comment on function secondline_rules.note_departure(bigint, timestamptz) is 'Has the daemon look at the tickets of somebody who leaves at this instant.';

create or replace function secondline_rules.is_away(p_at timestamptz, p_person bigint) returns boolean
language sql stable
begin atomic
    select not exists (
        select from secondline.workday w
         where w.person_id = p_person and w.state in ('working', 'paused') and not coalesce(w.absent @> p_at, false));
end;
comment on function secondline_rules.is_away(timestamptz, bigint) is 'Whether a person has no open workday, or an absence covers the instant.';

create or replace function secondline_rules.next_shift(p_at timestamptz, p_person bigint) returns timestamptz
language sql stable
begin atomic
    select case
        when exists (select from secondline.working_hours h where h.person_id = p_person)
        then coalesce((select min(s.starts_at) from secondline.planned_shift s where s.person_id = p_person and s.starts_at > p_at), 'infinity')
        else (select max(coalesce(a.to_at, (a.last_day + 1)::timestamp at time zone p.time_zone))
                from secondline_rules.absence_at(p_at, p_person) a join secondline.person p on p.person_id = a.person_id) end;
end;
comment on function secondline_rules.next_shift(timestamptz, bigint) is
    'When a person is expected next; without working hours, the end of their absence, or null: nobody knows.';

create or replace function secondline_rules.run_departures(p_at timestamptz, p_limit integer) returns table (ticket_id bigint, person_id bigint)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_person bigint;
    v_back timestamptz;
    v_held bigint[];
    v_locked bigint[];
    t secondline.ticket;
begin
    for v_person in
        select d.person_id from secondline.departure d where d.leaves_at <= p_at
         order by d.leaves_at, d.person_id limit p_limit for update skip locked
    loop
        v_held := array(select a.ticket_id from secondline.assignment a where a.person_id = v_person and a.ended_at is null);
        v_locked := array(select x.ticket_id from secondline.ticket x where x.ticket_id = any (v_held)
                           order by x.ticket_id for no key update skip locked);
        perform from secondline.person p where p.person_id = v_person for no key update skip locked;
        if not found or cardinality(v_locked) < cardinality(v_held) then
            -- something of theirs is being changed: the next time
            update secondline.departure d set leaves_at = p_at + interval '1 second' where d.person_id = v_person;
            continue;
        end if;
        delete from secondline.departure d where d.person_id = v_person;
        v_back := secondline_rules.next_shift(p_at, v_person);
        continue when v_back is null or not secondline_rules.is_away(p_at, v_person);
        for t in
            select x.* from secondline.ticket x
             where x.ticket_id = any (v_locked) and x.status <> 'waiting_for_client'
               and exists (select from secondline_rules.clocks(x) c
                            where c.alarm in ('offer', 'response_breach', 'resolution_breach') and c.due_at < v_back)
             order by x.ticket_id
        loop
            perform secondline_rules.rehome(p_at, t, null, (
                select 'away' || coalesce(' until ' || case when isfinite(v_back) then secondline_rules.time_text(v_back, r.locale, r.time_zone) end, '')
                  from secondline_rules.reader(v_person, null, null) r));
            return query select t.ticket_id, v_person;
        end loop;
    end loop;
end;
$$;
comment on function secondline_rules.run_departures(timestamptz, integer) is
    'Takes from people who are away the tickets on which something is due before their next shift, and gives them back to the queue, for the substitute first. Returns them.';
