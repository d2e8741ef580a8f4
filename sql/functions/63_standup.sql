-- The stand-up: what there is to talk about, told to the team ten minutes before.

create or replace function secondline_rules.standup_agenda(p_at timestamptz, p_team bigint, p_day date)
returns table (section text, place bigint, person_id bigint, person text, text text)
language sql stable
begin atomic
    with member as (
        select p.person_id, p.full_name,
               exists (select from secondline.absence a where a.person_id = p.person_id and a.cancelled_at is null
                          and (p_day between a.first_day and a.last_day
                               or a.from_at <= p_at and a.to_at > p_at)) as is_absent
          from secondline.person p where p.team_id = p_team and p.deactivated_at is null
    ), said as (
        -- the last day on which each of them worked
        select m.person_id, m.full_name, r.*
          from member m
         cross join lateral (
               select x.blockers, case when x.shares_well then x.went_well end as well, case when x.shares_badly then x.went_badly end as badly
                 from secondline.report x
                where x.person_id = m.person_id and x.day < p_day and x.day >= p_day - 7
                  and x.day = (select max(w.day) from secondline.workday w where w.person_id = m.person_id and w.day < p_day)) r
    ), line as (
        select 1 as part, 'round' as section, m.person_id as id, m.person_id, m.full_name, null::text as text from member m where not m.is_absent
        union all
        select 2, 'blocker', s.person_id, s.person_id, s.full_name, s.blockers from said s where s.blockers is not null
        union all
        select 3, 'shared', s.person_id, s.person_id, s.full_name, s.well from said s where s.well is not null
        union all
        select 3, 'shared', s.person_id, s.person_id, s.full_name, s.badly from said s where s.badly is not null
        union all
        select 4, 'plan', t.task_id, m.person_id, m.full_name, t.title
          from member m join secondline.task t on t.person_id = m.person_id and t.day = p_day and t.planned and t.dropped_at is null
        union all
        select 5, 'absent', m.person_id, m.person_id, m.full_name, null from member m where m.is_absent
        union all
        -- nothing has happened since their assignee was asked, or they go from hand to hand
        (select 6, 'stalled', t.ticket_id, m.person_id, m.full_name, t.ticket_id || ': ' || t.title
           from member m
           join secondline.assignment a on a.person_id = m.person_id and a.ended_at is null
           join secondline.ticket t on t.ticket_id = a.ticket_id
          where exists (select from secondline.alarm x
                         where x.ticket_id = t.ticket_id
                           and (x.alarm = 'stalled' and x.since = t.changed_at or x.alarm = 'bouncing' and x.since = t.eligible_at))
          order by t.changed_at limit 20)
        union all
        select 7, 'suggestion', u.place, u.author_id, p.full_name,
               case when u.forgotten_since is not null then format('‼ %s ', u.forgotten_since) else '' end || u.ticket_id || ': ' || u.title
          from secondline_rules.undecided_suggestion(p_at, p_team) u
          left join secondline.person p on p.person_id = u.author_id
        union all
        select 8, 'item', i.item_id, m.person_id, m.full_name, i.text
          from secondline.agenda_item i join secondline.person m on m.person_id = i.person_id
         where i.team_id = p_team and (i.day is null or i.day = p_day)
    )
    select l.section, row_number() over (order by l.part, l.rank, l.full_name, l.id), l.person_id, l.full_name, l.text
      from (select x.*, case when x.section in ('suggestion', 'item') then x.id end as rank from line x) l order by l.part, l.rank, l.full_name, l.id;
end;
comment on function secondline_rules.standup_agenda(timestamptz, bigint, date) is
    'The agenda of a team''s stand-up on a day: a personal round, blockers and what people shared of their last day, plans, who is absent, stalled tickets, suggestions, and what people put on it.';

create or replace function secondline_rules.agenda_data(p_at timestamptz, p_team bigint, p_day date, p_starts_at timestamptz) returns jsonb
language sql stable
begin atomic
    select jsonb_strip_nulls(jsonb_build_object(
        'team', (select t.name from secondline.team t where t.team_id = p_team), 'day', p_day, 'starts_at', p_starts_at,
        'round', left(string_agg(a.person, ', ' order by a.place) filter (where a.section = 'round'), 4000),
        'blockers', left(string_agg(format('• %s: %s', a.person, a.text), E'\n' order by a.place) filter (where a.section = 'blocker'), 4000),
        'shared', left(string_agg(format('• %s: %s', a.person, a.text), E'\n' order by a.place) filter (where a.section = 'shared'), 4000),
        'plans', left(string_agg(format('• %s: %s', a.person, a.text), E'\n' order by a.place) filter (where a.section = 'plan'), 4000),
        'absent', left(string_agg(a.person, ', ' order by a.place) filter (where a.section = 'absent'), 4000),
        'stalled', left(string_agg(format('• %s: %s', a.person, a.text), E'\n' order by a.place) filter (where a.section = 'stalled'), 4000),
        'suggestions', left(string_agg('• ' || a.text, E'\n' order by a.place) filter (where a.section = 'suggestion'), 4000),
        'items', left(string_agg(format('• %s: %s', a.person, a.text), E'\n' order by a.place) filter (where a.section = 'item'), 4000)))
      from secondline_rules.standup_agenda(p_at, p_team, p_day) a;
end;
comment on function secondline_rules.agenda_data(timestamptz, bigint, date, timestamptz) is 'What the message of a stand-up is made of.';

create or replace function secondline_rules.next_standup(p_at timestamptz, p_ahead interval)
returns table (team_id bigint, day date, starts_at timestamptz)
language sql stable
begin atomic
    select t.team_id, d.day, i.starts_at
      from secondline.team t
     cross join (values (0), (1)) n (days)
     cross join lateral (select (p_at at time zone t.time_zone)::date + n.days as day) d
      join secondline.standup s on s.team_id = t.team_id and s.weekday = extract(isodow from d.day)
     cross join lateral (select (d.day + s.at) at time zone t.time_zone as starts_at) i
     -- one that has begun is announced to nobody
     where i.starts_at > p_at and i.starts_at <= p_at + p_ahead
       and not exists (select from secondline.holiday h where h.team_id = t.team_id and h.on_date = d.day)
       and not exists (select from secondline.standup_meeting m
                        where m.team_id = t.team_id and m.day = d.day);
end;
comment on function secondline_rules.next_standup(timestamptz, interval) is
    'Stand-ups that begin within so long and have not been announced; none on holidays.';

create or replace function secondline_rules.announce_standups(p_at timestamptz) returns table (team_id bigint, day date)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    s record;
    v_data jsonb;
    v_people bigint[];
begin
    for s in select n.* from secondline_rules.next_standup(p_at, '10 minutes') n order by n.starts_at, n.team_id loop
        insert into secondline.standup_meeting (team_id, day, starts_at, announced_at) values (s.team_id, s.day, s.starts_at, p_at)
        on conflict do nothing;
        continue when not found;
        v_data := secondline_rules.agenda_data(p_at, s.team_id, s.day, s.starts_at);
        update secondline.agenda_item i set day = s.day
         where i.item_id in (select x.item_id from secondline.agenda_item x
                              where x.team_id = s.team_id and x.day is null for no key update skip locked);
        -- one that is being changed may be decided on by now; if not, the next agenda counts
        update secondline.ticket t set discussed_at = p_at
         where t.ticket_id in (select x.ticket_id from secondline.ticket x
                                where x.ticket_id in (select u.ticket_id from secondline_rules.undecided_suggestion(p_at, s.team_id) u)
                                  and x.discussed_at is null for no key update skip locked);
        select array_agg(a.person_id order by a.place) into v_people
          from secondline_rules.standup_agenda(p_at, s.team_id, s.day) a where a.section = 'round';
        perform secondline_rules.tell_people(
            p_at, array_fill('standup.agenda'::text, array[coalesce(cardinality(v_people), 0)]), v_people,
            array_fill(v_data, array[coalesce(cardinality(v_people), 0)]));
        perform secondline_rules.send(p_at, 'standup.agenda', null, s.team_id, null, v_data);
        return query select s.team_id, s.day;
    end loop;
end;
$$;
comment on function secondline_rules.announce_standups(timestamptz) is
    'Sends the agenda of stand-ups that begin within ten minutes, once, to the team''s channels and to everybody who is not away; returns them.';

create or replace function secondline_rules.agenda_now()
returns table (team_id bigint, team text, day date, starts_at timestamptz, section text, place bigint, person text, text text)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    select t.team_id, t.name, d.day, (d.day + s.at) at time zone t.time_zone, a.section, a.place, a.person, a.text
      from secondline.team t
     cross join lateral (select (clock_timestamp() at time zone t.time_zone)::date as day) d
      left join secondline.standup s on s.team_id = t.team_id and s.weekday = extract(isodow from d.day)
     cross join lateral secondline_rules.standup_agenda(clock_timestamp(), t.team_id, d.day) a
     where t.team_id in (select secondline_rules.visible_team())
     order by t.team_id, a.place;
end;
comment on function secondline_rules.agenda_now() is
    'The agenda of today for the teams of the session: with a login of their own people see that of their team and of those that they lead.';
