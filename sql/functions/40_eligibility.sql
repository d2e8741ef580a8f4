-- Who may get a ticket: the one definition, used by the claim, by the second look under locks, by the audit and by "explain".

create or replace function secondline_rules.member_state(p_at timestamptz)
returns table (
    queue text, person_id bigint, obstacle text, load_minutes integer, capacity_minutes integer,
    last_assigned_at timestamptz, offers_left integer, free_again_at timestamptz
)
language sql stable
begin atomic
    select m.queue, m.person_id,
           case when p.deactivated_at is not null then 'left'
                when w.person_id is null then 'not_at_work'
                when w.paused_at is not null then 'paused'
                when w.absent @> p_at then 'absent'
                when w.shift_ends_at < p_at + interval '15 minutes' then 'shift_ending'
                when p.load_minutes >= p.capacity_minutes then 'full'
                when q.fair_limit is not null and f.offers >= q.fair_limit then 'fair_limit'
           end,
           p.load_minutes, p.capacity_minutes, p.last_assigned_at,
           q.fair_limit - f.offers,
           case when w.absent @> p_at then (select upper(span) from unnest(w.absent) span where span @> p_at)
                when f.offers >= q.fair_limit then f.oldest + q.fair_window end
      from secondline.queue_member m
      join secondline.queue q on q.name = m.queue
      join secondline.person p on p.person_id = m.person_id
      left join secondline.workday w on w.person_id = m.person_id and w.state in ('working', 'paused')
     cross join lateral (
           select count(*)::integer as offers, min(o) as oldest
             from unnest(case when q.fair_limit is not null then m.recent_offers end) o
            where o > p_at - q.fair_window) f;
end;
comment on function secondline_rules.member_state(timestamptz) is
    'Each member of each queue at an instant: what keeps them from getting any ticket from it (null: nothing), load and capacity in minutes, offers left under the fair limit (null: no limit), and when an obstacle ends by itself. Left to the ticket: skill, room for its size, who declined it.';

create or replace function secondline_rules.has_room(p_effort integer, p_load integer, p_capacity integer) returns boolean
language sql immutable
begin atomic
    select p_load = 0 or p_effort <= p_capacity - p_load;
end;
comment on function secondline_rules.has_room(integer, integer, integer) is
    'Whether a ticket of this effort fits a load under a capacity (minutes); empty-handed people take one of any size.';

create or replace function secondline_rules.routed_person(
    p_at timestamptz, p_queue text, p_skill text, p_manager bigint
) returns bigint
-- its owner's rights, because not everybody sees who is absent
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_person bigint := p_manager;
    v_is_there boolean;
    v_substitute bigint;
begin
    -- nobody in a cycle of substitutes is there, so going round until the ten are over finds nobody either
    for step in 1..10 loop
        exit when v_person is null;
        select p.deactivated_at is null
               and not case when w.person_id is not null then coalesce(w.absent @> p_at, false)
                            else exists (select from secondline_rules.absence_at(p_at, p.person_id)) end
               and (p_queue is null
                    or exists (select from secondline.queue_member m where m.queue = p_queue and m.person_id = p.person_id))
               and (p_skill is null
                    or exists (select from secondline.person_skill k where k.person_id = p.person_id and k.skill = p_skill)),
               p.substitute_id
          into v_is_there, v_substitute
          from secondline.person p
          left join secondline.workday w on w.person_id = p.person_id and w.state in ('working', 'paused')
         where p.person_id = v_person;
        if v_is_there then
            return v_person;
        end if;
        v_person := v_substitute;
    end loop;
    return null;
end;
$$;
comment on function secondline_rules.routed_person(timestamptz, text, text, bigint) is
    'Whose the tickets of a manager''s clients are, in a queue with routing account_manager, that need this skill (null: none): the manager, or the first of their substitutes (at most nine), who has not left, has no recorded absence at this instant, is a member of the queue (null: of any) and has the skill; at work, with room, or not. Null: nobody''s, so by load.';

create or replace function secondline_rules.route(p_at timestamptz, p_queue text, p_skill text)
returns table (manager_id bigint, person_id bigint)
language sql stable rows 100
begin atomic
    select p.person_id, secondline_rules.routed_person(p_at, p_queue, p_skill, p.person_id)
      from secondline.person p
     where exists (select from secondline.client c where c.account_manager_id = p.person_id);
end;
comment on function secondline_rules.route(timestamptz, text, text) is
    'Every account manager with clients, and whose the tickets of those are: see secondline_rules.routed_person.';

create or replace function secondline_rules.is_routed_to(
    p_at timestamptz, p_queue text, p_skill text, p_client bigint, p_preferred bigint, p_person bigint
) returns boolean
language sql stable
begin atomic
    select coalesce(p_person = p_preferred, false)
        or coalesce((select secondline_rules.routed_person(p_at, p_queue, p_skill, c.account_manager_id) = p_person
                       from secondline.client c where c.client_id = p_client), true);
end;
comment on function secondline_rules.is_routed_to(timestamptz, text, text, bigint, bigint, bigint) is
    'Whether a ticket of a queue with routing account_manager (with this skill, client and preferred person) may go to this person: it is theirs, they are preferred, or it is nobody''s.';

create or replace function secondline_rules.visible_manager() returns setof bigint
language sql stable rows 10
begin atomic
    select p.person_id from secondline.person p
     where exists (select from secondline.client c where c.account_manager_id = p.person_id)
       and (p.person_id in (select secondline_rules.visible_person())
            or secondline_rules.routed_person(clock_timestamp(), null, null, p.person_id) = (select secondline_rules.acting_person()));
end;
comment on function secondline_rules.visible_manager() is
    'Whose clients the session may follow: with a login of their own people theirs, those of whom they stand in for now, and those of the teams that they lead; programs all.';

create or replace function secondline_rules.ticket_candidate(p_at timestamptz, p_ticket bigint)
returns table (
    person_id bigint, full_name text, obstacle text, load_minutes integer, capacity_minutes integer, free_again_at timestamptz
)
language sql stable
begin atomic
    select m.person_id, m.full_name,
           case when m.obstacle is null and m.is_passed
                 and bool_or(m.obstacle is null and not m.is_passed) over () then 'passed' else m.obstacle end,
           m.load_minutes, m.capacity_minutes, m.free_again_at
      from (select s.person_id, p.full_name, coalesce(s.person_id = any (t.passed_by), false) as is_passed,
                   case when q.paused_at is not null then 'queue_paused'
                        when s.person_id = any (t.declined_by) then 'declined'
                        when t.skill is not null and not exists (
                            select from secondline.person_skill k where k.person_id = s.person_id and k.skill = t.skill)
                        then 'lacks_skill'
                        when q.routing = 'account_manager' and not secondline_rules.is_routed_to(
                            p_at, t.queue, t.skill, t.client_id, t.preferred_id, s.person_id)
                        then 'not_manager'
                        when s.obstacle is not null then s.obstacle
                        when not secondline_rules.has_room(t.effort_minutes, s.load_minutes, s.capacity_minutes) then 'no_room'
                   end as obstacle,
                   s.load_minutes, s.capacity_minutes, s.free_again_at
              from secondline.ticket t
              join secondline.queue q on q.name = t.queue
              join secondline_rules.member_state(p_at) s on s.queue = t.queue
              join secondline.person p on p.person_id = s.person_id
             where t.ticket_id = p_ticket) m;
end;
comment on function secondline_rules.ticket_candidate(timestamptz, bigint) is
    'Every member of a ticket''s queue with what keeps them from getting it at this instant (null: nothing).';
