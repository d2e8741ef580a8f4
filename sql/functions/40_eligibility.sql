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

create or replace function secondline_rules.ticket_candidate(p_at timestamptz, p_ticket bigint)
returns table (
    person_id bigint, full_name text, obstacle text, load_minutes integer, capacity_minutes integer, free_again_at timestamptz
)
language sql stable
begin atomic
    select s.person_id, p.full_name,
           case when q.paused_at is not null then 'queue_paused'
                when s.person_id = any (t.declined_by) then 'declined'
                when t.skill is not null and not exists (
                    select from secondline.person_skill k where k.person_id = s.person_id and k.skill = t.skill)
                then 'lacks_skill'
                when s.obstacle is not null then s.obstacle
                when not secondline_rules.has_room(t.effort_minutes, s.load_minutes, s.capacity_minutes) then 'no_room'
           end,
           s.load_minutes, s.capacity_minutes, s.free_again_at
      from secondline.ticket t
      join secondline.queue q on q.name = t.queue
      join secondline_rules.member_state(p_at) s on s.queue = t.queue
      join secondline.person p on p.person_id = s.person_id
     where t.ticket_id = p_ticket;
end;
comment on function secondline_rules.ticket_candidate(timestamptz, bigint) is
    'Every member of a ticket''s queue with what keeps them from getting it at this instant (null: nothing).';
