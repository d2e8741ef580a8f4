-- The daemon audits itself: a ticket that could go to somebody must not wait.

create or replace function secondline_rules.idle_specialist(p_at timestamptz, p_patience interval)
returns table (ticket_id bigint, person_id bigint, waited_seconds double precision)
language sql stable security definer set search_path = pg_catalog, pg_temp
begin atomic
    with free as materialized (
        -- free now, free then, and untouched in between
        select s.queue, s.person_id, s.load_minutes, s.capacity_minutes
          from secondline_rules.member_state(p_at) s
          join secondline_rules.member_state(p_at - p_patience) before
            on before.queue = s.queue and before.person_id = s.person_id and before.obstacle is null
          join secondline.person p on p.person_id = s.person_id and p.changed_at <= p_at - p_patience
          join secondline.queue q on q.name = s.queue and q.paused_at is null and q.changed_at <= p_at - p_patience
         where s.obstacle is null
    ), waiting as materialized (
        -- each is one stream of ticket_waiting_index, in order of age
        select g.queue, g.skill, r.priority, p_at - q.starvation_bound as starving_before, q.routing <> 'load' as is_routed
          from secondline_rules.waiting_group() g
          join secondline.queue q on q.name = g.queue
         cross join unnest(enum_range(null::secondline.priority)) r (priority)
    ), able as materialized (
        select w.queue, w.skill, w.priority, w.starving_before, w.is_routed, f.person_id, f.load_minutes, f.capacity_minutes
          from waiting w join free f on f.queue = w.queue
         where w.skill = '' or exists (
               select from secondline.person_skill k where k.person_id = f.person_id and k.skill = w.skill)
    ), reserved as materialized (
        -- someone reserved for a ticket that starves is not idle
        select distinct a.person_id from able a
         where a.load_minutes > 0
           and exists (select from secondline.ticket x
                        where x.status = 'new' and x.queue = a.queue and coalesce(x.skill, '') = a.skill
                          and coalesce(x.priority, 'normal') = a.priority and x.eligible_at < a.starving_before
                          and x.effort_minutes > a.capacity_minutes - a.load_minutes)
    ), spare as materialized (
        select a.*, case when a.load_minutes = 0 then 100000 else a.capacity_minutes - a.load_minutes end as room
          from able a where a.person_id not in (select r.person_id from reserved r)
    ), stream as materialized (
        -- where nothing fits the roomiest, nobody else needs to look
        select s.queue, s.skill, s.priority from spare s where not s.is_routed group by s.queue, s.skill, s.priority
        having exists (select from secondline.ticket x
                        where x.status = 'new' and x.queue = s.queue and coalesce(x.skill, '') = s.skill
                          and coalesce(x.priority, 'normal') = s.priority and x.effort_minutes <= max(s.room))
    ), route as materialized (
        -- whose the tickets of a manager's clients are, and were all the time
        select g.queue, g.skill, r.manager_id,
               case when p.changed_at <= p_at - p_patience and r.person_id is not distinct from before.person_id
                    then coalesce(r.person_id, 0) end as person_id
          from (select distinct s.queue, s.skill from spare s where s.is_routed) g
         cross join lateral secondline_rules.route(p_at, g.queue, nullif(g.skill, '')) r
          join secondline_rules.route(p_at - p_patience, g.queue, nullif(g.skill, '')) before on before.manager_id = r.manager_id
          join secondline.person p on p.person_id = r.manager_id
    ), routed as materialized (
        -- of each person the smallest; 0 is anybody
        select distinct on (g.queue, g.skill, g.priority, own.person_id)
               t.ticket_id, t.eligible_at, t.effort_minutes, t.declined_by, g.queue, g.skill, g.priority, own.person_id
          from (select s.queue, s.skill, s.priority, max(s.room) as room
                  from spare s where s.is_routed group by s.queue, s.skill, s.priority) g
          join secondline.ticket t on t.status = 'new' and t.queue = g.queue and coalesce(t.skill, '') = g.skill
                                  and coalesce(t.priority, 'normal') = g.priority and t.effort_minutes <= g.room
                                  and t.changed_at <= p_at - p_patience
          left join secondline.client c on c.client_id = t.client_id
          left join route r on r.queue = g.queue and r.skill = g.skill and r.manager_id = c.account_manager_id
         cross join lateral unnest(array[case when r.manager_id is null then 0 else r.person_id end, t.preferred_id]) own (person_id)
         where own.person_id is not null and (t.declined_by is null or own.person_id <> all (t.declined_by))
           and not exists (select from secondline.ticket_fault f where f.ticket_id = t.ticket_id)
         order by g.queue, g.skill, g.priority, own.person_id, t.effort_minutes, t.eligible_at, t.ticket_id
    ), idle as (
        select t.ticket_id, s.person_id, t.eligible_at
          from stream g
          join spare s on s.queue = g.queue and s.skill = g.skill and s.priority = g.priority
         cross join lateral (
               select x.ticket_id, x.eligible_at from secondline.ticket x
                where x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                  and coalesce(x.priority, 'normal') = g.priority and x.effort_minutes <= s.room
                  and x.changed_at <= p_at - p_patience
                  and (x.declined_by is null or s.person_id <> all (x.declined_by))
                  and not exists (select from secondline.ticket_fault f where f.ticket_id = x.ticket_id)
                order by x.eligible_at, x.ticket_id limit 1) t
        union all
        select r.ticket_id, s.person_id, r.eligible_at
          from routed r
          join spare s on s.queue = r.queue and s.skill = r.skill and s.priority = r.priority and r.person_id in (0, s.person_id)
         where r.effort_minutes <= s.room and (r.declined_by is null or s.person_id <> all (r.declined_by))
    )
    select distinct on (i.ticket_id) i.ticket_id, i.person_id, extract(epoch from p_at - i.eligible_at)::double precision
      from idle i
     order by i.ticket_id, i.person_id
     limit 100;
end;
comment on function secondline_rules.idle_specialist(timestamptz, interval) is
    'Tickets that have waited, untouched, longer than the patience while this eligible person with room was free all that time: faults of the assignment duty. A ticket that is its client''s manager''s, or the substitute''s, waits for them alone. Holds by the fair limit, reservations for starving tickets and tickets set aside are none. One person a ticket, 100 tickets at most.';
