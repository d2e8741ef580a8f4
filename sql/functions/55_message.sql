-- The outbox: what is told to whom. A message is inserted by the transaction that decided it.
--
--   person:  popup ── sent (stands in the inbox) ──── acknowledge, pointless, too old ───────────────────▶ history
--   contact: ready ── claim ──▶ sending ── sent ──▶ history          ready, set_aside ── drop, pointless ──▶ history
--              ▲                 │    └── refused, died three times ──▶ set_aside
--              └─ failed, lost ──┘                                     │
--              └──────────────────────────── retry ────────────────────┘

create or replace function secondline_rules.messages_written() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select from new_message n where n.channel = 'popup') then
        -- what pops up goes to the person's contacts as well
        insert into secondline.message (channel, severity, kind, person_id, ticket_id, created_at, send_at, data)
        select c.channel, n.severity, n.kind, n.person_id, n.ticket_id, n.created_at, n.send_at, n.data
          from new_message n
          join secondline.contact c on c.person_id = n.person_id and c.from_severity <= n.severity
         where n.channel = 'popup';
        perform pg_notify('secondline_inbox', p.person_id::text)
           from (select distinct n.person_id from new_message n where n.channel = 'popup' and n.send_at <= n.created_at) p;
    end if;
    if exists (select from new_message n where n.channel <> 'popup') then
        perform secondline_rules.hint_delivery();
    end if;
    return null;
end;
$$;
comment on function secondline_rules.messages_written() is
    'Trigger: copies popups to the contacts of their readers, and wakes the readers and the delivery, once a statement.';

create or replace trigger message_written after insert on secondline.message
    referencing new table as new_message for each statement execute function secondline_rules.messages_written();

create or replace function secondline_rules.hint_delivery() returns void
language sql volatile
begin atomic
    select pg_notify('secondline', 'delivery');
end;
comment on function secondline_rules.hint_delivery() is 'Wakes the delivery when this transaction commits. A hint only: it polls as well.';

create or replace function secondline_rules.hint_retry() returns void
language sql volatile
begin atomic
    select pg_notify('secondline', 'retry');
end;
comment on function secondline_rules.hint_retry() is 'Wakes the delivery, and has failing channels tried at once, when this transaction commits.';

create or replace function secondline_rules.known_message(
    p_dedup_key text, p_kind text, p_person bigint, p_team bigint, p_client bigint, p_data jsonb
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v record;
begin
    select k.message_id, coalesce(m.kind, h.kind) as kind, coalesce(m.person_id, h.person_id) as person_id,
           coalesce(m.team_id, h.team_id) as team_id, coalesce(m.client_id, h.client_id) as client_id, coalesce(m.data, h.data) as data
      into v
      from secondline.message_key k
      left join secondline.message m on m.message_id = k.message_id
      left join secondline.message_history h on h.message_id = k.message_id
     where k.dedup_key = p_dedup_key;
    if found and (v.kind, v.person_id, v.team_id, v.client_id, v.data) is distinct from (p_kind, p_person, p_team, p_client, p_data) then
        raise exception 'the deduplication key % was used for another message (%)', quote_literal(p_dedup_key), v.message_id
            using errcode = 'unique_violation', constraint = 'message_dedup_key_unique', table = 'message',
                  hint = 'The same key must come with the same recipient, kind and data: choose another key for another message.';
    end if;
    return v.message_id;
end;
$$;
comment on function secondline_rules.known_message(text, text, bigint, bigint, bigint, jsonb) is
    'The message that has this key already, or null; 23505 when it says something else.';

create or replace function secondline_rules.check_message(p_kind text, p_data jsonb, p_dedup_key text) returns secondline.message_kind
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    k secondline.message_kind;
    v_field record;
begin
    select * into k from secondline.message_kind x where x.kind = p_kind;
    if not found then
        raise exception 'there is no kind of message %', coalesce(quote_literal(p_kind), '(null)')
            using errcode = 'no_data_found',
                  hint = 'Kinds: ' || (select string_agg(x.kind, ', ' order by x.kind) from secondline.message_kind x) || '.';
    elsif p_data is null or jsonb_typeof(p_data) <> 'object' then
        raise exception 'the data is no JSON object'
            using errcode = 'invalid_parameter_value', hint = 'Pass an object such as {"text": "…"}.';
    elsif octet_length(p_data::text) > 65536 then
        raise exception 'the data has % bytes, more than 65,536', octet_length(p_data::text)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it, and keep the whole text where a link can lead to it.';
    elsif jsonb_path_exists(p_data, '$.**{64}') then
        raise exception 'the data is nested more than 63 levels deep'
            using errcode = 'invalid_parameter_value', hint = 'Pass it flat: programs that read it have limits of their own.';
    elsif length(p_dedup_key) not between 1 and 200 then
        raise exception 'the deduplication key has % characters', length(p_dedup_key)
            using errcode = 'invalid_parameter_value', hint = 'Give it 1 to 200 characters, or leave it out.';
    end if;
    -- the words are made of these whenever somebody reads: only what says the same in every session
    select d.key, d.value into v_field from jsonb_each_text(p_data) d
     where d.key like E'%\\_at' and d.value is not null and secondline_rules.instant(d.value) is null limit 1;
    if found then
        raise exception '% of the data is no instant: %', v_field.key, quote_literal(left(v_field.value, 100))
            using errcode = 'invalid_parameter_value', hint = 'Write it as 2026-11-22T17:45:00+01:00.';
    end if;
    if p_kind = 'note' and coalesce(p_data ->> 'text', '') !~ E'\\S' then
        raise exception 'the note says nothing'
            using errcode = 'invalid_parameter_value', hint = 'Pass its words as {"text": "…"}.';
    elsif p_data ? 'severity' and p_data ->> 'severity' <> all (enum_range(null::secondline.severity)::text[]) then
        raise exception 'there is no severity %', quote_literal(left(p_data ->> 'severity', 100))
            using errcode = 'invalid_parameter_value',
                  hint = format('Choose one of %s.', array_to_string(enum_range(null::secondline.severity), ', '));
    end if;
    return k;
end;
$$;
comment on function secondline_rules.check_message(text, jsonb, text) is
    'The kind of a message whose data is in order: P0002 no such kind, 22023 no object, too large, no instant where one is due, an empty note, an unknown severity.';

create or replace function secondline_rules.write_message(
    p_at timestamptz, p_kind secondline.message_kind, p_person bigint, p_team bigint, p_client bigint,
    p_data jsonb, p_send_at timestamptz, p_dedup_key text
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_severity secondline.severity := coalesce(p_data ->> 'severity', p_kind.severity::text);
    v_ticket bigint := case when jsonb_typeof(p_data -> 'ticket') = 'number' and p_data ->> 'ticket' ~ E'^\\d{1,18}$'
                            then (p_data ->> 'ticket')::bigint end;
    v_send_at timestamptz := greatest(p_send_at, p_at);
    v_message bigint;
begin
    if p_person is not null then
        insert into secondline.message (
            channel, state, severity, kind, person_id, ticket_id, created_at, send_at, attend_at, dedup_key, data)
        values ('popup', 'sent', v_severity, p_kind.kind, p_person, v_ticket, p_at, v_send_at,
                secondline_rules.attend_popup_at(v_severity, p_at, v_send_at), p_dedup_key, p_data)
        returning message_id into v_message;
        return v_message;
    end if;
    with contact as materialized (
        select c.channel, row_number() over (order by c.channel) = 1 as is_first from secondline.contact c
         where (c.team_id = p_team or c.client_id = p_client) and c.from_severity <= v_severity
    ), written as (
        insert into secondline.message (channel, severity, kind, team_id, client_id, ticket_id, created_at, send_at, dedup_key, data)
        select c.channel, v_severity, p_kind.kind, p_team, p_client, v_ticket, p_at, v_send_at,
               case when c.is_first then p_dedup_key end, p_data
          from contact c order by c.channel
        returning message_id
    )
    select min(w.message_id) into v_message from written w;
    if v_message is null then
        -- nobody can be told: that stands in the history; by way of the outbox, where the same key at once is met
        insert into secondline.message (channel, severity, kind, team_id, client_id, ticket_id, created_at, send_at, dedup_key, data)
        values ('none', v_severity, p_kind.kind, p_team, p_client, v_ticket, p_at, v_send_at, p_dedup_key, p_data)
        returning message_id into v_message;
        perform secondline_rules.end_messages(p_at, array[v_message], 'dropped', 'no contact');
    end if;
    return v_message;
end;
$$;
comment on function secondline_rules.write_message(
    timestamptz, secondline.message_kind, bigint, bigint, bigint, jsonb, timestamptz, text
) is
    'The one writer of messages, but for the daemon''s batches: a popup for a person, else one message for each contact that wants this severity; without any it is dropped at once and says so.';

create or replace function secondline_rules.attend_popup_at(
    p_severity secondline.severity, p_at timestamptz, p_send_at timestamptz
) returns timestamptz
language sql immutable
begin atomic
    select case when p_send_at > p_at then p_send_at
                when p_severity >= 'urgent' then p_send_at + interval '1 hour' end;
end;
comment on function secondline_rules.attend_popup_at(secondline.severity, timestamptz, timestamptz) is
    'When the daemon next looks at a popup: when it appears, or, urgent, when nobody has acknowledged it for an hour.';

create or replace function secondline_rules.send(
    p_at timestamptz, p_kind text, p_person bigint, p_team bigint, p_client bigint, p_data jsonb,
    p_send_at timestamptz default null, p_dedup_key text default null
) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    k secondline.message_kind := secondline_rules.check_message(p_kind, p_data, p_dedup_key);
    v_message bigint;
begin
    if p_send_at is not null and (not isfinite(p_send_at) or p_send_at > p_at + interval '10 years') then
        raise exception 'a message cannot be sent at %', p_send_at
            using errcode = 'invalid_parameter_value', hint = 'Give a time within ten years, or leave it out.';
    end if;
    if p_dedup_key is null then
        return secondline_rules.write_message(p_at, k, p_person, p_team, p_client, p_data, p_send_at, null);
    end if;
    -- look before inserting: a conflict would burn an id
    v_message := secondline_rules.known_message(p_dedup_key, p_kind, p_person, p_team, p_client, p_data);
    if v_message is null then
        begin
            v_message := secondline_rules.write_message(p_at, k, p_person, p_team, p_client, p_data, p_send_at, p_dedup_key);
            insert into secondline.message_key (dedup_key, message_id) values (p_dedup_key, v_message);
            return v_message;
        exception
            -- somebody was faster
            when unique_violation then
                v_message := secondline_rules.known_message(p_dedup_key, p_kind, p_person, p_team, p_client, p_data);
                if v_message is null then
                    raise exception 'a message with the deduplication key % was written at the same time', quote_literal(p_dedup_key)
                        using errcode = 'serialization_failure', hint = 'This transaction cannot see it: begin another and try again.';
                end if;
        end;
    end if;
    return v_message;
end;
$$;
comment on function secondline_rules.send(timestamptz, text, bigint, bigint, bigint, jsonb, timestamptz, text) is
    'Tells a person, a team or a client something at an instant, and returns the message''s id; the same key again is the same message.';

create or replace function secondline_rules.is_pointless(p_ends_with text, p_ticket bigint, p_person bigint, p_data jsonb) returns boolean
language sql stable
begin atomic
    select case p_ends_with
        when 'never' then false
        when 'offer' then p_ticket is not null and not exists (
             select from secondline.assignment a
              where a.ticket_id = p_ticket and a.ended_at is null and a.person_id = p_person
                -- accepted at once: nobody has done anything yet
                and (a.state = 'offered' or a.accepted_at = a.offered_at))
        when 'returned' then p_ticket is not null and not exists (
             select from secondline.ticket t where t.ticket_id = p_ticket and t.status = 'returned' and t.returned_to = p_person)
        when 'response' then p_ticket is not null and not exists (
             select from secondline.ticket t
              where t.ticket_id = p_ticket and t.assignee_id = p_person and t.client_waits_since is not null and t.ended_at is null)
        when 'stalled' then p_ticket is not null and not exists (
             select from secondline.ticket t
              where t.ticket_id = p_ticket and t.assignee_id = p_person and t.ended_at is null
                and t.changed_at = secondline_rules.instant(p_data ->> 'since_at'))
        when 'alert' then jsonb_typeof(p_data -> 'alert') = 'number' and not exists (
             select from secondline.alert a
              where a.alert_id = (p_data ->> 'alert')::numeric and a.ended_at is null and a.acknowledged_at is null)
        when 'proposal' then jsonb_typeof(p_data -> 'escalation') = 'number' and not exists (
             select from secondline.escalation e
              where e.escalation_id = (p_data ->> 'escalation')::numeric and e.state = 'proposed' and e.owner_id = p_person)
        when 'ticket' then p_ticket is not null and not exists (
             select from secondline.ticket t where t.ticket_id = p_ticket and t.status not in ('resolved', 'cancelled'))
        else (select case p_ends_with
                  when 'start' then w.day is not null
                  when 'plan' then w.planned_at is not null or w.state not in ('working', 'paused')
                  else w.state in ('ended', 'excused') or secondline_rules.is_reported(w.person_id, w.day) end
                from (values (p_data)) d (data)
                -- a reminder names its workday
                left join secondline.workday w
                  on jsonb_typeof(d.data -> 'person_id') = 'number' and w.person_id = (d.data ->> 'person_id')::numeric
                 and to_char(w.day, 'YYYY-MM-DD') = d.data ->> 'day') is true
        end;
end;
comment on function secondline_rules.is_pointless(text, bigint, bigint, jsonb) is
    'Whether what a message is about has ended: the offer was answered, the ticket is done with, the workday has started, has its plan or its report.';

-- The one way out of the outbox but for deliveries: into the history.
create or replace function secondline_rules.end_messages(
    p_at timestamptz, p_messages bigint[], p_state secondline.message_state, p_because text
) returns void
language sql volatile
begin atomic
    with gone as (
        delete from secondline.message m where m.message_id = any (p_messages) returning m.*
    )
    insert into secondline.message_history (
        message_id, ended_at, state, channel, severity, kind, person_id, team_id, client_id, ticket_id, created_at, attempt, because,
        dedup_key, idempotency_key, data)
    select g.message_id, greatest(p_at, g.created_at), p_state, g.channel, g.severity, g.kind, g.person_id, g.team_id, g.client_id,
           g.ticket_id, g.created_at, g.attempt, p_because, g.dedup_key, g.idempotency_key, g.data
      from gone g;
end;
comment on function secondline_rules.end_messages(timestamptz, bigint[], secondline.message_state, text) is
    'Moves messages into the history.';

create or replace function secondline_rules.lock_message(p_message bigint) returns secondline.message
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    m secondline.message;
begin
    select * into m from secondline.message x where x.message_id = p_message for no key update;
    if not found then
        raise exception 'there is no open message %', coalesce(p_message::text, '(null)')
            using errcode = 'no_data_found',
                  hint = coalesce((select 'It was ' || h.state || ' at ' || h.ended_at || coalesce(': ' || h.because, '') || '.'
                                     from secondline.message_history h where h.message_id = p_message),
                                  'Look the id up in secondline.message_now.');
    end if;
    return m;
end;
$$;
comment on function secondline_rules.lock_message(bigint) is 'Locks an open message; P0002, with what became of it, when there is none.';

create or replace function secondline_rules.acknowledge(p_at timestamptz, p_message bigint, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    m secondline.message;
begin
    select * into m from secondline.message x where x.message_id = p_message for no key update;
    if not found then
        -- twice is harmless, at once too: a second click, or a reminder that ended by itself
        if exists (select from secondline.message_history h
                    where h.message_id = p_message and h.person_id = p_person and h.channel = 'popup') then
            return;
        end if;
        -- what became of others' messages is not for everybody
        raise exception 'there is no message %', coalesce(p_message::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.inbox.';
    elsif m.person_id is distinct from p_person then
        raise exception 'message % is not for person %', p_message, p_person
            using errcode = 'SL005', hint = 'Only its reader may acknowledge it.';
    elsif m.channel <> 'popup' then
        raise exception 'message % goes through the channel %', p_message, m.channel
            using errcode = 'SL006', hint = 'Only what stands in secondline.inbox can be acknowledged.';
    end if;
    perform secondline_rules.end_messages(p_at, array[p_message], 'sent', null);
end;
$$;
comment on function secondline_rules.acknowledge(timestamptz, bigint, bigint) is 'secondline.acknowledge_message at an instant.';

create or replace function secondline_rules.retry_message(p_at timestamptz, p_message bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    m secondline.message := secondline_rules.lock_message(p_message);
begin
    if m.channel = 'popup' or m.state = 'sending' then
        raise exception 'message % is %', p_message, case when m.channel = 'popup' then 'a popup' else 'being delivered' end
            using errcode = 'SL006', hint = 'Only what is ready or set aside can be tried again.';
    end if;
    update secondline.message x set state = 'ready', send_at = p_at, deaths = 0 where x.message_id = p_message;
    perform secondline_rules.hint_retry();
end;
$$;
comment on function secondline_rules.retry_message(timestamptz, bigint) is 'secondline.retry_message at an instant.';

create or replace function secondline_rules.retry_channel(p_at timestamptz, p_channel text) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    v_count bigint;
begin
    if not exists (select from secondline.channel c where c.name = p_channel and c.name <> 'popup') then
        raise exception 'there is no channel %', coalesce(quote_literal(p_channel), '(null)')
            using errcode = 'no_data_found', hint = 'Channels: see secondline.channel_now.';
    end if;
    with waiting as materialized (
        select m.message_id from secondline.message m
         where m.channel = p_channel and m.channel <> 'popup'
           and (m.state = 'set_aside' or m.state = 'ready' and m.attempt > 0 and m.send_at > p_at)
         order by m.message_id for no key update skip locked
    )
    update secondline.message m set state = 'ready', send_at = p_at, deaths = 0 from waiting w where m.message_id = w.message_id;
    get diagnostics v_count = row_count;
    perform secondline_rules.hint_retry();
    return v_count;
end;
$$;
comment on function secondline_rules.retry_channel(timestamptz, text) is 'secondline.retry_channel at an instant.';

create or replace function secondline_rules.drop_message(p_at timestamptz, p_message bigint, p_because text) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    m secondline.message := secondline_rules.lock_message(p_message);
begin
    perform secondline_rules.require_text(p_because, 'reason', 2000);
    if m.state = 'sending' then
        raise exception 'message % is being delivered', p_message
            using errcode = 'SL006', hint = 'Wait until that has ended, or failed.';
    end if;
    perform secondline_rules.end_messages(p_at, array[p_message], 'dropped', p_because);
end;
$$;
comment on function secondline_rules.drop_message(timestamptz, bigint, text) is 'secondline.drop_message at an instant.';

create or replace function secondline_rules.offer_severity(p_priority secondline.priority) returns secondline.severity
language sql immutable
begin atomic
    select case p_priority when 'urgent' then 'urgent' when 'high' then 'high' else 'normal' end::secondline.severity;
end;
comment on function secondline_rules.offer_severity(secondline.priority) is 'How much it matters to be given a ticket of this priority.';

create or replace function secondline_rules.offer_data(
    p_ticket bigint, p_title text, p_queue text, p_priority secondline.priority, p_client text
) returns jsonb
language sql stable
begin atomic
    select jsonb_build_object('ticket', p_ticket, 'title', p_title, 'queue', p_queue, 'priority', p_priority, 'client', p_client,
                              'severity', secondline_rules.offer_severity(p_priority));
end;
comment on function secondline_rules.offer_data(bigint, text, text, secondline.priority, text) is 'What a message of kind ticket.offered is made of.';
