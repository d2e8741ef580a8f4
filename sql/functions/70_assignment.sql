-- What the assignment duty calls. It looks and decides outside (Sources/Policy); here its pairs are checked again under locks and applied.

create or replace function secondline_rules.waiting_group() returns table (queue text, skill text)
language sql stable
-- A loose index scan: one probe of ticket_waiting_index for each group, however many tickets it has.
begin atomic
    with recursive waiting (queue, skill) as (
        (select t.queue, coalesce(t.skill, '') from secondline.ticket t where t.status = 'new'
          order by t.queue, coalesce(t.skill, '') limit 1)
        union all
        select n.queue, n.skill
          from waiting w
         cross join lateral (
               select t.queue, coalesce(t.skill, '') as skill from secondline.ticket t
                where t.status = 'new' and (t.queue, coalesce(t.skill, '')) > (w.queue, w.skill)
                order by t.queue, coalesce(t.skill, '') limit 1) n
    )
    select w.queue, w.skill from waiting w;
end;
comment on function secondline_rules.waiting_group() is 'The groups (queue, skill; '''' for none) in which tickets wait.';

create or replace function secondline_rules.each_id(p_ids bigint[]) returns setof bigint
language sql immutable strict rows 500
-- "strict" keeps it from being inlined, "rows" makes the planner hash: it takes a bare array for ten rows
begin atomic
    select unnest(p_ids);
end;
comment on function secondline_rules.each_id(bigint[]) is 'The elements of an array, of which the planner expects many.';

create or replace function secondline_rules.routed_waiting(
    p_at timestamptz, p_queue text, p_skill text, p_priority secondline.priority, p_starving_before timestamptz,
    p_place bigint, p_places bigint[], p_people bigint[], p_rooms bigint[], p_room bigint, p_starving bigint, p_limit bigint
) returns table (
    ticket_id bigint, effort_minutes integer, eligible_at timestamptz, is_starving boolean, client_id bigint, declined_by bigint[],
    passed_by bigint[], preferred_id bigint, is_held boolean, routed_id bigint, manager_id bigint
)
-- plpgsql keeps its plan, and out of the plans of queues without routing
language plpgsql stable rows 100 set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with candidate as materialized (
        select c.person_id, c.room from unnest(p_places, p_people, p_rooms) c (place, person_id, room) where c.place = p_place
    ), waiting as materialized (
        select x.ticket_id, x.effort_minutes, x.eligible_at, x.client_id, x.declined_by, x.passed_by, x.preferred_id, c.account_manager_id
          from secondline.ticket x
          left join secondline.client c on c.client_id = x.client_id
         where x.status = 'new' and x.queue = p_queue and coalesce(x.skill, '') = p_skill
           and coalesce(x.priority, 'normal') = p_priority
           and not exists (select from secondline.ticket_fault f where f.ticket_id = x.ticket_id and f.retry_at > p_at)
    ), route as materialized (
        select m.account_manager_id, secondline_rules.routed_person(p_at, p_queue, nullif(p_skill, ''), m.account_manager_id) as person_id
          from (select distinct w.account_manager_id from waiting w) m
    ), own as (
        select w.*, r.person_id as routed_id,
               greatest(case when r.person_id is null then p_room when r.person_id = any (w.declined_by) then 0
                             else coalesce(c.room, 0) end, p.room) as room,
               coalesce(w.eligible_at < p_starving_before, false) as is_starving
          from waiting w
          left join route r on r.account_manager_id = w.account_manager_id
          left join candidate c on c.person_id = r.person_id
          left join candidate p on p.person_id = w.preferred_id
    ), sorted as (
        select o.*, case when o.effort_minutes <= o.room then 'fits' when o.is_starving and o.room > 0 then 'starves' else 'held' end as class
          from own o
    ), counted as (
        select s.*, row_number() over (partition by s.class order by s.eligible_at, s.ticket_id) as n
          from sorted s
         where s.class <> 'held' or not exists (
               select from secondline.blocker b where b.ticket_id = s.ticket_id and b.ended_at is null and b.reason <> 'reserving')
    )
    select c.ticket_id, c.effort_minutes, c.eligible_at, c.is_starving, c.client_id, c.declined_by, c.passed_by, c.preferred_id,
           c.class = 'held', c.routed_id, case when c.routed_id is not null then c.account_manager_id end
      from counted c where c.n <= case c.class when 'fits' then p_limit when 'starves' then p_starving else 100 end;
end;
$$;
comment on function secondline_rules.routed_waiting(
    timestamptz, text, text, secondline.priority, timestamptz, bigint, bigint[], bigint[], bigint[], bigint, bigint, bigint
) is 'The waiting tickets of one stream (queue, skill, priority) of a queue with routing account_manager, each with whose it is: those that their person (or, where they are anybody''s, p_room) has room for, those that starve and do not fit, and those held by their person that do not say so yet. The candidates are those of p_place, with their rooms in minutes.';

create or replace function secondline_rules.lock_unlocked_people(p_person bigint[]) returns setof bigint
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    select p.person_id from secondline.person p where p.person_id = any (p_person)
     order by p.person_id for no key update skip locked;
end;
comment on function secondline_rules.lock_unlocked_people(bigint[]) is
    'Locks those of the people whom nobody else is changing now, and returns them; never waits.';

-- each duty has a row, which is its lock
insert into secondline.duty (name) values ('assignment'), ('audit') on conflict do nothing;

create or replace function secondline_rules.assign(
    p_at timestamptz, p_ticket bigint[], p_person bigint[], p_reason text[], p_candidates jsonb[],
    p_minutes_before integer[], p_offers_before integer[]
) returns table (ticket_id bigint, person_id bigint, outcome text, waited_seconds double precision)
-- one plan for any batch: planning would cost more than a small batch itself
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
declare
    v_ticket bigint[];
    v_person bigint[];
begin
    -- Whoever is locked by somebody else is changing: their pair does not hold now, and their commit wakes the duty again.
    with ticket as materialized (
        select t.ticket_id from secondline.ticket t where t.ticket_id = any (p_ticket) and t.status = 'new'
         order by t.ticket_id for no key update skip locked
    ), person as materialized (
        select p.person_id from secondline.person p where p.person_id = any (p_person)
         order by p.person_id for no key update skip locked
    )
    select (select array_agg(t.ticket_id) from ticket t), (select array_agg(p.person_id) from person p)
      into v_ticket, v_person;

    -- A new statement sees what was committed before the locks were ours.
    return query
    with state as materialized (
        select s.*, p.changed_at from secondline_rules.each_id(v_person) locked (person_id)
          join secondline.person p on p.person_id = locked.person_id
          join secondline.queue_member m on m.person_id = p.person_id
          join secondline_rules.member_state(p_at) s on s.queue = m.queue and s.person_id = m.person_id
    ), pair as materialized (
        select a.n, a.ticket_id, a.person_id, a.reason, a.candidates, t.queue, t.eligible_at, t.effort_minutes,
               t.title, t.priority, t.client_id, t.is_accepted,
               greatest(p_at, t.changed_at, s.changed_at) as at, s.offers_left is not null as is_limited,
               t.ticket_id is not null as has_ticket,
               -- looked at here, not in "state": the planner would expect one row of that and loop over it for each pair
               coalesce(s.obstacle is null
                        and (s.load_minutes + a.minutes_before + t.effort_minutes <= s.capacity_minutes
                             or s.load_minutes + a.minutes_before = 0)
                        and (s.offers_left is null or a.offers_before < s.offers_left)
                        and (t.declined_by is null or a.person_id <> all (t.declined_by))
                        and (t.routing = 'load' or secondline_rules.is_routed_to(
                            p_at, t.queue, t.skill, t.client_id, t.preferred_id, a.person_id))
                        and (t.skill is null or exists (
                            select from secondline.person_skill k where k.person_id = a.person_id and k.skill = t.skill)),
                        false) as has_person
          from unnest(p_ticket, p_person, p_reason, p_candidates, p_minutes_before, p_offers_before)
               with ordinality a (ticket_id, person_id, reason, candidates, minutes_before, offers_before, n)
          left join (select x.*, q.routing, q.accept_within = '0' as is_accepted
                       from secondline.ticket x join secondline.queue q on q.name = x.queue and q.paused_at is null) t
            on t.ticket_id = a.ticket_id and t.status = 'new'
               -- "or" keeps this a hashed lookup, which a generic plan would turn into a loop over both arrays
           and (cardinality(v_ticket) = cardinality(p_ticket) or a.ticket_id in (select unnest(v_ticket)))
          left join state s on s.queue = t.queue and s.person_id = a.person_id
    ), failed as materialized (
        select min(n) as n from pair where has_ticket and not has_person
    ), holding as materialized (
        -- what ranks behind a ticket whose person fell away is decided anew, or it would overtake
        select * from pair where has_ticket and has_person and not coalesce(n > (select f.n from failed f), false)
    ), opened as (
        insert into secondline.assignment (ticket_id, person_id, state, weight_minutes, offered_at, accepted_at)
        select h.ticket_id, h.person_id, case when h.is_accepted then 'accepted' else 'offered' end::secondline.assignment_state,
               h.effort_minutes, h.at, case when h.is_accepted then h.at end
          from holding h
    ), taken as (
        update secondline.ticket t
           set status = case when h.is_accepted then 'accepted' else 'assigned' end::secondline.ticket_status,
               assignee_id = h.person_id, preferred_id = null, changed_at = h.at,
               attend_at = case when t.kind = 'system_error' or t.escalation_id is not null then h.at
                                else least(t.attend_at, h.at + q.first_due_after) end
          from holding h join secondline.queue q on q.name = h.queue where t.ticket_id = h.ticket_id
    ), decided as (
        insert into secondline.decision (ticket_id, decided_at, kind, person_id, reason, candidates)
        select h.ticket_id, h.at, 'assigned', h.person_id, h.reason, h.candidates from holding h order by h.n
    ), journalled as (
        insert into secondline.journal (ticket_id, at, event, person_id, from_status, to_status)
        select h.ticket_id, h.at, 'assigned', h.person_id, 'new'::secondline.ticket_status, 'assigned'::secondline.ticket_status
          from holding h
        union all
        select h.ticket_id, h.at, 'accepted', h.person_id, 'assigned', 'accepted' from holding h where h.is_accepted
    ), told as (
        insert into secondline.message (
            channel, state, severity, kind, person_id, ticket_id, created_at, send_at, attend_at, data)
        select 'popup', 'sent', o.severity, 'ticket.offered', h.person_id, h.ticket_id, h.at, h.at,
               secondline_rules.attend_popup_at(o.severity, h.at, h.at),
               secondline_rules.offer_data(h.ticket_id, h.title, h.queue, h.priority, c.name)
          from holding h
          left join secondline.client c on c.client_id = h.client_id
         cross join lateral (select secondline_rules.offer_severity(h.priority) as severity) o
         order by h.n
    ), counted as (
        update secondline.queue_member m
           set recent_offers = (m.recent_offers || o.offers)[greatest(1, cardinality(m.recent_offers || o.offers) - q.fair_limit + 1):]
          from (select h.queue, h.person_id, array_agg(h.at order by h.n) as offers
                  from holding h where h.is_limited group by h.queue, h.person_id) o
          join secondline.queue q on q.name = o.queue
         where m.queue = o.queue and m.person_id = o.person_id
    )
    select p.ticket_id, p.person_id,
           case when not p.has_ticket then 'ticket_changed' when not p.has_person then 'person_changed'
                when p.n > f.n then 'not_tried' else 'assigned' end,
           extract(epoch from p.at - p.eligible_at)::double precision
      from pair p cross join failed f order by p.n;

    if exists (select from secondline.queue q where q.accept_within = '0') then
        perform secondline_rules.tell_client(p_at, 'client.taken', t, 'person', p.full_name)
           from secondline.ticket t join secondline.person p on p.person_id = t.assignee_id
          where t.ticket_id = any (v_ticket) and t.status = 'accepted' and t.client_id is not null;
    end if;
    update secondline.blocker b set ended_at = greatest(p_at, b.since)
     where b.ended_at is null and b.ticket_id = any (v_ticket)
       and exists (select from secondline.ticket t where t.ticket_id = b.ticket_id and t.status <> 'new');
    delete from secondline.ticket_fault f
     where f.ticket_id = any (v_ticket)
       and exists (select from secondline.ticket t where t.ticket_id = f.ticket_id and t.status <> 'new');
end;
$$;
comment on function secondline_rules.assign(timestamptz, bigint[], bigint[], text[], jsonb[], integer[], integer[]) is
    'Applies decided pairs (ticket, person, reason, candidates; in rank order; with the minutes, and the offers of the same queue, that earlier pairs give the same person): locks tickets and people by id, looks again who still qualifies and has room, and writes assignment, ticket, decision, journal, load and message of the pairs that hold. Returns each pair with its outcome (assigned, ticket_changed, person_changed, or not_tried: ranked behind one whose person fell away) and the ticket''s wait.';

create or replace function secondline_rules.record_blockers(
    p_at timestamptz, p_queue text[], p_skill text[], p_reason text[], p_ticket bigint[], p_ticket_reason text[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update secondline.blocker b set ended_at = greatest(p_at, b.since)
     where b.ended_at is null and b.ticket_id is null
       and not exists (select from unnest(p_queue, p_skill, p_reason) g (queue, skill, reason)
                        where g.queue = b.queue and g.skill = coalesce(b.skill, '') and g.reason = b.reason);
    insert into secondline.blocker (queue, skill, reason, since)
    select g.queue, nullif(g.skill, ''), g.reason, p_at from unnest(p_queue, p_skill, p_reason) g (queue, skill, reason)
     where not exists (select from secondline.blocker b where b.ended_at is null and b.ticket_id is null
                          and b.queue = g.queue and coalesce(b.skill, '') = g.skill);

    update secondline.blocker b set ended_at = greatest(p_at, b.since)
      from unnest(p_ticket, p_ticket_reason) g (ticket_id, reason)
     where b.ended_at is null and b.ticket_id = g.ticket_id and b.reason is distinct from g.reason;
    with waiting as materialized (
        -- one that is being changed now may not wait any more
        select t.ticket_id, t.queue, t.skill from secondline.ticket t where t.ticket_id = any (p_ticket) and t.status = 'new'
         order by t.ticket_id for no key update skip locked
    )
    insert into secondline.blocker (queue, skill, ticket_id, reason, since)
    select t.queue, t.skill, t.ticket_id, g.reason, p_at
      from unnest(p_ticket, p_ticket_reason) g (ticket_id, reason)
      join waiting t on t.ticket_id = g.ticket_id
     where g.reason is not null
       and not exists (select from secondline.blocker b where b.ended_at is null and b.ticket_id = t.ticket_id);

    -- what was a ticket's own while people were there gives way to what keeps them all away
    update secondline.blocker b set ended_at = greatest(p_at, b.since)
      from unnest(p_queue, p_skill, p_reason) g (queue, skill, reason)
     where b.ended_at is null and b.ticket_id is not null and b.reason <> 'set_aside'
       and b.queue = g.queue and coalesce(b.skill, '') = g.skill and g.reason not in ('no_room', 'fair_limit');
end;
$$;
comment on function secondline_rules.record_blockers(timestamptz, text[], text[], text[], bigint[], text[]) is
    'Records why tickets wait: the whole set of blocked groups (open ones that are not in it end), and the tickets whose own reason changed (null: none any more).';

create or replace function secondline_rules.set_aside(p_at timestamptz, p_ticket bigint, p_error text) returns double precision
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    update secondline.blocker b set ended_at = greatest(p_at, b.since)
     where b.ticket_id = p_ticket and b.ended_at is null and b.reason <> 'set_aside';
    insert into secondline.blocker (queue, skill, ticket_id, reason, since)
    select t.queue, t.skill, t.ticket_id, 'set_aside', p_at from secondline.ticket t
     where t.ticket_id = p_ticket
       and not exists (select from secondline.blocker b where b.ended_at is null and b.ticket_id = t.ticket_id);
    insert into secondline.ticket_fault as f (ticket_id, faults, retry_at, error)
    values (p_ticket, 1, p_at + interval '1 minute', left(p_error, 2000))
    on conflict (ticket_id) do update
       set faults = f.faults + 1, error = excluded.error,
           retry_at = p_at + least(interval '1 minute' * 2 ^ least(f.faults, 11), interval '1 day')
    returning extract(epoch from retry_at - p_at)::double precision;
end;
comment on function secondline_rules.set_aside(timestamptz, bigint, text) is
    'Puts a ticket that the database refuses out of the batches'' way, says so as what it waits for, and returns the seconds until it is tried again: 1 min, doubling up to a day.';

create or replace function secondline_rules.finish_duty(p_at timestamptz, p_duty text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    update secondline.duty d set ran_at = greatest(d.ran_at, p_at) where d.name = p_duty;
end;
comment on function secondline_rules.finish_duty(timestamptz, text) is 'Notes that a duty did something at this instant.';
