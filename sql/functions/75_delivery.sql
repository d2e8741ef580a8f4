-- What the daemons call to carry messages out. Any number of them claim at the same time; each claim is one attempt, which names it.

insert into secondline.duty (name) values ('upkeep') on conflict do nothing;
insert into secondline.channel (name) values ('popup') on conflict do nothing;

create or replace function secondline_rules.quiet_until(p_at timestamptz, p_person bigint) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    v_day date;
    v_shift tstzmultirange;
    v_start timestamptz;
begin
    if exists (select from secondline.workday w where w.person_id = p_person and w.state in ('working', 'paused')) then
        return null;
    end if;
    select (p_at at time zone p.time_zone)::date - 1 into v_day from secondline.person p where p.person_id = p_person;
    -- who has no hours has no quiet ones
    if not exists (select from secondline.working_hours h where h.person_id = p_person) then
        return null;
    end if;
    for n in 0..60 loop
        v_shift := secondline.shift(p_person, v_day + n);
        if v_shift @> p_at then
            return null;
        end if;
        select min(lower(s)) into v_start from unnest(v_shift) s where lower(s) > p_at;
        if v_start is not null then
            return v_start;
        end if;
    end loop;
    -- away for longer: looked at again then
    return (select (v_day + 61)::timestamp at time zone p.time_zone from secondline.person p where p.person_id = p_person);
end;
$$;
comment on function secondline_rules.quiet_until(timestamptz, bigint) is
    'Until when a person is left alone: the start of the next shift when they are neither in one nor at work; null when they may be told now.';

create or replace function secondline_rules.rate(p_count integer, p_per interval, out burst integer, out step interval)
language sql immutable
begin atomic
    select b.burst, make_interval(secs => ceil(extract(epoch from p_per) * 1000000 / (p_count - b.burst + 1)) / 1000000)
      from (select least(p_count, greatest(1, floor(p_count * 0.1 / extract(epoch from p_per))))::integer as burst) b;
end;
comment on function secondline_rules.rate(integer, interval) is
    'A rate as a tenth of a second''s worth that may come at once, and the time from one delivery to the next, so that no interval has more than the count.';

create or replace function secondline_rules.take_rate(p_at timestamptz, p_channel text, p_wanted integer, p_count integer, p_per interval)
returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_burst integer;
    v_each interval;
    v_until timestamptz;
    v_granted integer;
begin
    select r.burst, r.step into v_burst, v_each from secondline_rules.rate(p_count, p_per) r;
    select c.rate_until into v_until from secondline.channel c where c.name = p_channel for no key update skip locked;
    -- another daemon is taking: what it leaves is ours next time
    if not found then
        return 0;
    end if;
    -- what was not used is lost but for a tenth of a second: no bursts
    v_until := greatest(v_until, p_at - v_burst * v_each);
    v_granted := greatest(0, least(p_wanted, floor(extract(epoch from p_at - v_until) / extract(epoch from v_each))))::integer;
    if v_granted > 0 then
        update secondline.channel c set rate_until = v_until + v_granted * v_each where c.name = p_channel;
    end if;
    return v_granted;
end;
$$;
comment on function secondline_rules.take_rate(timestamptz, text, integer, integer, interval) is
    'How many of the wanted deliveries the rate of a channel (count per interval, evenly spaced, all daemons together) grants now; counts them as used.';

create or replace function secondline_rules.claim_messages(
    p_at timestamptz, p_worker text, p_channel text, p_limit integer, p_lease interval, p_floor timestamptz,
    p_rate_count integer, p_rate_per interval
) returns table (
    message_id bigint, attempt integer, claim_id bigint, idempotency_key text, kind text, name text, address text, locale text,
    subject text, text text, data text, send_at timestamptz, due_in double precision
)
-- one plan for any batch: planning would cost more than the batch; and by the index, also where nobody has analysed the table yet
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
set enable_bitmapscan = off set enable_sort = off set jit = off
as $$
#variable_conflict use_column
declare
    v_claim bigint;
    v_granted integer := p_limit;
    v_due integer;
    v_claimed bigint[];
    v_quiet bigint[];
    v_pointless bigint[];
    v_gone bigint[];
    v_next timestamptz;
begin
    with urgent as materialized (
        select m.message_id, m.send_at, m.person_id, m.ticket_id, m.kind, m.severity, m.data from secondline.message m
         where m.channel = p_channel and m.channel <> 'popup' and m.severity >= 'urgent'
           and m.send_at >= p_floor and m.send_at <= p_at and m.state = 'ready'
         order by m.send_at, m.message_id limit p_limit for no key update skip locked
    ), other as materialized (
        -- the floor keeps the scan off the dead rows of what was delivered before
        select m.message_id, m.send_at, m.person_id, m.ticket_id, m.kind, m.severity, m.data from secondline.message m
         where m.channel = p_channel and m.channel <> 'popup' and m.severity < 'urgent'
           and m.send_at >= p_floor and m.send_at <= p_at and m.state = 'ready'
         order by m.send_at, m.message_id limit p_limit - (select count(*) from urgent) for no key update skip locked
    ), due as materialized (
        select * from urgent union all select * from other
    ), judged as materialized (
        select d.message_id, d.send_at, d.severity < 'urgent' as can_wait,
               case when d.person_id is null and d.ticket_id is null then 'due'
                    when secondline_rules.is_pointless(
                         (select k.ends_with from secondline.message_kind k where k.kind = d.kind), d.ticket_id, d.person_id, d.data)
                    then 'pointless'
                    when exists (select from secondline.workday w where w.person_id = d.person_id and w.state in ('working', 'paused')) then 'due'
                    when exists (select from secondline.person p where p.person_id = d.person_id and p.deactivated_at is not null) then 'gone'
                    when d.person_id is not null and d.severity < 'urgent' then 'quiet'
                    else 'due' end as verdict
          from due d
    )
    select array_agg(j.message_id order by j.can_wait, j.send_at, j.message_id) filter (where j.verdict = 'due'),
           array_agg(j.message_id) filter (where j.verdict = 'quiet'),
           array_agg(j.message_id) filter (where j.verdict = 'pointless'),
           array_agg(j.message_id) filter (where j.verdict = 'gone'),
           count(*)
      into v_claimed, v_quiet, v_pointless, v_gone, v_due
      from judged j;
    if v_pointless is not null then
        perform secondline_rules.end_messages(p_at, v_pointless, 'dropped', 'what it was about has ended');
    end if;
    if v_gone is not null then
        perform secondline_rules.end_messages(p_at, v_gone, 'dropped', 'the person has left');
    end if;
    if v_quiet is not null then
        with quiet as materialized (
            select q.person_id, secondline_rules.quiet_until(p_at, q.person_id) as until
              from (select distinct m.person_id from secondline.message m where m.message_id = any (v_quiet)) q
        ), alike as materialized (
            -- with all that waits for the same people: a night's messages keep nobody else waiting
            select m.message_id from secondline.message m
             where m.channel = p_channel and m.channel <> 'popup' and m.severity < 'urgent'
               and m.send_at >= p_floor and m.send_at <= p_at and m.state = 'ready'
               and m.person_id in (select q.person_id from quiet q where q.until is not null)
             order by m.send_at, m.message_id limit 1000 for no key update skip locked
        ), postponed as (
            update secondline.message m set send_at = q.until from quiet q
             where (m.message_id = any (v_quiet) or m.message_id in (select a.message_id from alike a))
               and q.person_id = m.person_id and q.until is not null
            returning m.message_id
        )
        select array_agg(m.message_id order by m.severity < 'urgent', m.send_at, m.message_id) into v_claimed
          from secondline.message m
         where m.message_id = any (v_claimed || v_quiet) and m.message_id not in (select o.message_id from postponed o);
    end if;
    if v_claimed is not null and p_rate_count is not null then
        v_granted := secondline_rules.take_rate(p_at, p_channel, cardinality(v_claimed), p_rate_count, p_rate_per);
        -- when the rate grants the next, and not each by itself where they follow quickly
        if v_granted < cardinality(v_claimed) then
            select greatest(c.rate_until + r.step * greatest(1, r.burst / 2), p_at + interval '20 ms') into v_next
              from secondline.channel c cross join secondline_rules.rate(p_rate_count, p_rate_per) r where c.name = p_channel;
            -- somebody deleted it: the next report brings it back
            v_next := coalesce(v_next, p_at + interval '1 second');
        end if;
        v_claimed := v_claimed[:v_granted];
    end if;

    if cardinality(v_claimed) > 0 then
        v_claim := hashtextextended(gen_random_uuid()::text, 0);
        return query
        with claimed as (
            update secondline.message m
               set state = 'sending', attempt = m.attempt + 1, claim_id = v_claim, leased_until = p_at + p_lease, leased_by = p_worker
              from unnest(v_claimed) c (message_id) where m.message_id = c.message_id
            returning m.message_id, m.attempt, m.idempotency_key, m.kind, m.data, m.send_at, m.person_id, m.team_id, m.client_id, m.severity
        )
        select m.message_id, m.attempt, v_claim, m.idempotency_key::text, m.kind, r.name,
               -- a function would not be inlined here
               coalesce((select c.address from secondline.contact c where c.person_id = m.person_id and c.channel = p_channel),
                        (select c.address from secondline.contact c where c.team_id = m.team_id and c.channel = p_channel),
                        (select c.address from secondline.contact c where c.client_id = m.client_id and c.channel = p_channel)),
               r.locale, r.subject, r.text, m.data::text,
               -- what overtakes says nothing about where the next claim may start
               case when m.severity < 'urgent' then m.send_at end, null::double precision
          from claimed m
          left join lateral secondline_rules.render(m.kind, m.data, m.person_id, m.team_id, m.client_id) r on true
         order by m.severity >= 'urgent' desc, m.send_at, m.message_id;
    end if;

    -- when to look again, unless the caller's slots are full
    if v_next is null and v_due = p_limit and cardinality(v_claimed) is distinct from p_limit then
        v_next := p_at;
    elsif v_next is null and v_due < p_limit then
        select m.send_at into v_next from secondline.message m
         where m.channel = p_channel and m.channel <> 'popup' and m.send_at > p_at and m.send_at < 'infinity' and m.state = 'ready'
         order by m.send_at limit 1;
    end if;
    if v_next is not null then
        return query select null::bigint, null::integer, null::bigint, null::text, null::text, null::text, null::text, null::text,
                            null::text, null::text, null::text, null::timestamptz,
                            extract(epoch from v_next - p_at)::double precision;
    end if;
end;
$$;
comment on function secondline_rules.claim_messages(timestamptz, text, text, integer, interval, timestamptz, integer, interval) is
    'Claims due messages of a channel for a daemon, at most so many, within the rate, and returns them rendered for their readers, urgent ones (without send_at) first, then the oldest; a last row without id says in how many seconds there may be more. Each claim is charged as an attempt. On the way, what has become pointless is dropped and what falls into quiet hours waits for the next shift. From the floor on only: look without one (-infinity) now and then.';

create or replace function secondline_rules.begin_claim(p_claim bigint) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- a mark lost in a crash of the server only means that a death is not counted: nobody waits for the disk
    select set_config('synchronous_commit', 'off', true);
    insert into secondline.delivery_claim (claim_id, begun_at) values (p_claim, statement_timestamp()) on conflict do nothing;
end;
comment on function secondline_rules.begin_claim(bigint) is
    'Notes that the deliveries of this claim begin: whoever dies from here on may have died of them.';

create or replace function secondline_rules.renew_leases(p_at timestamptz, p_messages bigint[], p_attempts integer[], p_lease interval)
returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    -- nobody waits for a row that somebody else has locked; its lease may run out
    with ours as materialized (
        select m.message_id from secondline.message m
          join unnest(p_messages, p_attempts) d (message_id, attempt) on m.message_id = d.message_id and m.attempt = d.attempt
         where m.state = 'sending' for no key update of m skip locked
    )
    update secondline.message m set leased_until = greatest(m.leased_until, p_at + p_lease)
      from ours o where m.message_id = o.message_id;
end;
comment on function secondline_rules.renew_leases(timestamptz, bigint[], integer[], interval) is
    'A daemon is still delivering these.';

create or replace function secondline_rules.finish_deliveries(
    p_at timestamptz, p_worker text, p_channel text, p_messages bigint[], p_attempts integer[],
    p_outcomes secondline.delivery_outcome[], p_said text[], p_crashed boolean[], p_took double precision[], p_retry_in double precision[]
) returns table (message_id bigint, attempt integer, is_late boolean, is_locked boolean, set_aside_because text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    v_ours bigint[];
    v_locked bigint[];
begin
    -- nobody waits for a row that somebody else has locked: it is reported the next time
    with ours as materialized (
        select m.message_id from secondline.message m where m.message_id = any (p_messages) for update skip locked
    )
    select array_agg(o.message_id) into v_ours from ours o;
    if cardinality(v_ours) is distinct from cardinality(p_messages) then
        select array_agg(m.message_id) into v_locked from secondline.message m
         where m.message_id = any (p_messages) and m.message_id <> all (coalesce(v_ours, '{}'));
    end if;
    return query
    with done as materialized (
        select * from unnest(p_messages, p_attempts, p_outcomes, p_said, p_crashed, p_took, p_retry_in)
               d (message_id, attempt, outcome, said, crashed, took, retry_in)
         where v_locked is null or d.message_id <> all (v_locked)
    ), finished as (
        -- the attempt alone is the fence: only a later claim changes it
        delete from secondline.message m using done d
         where d.outcome = 'sent' and m.message_id = d.message_id and m.attempt = d.attempt
        returning m.*
    ), remembered as (
        insert into secondline.message_history (
            message_id, ended_at, state, channel, severity, kind, person_id, team_id, client_id, ticket_id, created_at, attempt,
            dedup_key, idempotency_key, data)
        select f.message_id, p_at, 'sent', f.channel, f.severity, f.kind, f.person_id, f.team_id, f.client_id, f.ticket_id,
               f.created_at, f.attempt, f.dedup_key, f.idempotency_key, f.data
          from finished f
        -- a number that a restored sequence gave again must not hold up the others
        on conflict do nothing
    ), kept as (
        update secondline.message m
           set state = case when v.is_hopeless then 'set_aside'::secondline.message_state else 'ready' end,
               send_at = case when v.is_hopeless then 'infinity' else p_at + make_interval(secs => v.retry_in) end,
               deaths = m.deaths + case when m.state = 'sending' then v.death else 0 end, leased_until = null, last_outcome = v.outcome, last_said = v.said
          from (select y.*, y.outcome = 'refused' or y.crashed and y.deaths + y.death >= 3 as is_hopeless
                  -- what was taken away meanwhile has been counted
                  from (select d.*, x.deaths, (d.crashed and x.state = 'sending')::integer as death
                          from done d join secondline.message x on x.message_id = d.message_id
                         where d.outcome <> 'sent') y) v
         where m.message_id = v.message_id and m.attempt = v.attempt and m.state in ('sending', 'ready')
        returning m.message_id, m.attempt, m.state, m.last_said
    ), told as (
        select d.message_id, d.attempt,
               f.message_id is null and k.message_id is null as is_late,
               case when k.state = 'set_aside' then k.last_said end as because
          from done d
          left join finished f on f.message_id = d.message_id and f.attempt = d.attempt
          left join kept k on k.message_id = d.message_id and k.attempt = d.attempt
    ), recorded as (
        insert into secondline.message_attempt (message_id, attempt, outcome, late, started_at, ended_at, channel, worker, said)
        select d.message_id, d.attempt, d.outcome, t.is_late, p_at - make_interval(secs => d.took), p_at, p_channel, p_worker,
               nullif(d.said, '')
          from done d join told t on t.message_id = d.message_id and t.attempt = d.attempt
    )
    select t.message_id, t.attempt, t.is_late, false, t.because from told t where t.is_late or t.because is not null
     union all
    select d.message_id, d.attempt, false, true, null from unnest(p_messages, p_attempts) d (message_id, attempt)
     where d.message_id = any (v_locked);
end;
$$;
comment on function secondline_rules.finish_deliveries(
    timestamptz, text, text, bigint[], integer[], secondline.delivery_outcome[], text[], boolean[], double precision[], double precision[]
) is
    'Records how deliveries of a channel ended (what was said, whether the program crashed, how many seconds it took, in how many it is tried again): sent goes to the history, refused and the third death are set aside, the rest is ready again. Fenced by the attempt; returns the reports that came too late and changed nothing, those to repeat because somebody else has locked the message, and what was set aside.';

create or replace function secondline_rules.take_over_messages(p_at timestamptz, p_channel text, p_limit integer)
returns table (message_id bigint, attempt integer, worker text, begun boolean, is_set_aside boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    with lost as materialized (
        select m.message_id, m.attempt, m.leased_by, m.deaths, c.begun_at, c.claim_id is not null as begun,
               m.deaths + (c.claim_id is not null)::integer as deaths_now
          from secondline.message m
          left join secondline.delivery_claim c on c.claim_id = m.claim_id
         where m.channel = p_channel and m.channel <> 'popup' and m.send_at <= p_at and m.state = 'sending' and m.leased_until < p_at
         order by m.send_at limit p_limit for no key update of m skip locked
    ), recorded as (
        insert into secondline.message_attempt (message_id, attempt, outcome, started_at, ended_at, channel, worker, said)
        -- also where nothing says that it began: that mark does not wait for the disk
        select l.message_id, l.attempt, 'unknown', coalesce(least(l.begun_at, p_at), p_at), p_at, p_channel, l.leased_by,
               case when l.begun then 'the daemon did not report' else 'the daemon did not report, nor that it had begun' end
          from lost l
    )
    update secondline.message m
       set state = case when l.deaths_now >= 3 then 'set_aside'::secondline.message_state else 'ready' end,
           deaths = l.deaths_now, leased_until = null,
           last_outcome = 'unknown',
           last_said = case when l.deaths_now >= 3 then 'its delivery ended three times with the death of the daemon or the program'
                            else 'the daemon did not report' end,
           -- apart from each other: if one of them kills the daemon, the others are not beside it again
           send_at = case when l.deaths_now >= 3 then 'infinity'
                          when l.begun then p_at + l.deaths_now * (m.message_id % 97) * interval '100 ms' else p_at end
      from lost l where m.message_id = l.message_id
    returning m.message_id, m.attempt, m.leased_by, l.begun, m.state = 'set_aside';
end;
$$;
comment on function secondline_rules.take_over_messages(timestamptz, text, integer) is
    'Takes messages away from daemons that did not report in time. The attempt is recorded as unknown; one that had begun counts as a death, and the third sets the message aside.';

create or replace function secondline_rules.report_channel(
    p_at timestamptz, p_channel text, p_worker text, p_failing_for double precision, p_failures integer, p_error text
) returns void
-- a transaction that is naming the same channel keeps deliveries waiting no longer than this
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '200ms'
as $$
begin
    insert into secondline.channel (name) values (p_channel) on conflict do nothing;
    insert into secondline.channel_worker as w (channel, worker, seen_at, failing_since, failures, error)
    values (p_channel, p_worker, p_at, p_at - make_interval(secs => p_failing_for), p_failures, p_error)
    on conflict (channel, worker) do update
       set seen_at = excluded.seen_at, failing_since = excluded.failing_since, failures = excluded.failures, error = excluded.error;
exception
    -- next time
    when lock_not_available then null;
end;
$$;
comment on function secondline_rules.report_channel(timestamptz, text, text, double precision, integer, text) is
    'A daemon says that it has a channel configured and how it does: for how many seconds everything has failed (null: it works), how often, and what the channel said.';

create or replace function secondline_rules.forget_worker(p_worker text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    delete from secondline.channel_worker w where w.worker = p_worker;
end;
comment on function secondline_rules.forget_worker(text) is 'A daemon stops.';

create or replace function secondline_rules.attend_popups(p_at timestamptz, p_limit integer)
returns table (message_id bigint, person_id bigint, passed_to text, due_in double precision)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    m secondline.message;
    v_channel text;
    v_head bigint;
    v_is_told boolean;
    v_words record;
begin
    for m in
        select x.* from secondline.message x where x.attend_at <= p_at order by x.attend_at limit p_limit for no key update skip locked
    loop
        if m.attend_at <= m.send_at then
            -- it appears now
            perform pg_notify('secondline_inbox', m.person_id::text);
            update secondline.message x set attend_at = secondline_rules.attend_popup_at(m.severity, m.send_at, m.send_at)
             where x.message_id = m.message_id;
            continue;
        end if;
        if secondline_rules.is_pointless(
               (select k.ends_with from secondline.message_kind k where k.kind = m.kind), m.ticket_id, m.person_id, m.data) then
            update secondline.message x set attend_at = null where x.message_id = m.message_id;
            continue;
        end if;
        -- an hour each: first the channels that this severity did not reach by itself, in order, then the heads
        select c.channel into v_channel from secondline.contact c
         where c.person_id = m.person_id and c.from_severity > m.severity order by c.from_severity, c.channel
        offset m.attempt limit 1;
        if found then
            insert into secondline.message (channel, severity, kind, person_id, ticket_id, created_at, send_at, data)
            values (v_channel, m.severity, m.kind, m.person_id, m.ticket_id, p_at, p_at, m.data);
            update secondline.message x set attempt = x.attempt + 1, attend_at = p_at + interval '1 hour' where x.message_id = m.message_id;
            return query select m.message_id, m.person_id, v_channel, null::double precision;
            continue;
        end if;
        update secondline.message x set attend_at = null where x.message_id = m.message_id;
        v_is_told := false;
        for v_head in
            select h.person_id from secondline.person p
             cross join lateral secondline_rules.head_to_tell(p_at, p.team_id, p.person_id) h (person_id)
             where p.person_id = m.person_id and m.kind <> 'message.unacknowledged'
             order by h.person_id
        loop
            select p.full_name, r.subject, r.text into v_words
              from secondline.person p
              left join lateral secondline_rules.render(m.kind, m.data, v_head, null, null) r on true
             where p.person_id = m.person_id;
            perform secondline_rules.send(p_at, 'message.unacknowledged', v_head, null, null, jsonb_build_object(
                'person', v_words.full_name, 'subject', v_words.subject, 'text', left(v_words.text, 4000), 'sent_at', m.send_at));
            v_is_told := true;
            return query select m.message_id, m.person_id, 'head'::text, null::double precision;
        end loop;
        if not v_is_told then
            return query select m.message_id, m.person_id, 'nobody'::text, null::double precision;
        end if;
    end loop;
    -- what is overdue now is locked by somebody: the next poll finds it
    return query select null::bigint, null::bigint, null::text, extract(epoch from x.attend_at - p_at)::double precision
                   from secondline.message x where x.attend_at > p_at order by x.attend_at limit 1;
end;
$$;
comment on function secondline_rules.attend_popups(timestamptz, integer) is
    'Announces popups whose time has come, and passes urgent ones that nobody acknowledged for an hour to the person''s next channel, then to the heads of the team. Returns what was passed on (to a channel, head, or nobody where there is none), and in a last row without id the seconds until there is more.';

create or replace function secondline_rules.retire_popups(
    p_at timestamptz, p_retention interval, p_after bigint, p_limit integer, out retired integer, out last_seen bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_ended bigint[];
    v_old bigint[];
    v_seen integer;
begin
    select array_agg(m.message_id) filter (where m.is_pointless),
           array_agg(m.message_id) filter (where not m.is_pointless and m.send_at < p_at - p_retention),
           count(*), max(m.message_id)
      into v_ended, v_old, v_seen, last_seen
      from (select x.message_id, x.send_at, secondline_rules.is_pointless(k.ends_with, x.ticket_id, x.person_id, x.data) as is_pointless
              from (select y.message_id, y.send_at, y.kind, y.ticket_id, y.person_id, y.data from secondline.message y
                     where y.channel = 'popup' and y.message_id > p_after order by y.message_id limit p_limit) x
              left join secondline.message_kind k on k.kind = x.kind) m;
    perform secondline_rules.end_messages(p_at, v_ended, 'dropped', 'what it was about has ended');
    perform secondline_rules.end_messages(p_at, v_old, 'dropped', 'nobody acknowledged it');
    retired := coalesce(cardinality(v_ended), 0) + coalesce(cardinality(v_old), 0);
    if v_seen < p_limit then
        last_seen := null;
    end if;
end;
$$;
comment on function secondline_rules.retire_popups(timestamptz, interval, bigint, integer) is
    'Looks at so many popups after this id, and moves those into the history that have become pointless, or that nobody acknowledged within the retention. Returns how many, and the last id that was looked at; null at the end.';

create or replace function secondline_rules.remove_history(p_at timestamptz, p_retention interval, p_limit integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_claims integer;
    v_messages bigint[];
    v_keys text[];
begin
    delete from secondline.channel_worker w where w.seen_at < p_at - interval '5 minutes';
    -- no delivery lasts that long
    delete from secondline.delivery_claim c
     where c.claim_id in (select x.claim_id from secondline.delivery_claim x
                           where x.begun_at < p_at - interval '3 hours' order by x.begun_at limit p_limit);
    get diagnostics v_claims = row_count;
    with old as materialized (
        select h.message_id from secondline.message_history h where h.ended_at < p_at - p_retention
         order by h.ended_at limit p_limit for update skip locked
    ), removed as (
        delete from secondline.message_history h using old o where h.message_id = o.message_id returning h.message_id, h.dedup_key
    )
    select array_agg(r.message_id), array_agg(r.dedup_key) filter (where r.dedup_key is not null) into v_messages, v_keys from removed r;
    delete from secondline.message_attempt a where a.message_id = any (v_messages);
    delete from secondline.message_key k where k.dedup_key = any (v_keys);
    -- what nobody names any more was a mistake, or is over
    delete from secondline.channel c
     where c.name <> 'popup'
       and not exists (select from secondline.contact x where x.channel = c.name)
       and not exists (select from secondline.channel_worker x where x.channel = c.name)
       and not exists (select from secondline.message x where x.channel = c.name and x.channel <> 'popup');
    return greatest(v_claims, coalesce(cardinality(v_messages), 0));
end;
$$;
comment on function secondline_rules.remove_history(timestamptz, interval, integer) is
    'Removes messages that ended before the retention, with their attempts; at most so many; returns how many. Forgets daemons that have not been seen for five minutes, and channels that nobody names any more.';
