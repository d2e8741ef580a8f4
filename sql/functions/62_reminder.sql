-- Reminders: each once, and none about what is done. When they are due stands in reminder_rule.

create or replace function secondline_rules.set_up_reminders() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.add_reminder_rules();
    return null;
end;
$$;
comment on function secondline_rules.set_up_reminders() is 'Trigger: new teams have the usual reminders.';

create or replace function secondline_rules.add_reminder_rules() returns void
language sql volatile
begin atomic
    insert into secondline.reminder_rule (team_id, what, which, base, after, audience)
    select t.team_id, d.what, d.which, d.base, d.after, d.audience
      from secondline.team t
     cross join (values
           ('start', 'unseen', 'shift_start', interval '10 minutes', 'person'),
           ('start', 'no_show', 'shift_start', interval '60 minutes', 'head'),
           ('plan', 'first', 'workday_start', interval '0', 'person'),
           ('plan', 'second', 'workday_start', interval '30 minutes', 'person'),
           ('report', 'before_end', 'shift_end', interval '-15 minutes', 'person'),
           ('report', 'after_end_1', 'shift_end', interval '30 minutes', 'person'),
           ('report', 'after_end_2', 'shift_end', interval '60 minutes', 'person'),
           ('report', 'after_end_3', 'shift_end', interval '90 minutes', 'person'),
           ('report', 'unreported', 'shift_end', interval '120 minutes', 'head')) d (what, which, base, after, audience)
    on conflict do nothing;
end;
comment on function secondline_rules.add_reminder_rules() is 'Gives teams the usual reminders that they do not have.';

create or replace trigger team_reminders after insert on secondline.team
    for each statement execute function secondline_rules.set_up_reminders();
do $$ begin perform secondline_rules.add_reminder_rules(); end $$;

create or replace function secondline_rules.hint_workday() returns void
language sql volatile
begin atomic
    select pg_notify('secondline', 'workday');
end;
comment on function secondline_rules.hint_workday() is 'Wakes the workday duty when this transaction commits. A hint only: it polls as well.';

create or replace function secondline_rules.due_reminder(p_at timestamptz, p_ahead interval, p_person bigint)
returns table (
    person_id bigint, team_id bigint, day date, what text, which text, audience text, due_at timestamptz,
    shift_starts_at timestamptz, shift_ends_at timestamptz
)
language sql stable
begin atomic
    with candidate as (
        select w.person_id, w.day, w.started_at, w.planned_at, w.shift_starts_at, w.shift_ends_at, w.state
          from secondline.workday w
         where w.state in ('working', 'paused', 'overdue') and (p_person is null or w.person_id = p_person)
        union all
        -- shifts that have begun, or soon will, and that nobody has started
        select s.person_id, s.day, null, null, s.starts_at, s.ends_at, null
          from secondline.planned_shift s
         where s.starts_at > p_at - interval '24 hours' and s.starts_at <= p_at + p_ahead
           and (p_person is null or s.person_id = p_person)
           and not exists (select from secondline.workday w where w.person_id = s.person_id and w.day = s.day)
    )
    select c.person_id, p.team_id, c.day, r.what, r.which, r.audience, d.due_at, c.shift_starts_at, c.shift_ends_at
      from candidate c
      join secondline.person p on p.person_id = c.person_id and p.deactivated_at is null
      join secondline.reminder_rule r on r.team_id = p.team_id
       and case r.what when 'start' then c.started_at is null
                       when 'plan' then c.started_at is not null and c.planned_at is null
                       else c.started_at is not null end
     cross join lateral (
           select r.after + case r.base when 'shift_start' then c.shift_starts_at
                                        when 'workday_start' then c.started_at else c.shift_ends_at end as due_at) d
     where d.due_at <= p_at + p_ahead
       -- the head hears of what was missed also after a weekend without daemon, the person only while it is of use
       and case when r.audience = 'head' then d.due_at > p_at - interval '7 days'
                else d.due_at > p_at - interval '24 hours' and c.state is distinct from 'overdue' and (r.what <> 'start' or c.shift_ends_at > p_at) end
       and (c.state is distinct from 'overdue' or r.what = 'report')
       and not exists (select from secondline.reminder x
                        where x.person_id = c.person_id and x.day = c.day and x.what = r.what and x.which = r.which)
       and not (r.what = 'report' and secondline_rules.is_reported(c.person_id, c.day));
end;
comment on function secondline_rules.due_reminder(timestamptz, interval, bigint) is
    'Reminders of one person, or all (null), that came due within a day or will within so long, were not sent, and are about what is not done.';

create or replace function secondline_rules.tell_people(p_at timestamptz, p_kinds text[], p_people bigint[], p_data jsonb[]) returns void
language sql volatile
begin atomic
    insert into secondline.message (channel, state, severity, kind, person_id, ticket_id, created_at, send_at, attend_at, data)
    select 'popup', 'sent', k.severity, k.kind, d.person_id, (d.data ->> 'ticket')::bigint, p_at, p_at, secondline_rules.attend_popup_at(k.severity, p_at, p_at), d.data
      from unnest(p_kinds, p_people, p_data) with ordinality d (kind, person_id, data, place)
      join secondline.message_kind k on k.kind = d.kind
     order by d.place;
end;
comment on function secondline_rules.tell_people(timestamptz, text[], bigint[], jsonb[]) is
    'Tells many people something of their own at once, as send() does for one; the data must be in order.';

create or replace function secondline_rules.supersede(p_at timestamptz, p_kinds text[], p_people bigint[], p_data jsonb[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_old bigint[];
begin
    -- one that is being acknowledged is gone anyway
    with old as (
        select m.message_id
          from unnest(p_kinds, p_people, p_data) d (kind, person_id, data)
          join secondline.message m on m.person_id = d.person_id and m.channel = 'popup' and m.kind = d.kind
           and m.data ->> 'day' = d.data ->> 'day' and m.data ->> 'person_id' = d.data ->> 'person_id'
           for no key update of m skip locked
    )
    select array_agg(o.message_id) into v_old from old o;
    if v_old is not null then
        perform secondline_rules.end_messages(p_at, v_old, 'dropped', 'a newer one says the same');
    end if;
end;
$$;
comment on function secondline_rules.supersede(timestamptz, text[], bigint[], jsonb[]) is
    'Takes older reminders of the same out of the inbox, so that one stands there.';

create or replace function secondline_rules.head_to_tell(p_at timestamptz, p_team bigint, p_person bigint) returns setof bigint
language sql stable rows 2
begin atomic
    select h.person_id
      from (select p.person_id,
                   rank() over (order by (exists (
                                    select from secondline.absence a
                                     where a.person_id = p.person_id and a.cancelled_at is null
                                       and (p_at at time zone p.time_zone)::date between a.first_day and a.last_day)),
                                p.person_id = t.deputy_id and p.role <> 'head' and p.person_id is distinct from t.head_id) as place
              from secondline.team t cross join lateral secondline_rules.leader(t.team_id) l (person_id)
              join secondline.person p on p.person_id = l.person_id
             where t.team_id = p_team and p.person_id is distinct from p_person) h
     where h.place = 1;
end;
comment on function secondline_rules.head_to_tell(timestamptz, bigint, bigint) is
    'Who hears what concerns a person of the team: its heads other than the person; the deputy where there is none, or none who is not away.';

create or replace function secondline_rules.reminder_data(p_person bigint, p_day date, p_starts_at timestamptz, p_ends_at timestamptz)
returns jsonb
language sql stable
begin atomic
    select jsonb_strip_nulls(jsonb_build_object(
        'person', (select p.full_name from secondline.person p where p.person_id = p_person),
        'person_id', p_person, 'day', p_day, 'shift_starts_at', p_starts_at, 'shift_ends_at', p_ends_at,
        'tasks', (select left(string_agg('• ' || t.title, E'\n' order by t.task_id), 4000) from secondline.task t
                   where t.person_id = p_person and t.day = p_day and t.outcome is null and t.dropped_at is null),
        'tickets', (select left(string_agg(format('• %s: %s', t.ticket_id, t.title), E'\n' order by t.ticket_id), 4000)
                      from secondline.assignment a join secondline.ticket t on t.ticket_id = a.ticket_id
                     where a.person_id = p_person and a.ended_at is null)));
end;
comment on function secondline_rules.reminder_data(bigint, date, timestamptz, timestamptz) is
    'What a reminder is made of: the day, its shift, the tasks without outcome, and the tickets in hand.';

create or replace function secondline_rules.remind(p_at timestamptz, p_person bigint, p_limit integer)
returns table (person_id bigint, day date, what text, which text, audience text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_people bigint[];
    v_days date[];
    v_what text[];
    v_which text[];
    v_audience text[];
    v_kinds text[];
    v_to bigint[];
    v_data jsonb[];
begin
    with due as materialized (
        select d.*, row_number() over (partition by d.person_id, d.day, d.what, d.audience order by d.due_at desc, d.which) = 1 as is_last
          from secondline_rules.due_reminder(p_at, '0', p_person) d
         order by d.due_at, d.person_id, d.which limit p_limit
    ), noted as (
        -- the key makes each happen once; of several that came due while no daemon ran the last says it all
        insert into secondline.reminder (person_id, day, what, which, reminded_at, sent)
        select d.person_id, d.day, d.what, d.which, p_at, d.is_last from due d on conflict do nothing
        returning person_id, day, what, which, sent
    ), sent as materialized (
        select d.*, row_number() over (order by d.due_at, d.person_id, d.which) as place,
               secondline_rules.reminder_data(d.person_id, d.day, d.shift_starts_at, d.shift_ends_at) as data
          from due d
          join noted n on n.person_id = d.person_id and n.day = d.day and n.what = d.what and n.which = d.which and n.sent
    ), told as materialized (
        select s.place, s.person_id as to_id, s.data,
               case s.what when 'start' then 'workday.unseen' when 'plan' then 'plan.reminder' else 'report.reminder' end as kind
          from sent s where s.audience = 'person'
        union all
        select s.place, h.person_id, s.data, case s.what when 'start' then 'workday.no_show' else 'workday.unreported' end
          from sent s cross join lateral secondline_rules.head_to_tell(p_at, s.team_id, s.person_id) h (person_id)
         where s.audience = 'head'
    )
    select (select array_agg(s.person_id order by s.place) from sent s), (select array_agg(s.day order by s.place) from sent s),
           (select array_agg(s.what order by s.place) from sent s), (select array_agg(s.which order by s.place) from sent s),
           (select array_agg(s.audience order by s.place) from sent s),
           (select array_agg(t.kind order by t.place, t.to_id) from told t), (select array_agg(t.to_id order by t.place, t.to_id) from told t),
           (select array_agg(t.data order by t.place, t.to_id) from told t)
      into v_people, v_days, v_what, v_which, v_audience, v_kinds, v_to, v_data;
    if v_to is not null then
        perform secondline_rules.supersede(p_at, v_kinds, v_to, v_data);
        perform secondline_rules.tell_people(p_at, v_kinds, v_to, v_data);
    end if;
    return query select * from unnest(v_people, v_days, v_what, v_which, v_audience);
end;
$$;
comment on function secondline_rules.remind(timestamptz, bigint, integer) is
    'Sends the reminders that are due, of one person or (null) at most so many of all, and returns them.';

create or replace function secondline_rules.remind_of(p_at timestamptz, p_workday secondline.workday, p_what text, p_which text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_data jsonb[];
begin
    insert into secondline.reminder (person_id, day, what, which, reminded_at, sent)
    values (p_workday.person_id, p_workday.day, p_what, p_which, p_at, true) on conflict do nothing;
    if found then
        v_data := array[secondline_rules.reminder_data(p_workday.person_id, p_workday.day, p_workday.shift_starts_at, p_workday.shift_ends_at)];
        perform secondline_rules.supersede(p_at, array[p_what || '.reminder'], array[p_workday.person_id], v_data);
        perform secondline_rules.tell_people(p_at, array[p_what || '.reminder'], array[p_workday.person_id], v_data);
    end if;
end;
$$;
comment on function secondline_rules.remind_of(timestamptz, secondline.workday, text, text) is
    'Asks the person for the plan or the report of a workday now, unless this was done already.';

create or replace function secondline_rules.ask_for_overdue(p_at timestamptz, p_person bigint, p_today date) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    w secondline.workday;
begin
    for w in select x.* from secondline.workday x where x.person_id = p_person and x.state = 'overdue' order by x.day loop
        perform secondline_rules.remind_of(p_at, w, 'report', 'overdue_' || to_char(p_today, 'YYYY_MM_DD'));
    end loop;
end;
$$;
comment on function secondline_rules.ask_for_overdue(timestamptz, bigint, date) is 'Asks for the reports of overdue days, once at each start of a workday.';
