-- The public functions of clocks and alerts.

create or replace function secondline.set_target(queue text, priority secondline.priority, clock text, target interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if priority is null or coalesce(clock, '') not in ('first_response', 'next_response', 'resolution') then
        raise exception 'there is no clock % of priority %', coalesce(quote_literal(clock), '(null)'), coalesce(priority::text, '(null)')
            using errcode = 'invalid_parameter_value',
                  hint = format('Clocks: first_response, next_response, resolution; priorities: %s.',
                                array_to_string(enum_range(null::secondline.priority), ', '));
    elsif target not between interval '1 minute' and interval '1 year' then
        raise exception 'a target of % is not possible', target
            using errcode = 'invalid_parameter_value', hint = 'Give 1 minute to 1 year of business time; null is no target.';
    end if;
    insert into secondline.target (queue, priority, clock, target) values (queue, priority, clock, target)
    on conflict on constraint target_pkey do update set target = excluded.target;
    perform secondline_rules.change_clocks(queue);
end;
$$;
comment on function secondline.set_target(text, secondline.priority, text, interval) is
    'Until when tickets of a queue and priority must have their first_response (from the submission), their next_response (from a client''s word), or their resolution (from the submission, without what the client let us wait for): business time of the queue, days being business days; null is no target. Running clocks are computed anew; what has rung does not ring again. Heads and programs may. Errors: P0002 no such queue, 22023 another clock, no priority, a target below a minute or above a year.';

create or replace function secondline_rules.change_clocks(p_queue text) returns void
language sql volatile
begin atomic
    update secondline.queue q set first_due_after = secondline_rules.soonest_due(q), clocks_changed = true where q.name = p_queue;
end;
comment on function secondline_rules.change_clocks(text) is 'Has the clocks of all tickets of a queue looked at again.';

create or replace function secondline.set_stalled_after(queue text, stalled_after interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if stalled_after is null or stalled_after not between interval '1 minute' and interval '1 year' then
        raise exception 'stalled after % is not possible', coalesce(stalled_after::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give 1 minute to 1 year of business time.';
    end if;
    update secondline.queue q set stalled_after = set_stalled_after.stalled_after where q.name = queue;
end;
$$;
comment on function secondline.set_stalled_after(text, interval) is
    'After so much business time without any act on a ticket the one who has it is asked whether there is a difficulty; after twice that the head and the stand-up hear of it. Heads and programs may. Errors: P0002 no such queue, 22023 below a minute or above a year.';

create or replace function secondline.set_client_silence(queue text, remind_after interval, give_up_after interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.change_queue(queue);
    if (remind_after >= interval '1 minute' and give_up_after > remind_after and give_up_after <= interval '1 year') is not true then
        raise exception 'reminding after % and giving up after % is not possible',
            coalesce(remind_after::text, '(null)'), coalesce(give_up_after::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Remind after a minute at least, give up later than that, within a year.';
    end if;
    update secondline.queue q
       set remind_client_after = remind_after, give_up_after = set_client_silence.give_up_after where q.name = queue;
end;
$$;
comment on function secondline.set_client_silence(text, interval, interval) is
    'When a client who was asked something is reminded, and when the ticket is resolved as unanswered: business time of the queue, days being business days. Heads and programs may. Errors: P0002 no such queue, 22023 times in another order.';

create or replace function secondline.set_acknowledge_within(team bigint, acknowledge_within interval) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    if acknowledge_within is null or acknowledge_within not between interval '1 minute' and interval '30 days' then
        raise exception 'acknowledging within % is not possible', coalesce(acknowledge_within::text, '(null)')
            using errcode = 'invalid_parameter_value', hint = 'Give 1 minute to 30 days of business time.';
    end if;
    update secondline.team t set acknowledge_within = set_acknowledge_within.acknowledge_within where t.team_id = team;
end;
$$;
comment on function secondline.set_acknowledge_within(bigint, interval) is
    'So much business time of the team an alert waits for the head, and then for the deputy, before it goes on. A head of the team or a program may. Errors: P0002 no such team, 22023 below a minute or above 30 days.';

create or replace function secondline.acknowledge_alert(alert bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.acknowledge_alert(clock_timestamp(), alert, person);
end;
$$;
comment on function secondline.acknowledge_alert(bigint, bigint) is
    'The person looks after an alert: it goes no further. It ends by itself when its matter is settled; if it still holds after a business day it comes back. A head or the deputy of the team may, or a program for them; anybody of the team once it has gone to all. Errors: P0002 no such alert or person, SL005 not theirs to look after, SL006 it is over, or somebody looks after it already.';

create or replace function secondline.report_difficulty(ticket bigint, person bigint, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.report_difficulty(secondline_rules.lock_ticket(ticket), ticket, person, text);
end;
$$;
comment on function secondline.report_difficulty(bigint, bigint, text) is
    'Whoever has a ticket asks the team for help: assigned → accepted, otherwise the state stays. Those of the team who are at work, and its channels, hear of it; the ticket is not stalled any more. The assignee or a program may. Errors: P0002 no such ticket or person, SL005 not theirs, SL006 in another state, 22023 a text that is empty or over 262,144 characters.';
