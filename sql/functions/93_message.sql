-- The public functions of messages.

create or replace function secondline_rules.authorise_outbox() returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not secondline_rules.is_program() then
        raise exception 'the login % may not look after the messages of all', session_user
            using errcode = 'insufficient_privilege', hint = 'Use a login in secondline_app, or the daemon''s.';
    end if;
end;
$$;
comment on function secondline_rules.authorise_outbox() is
    'Refuses (42501) unless the session is a program in secondline_app or the daemon''s login.';

create or replace function secondline_rules.authorise_telling(p_kind text, p_person bigint, p_team bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if secondline_rules.is_program() then
        return;
    end if;
    perform secondline_rules.authorise_setup(coalesce(p_team, (select p.team_id from secondline.person p where p.person_id = p_person)));
    -- whatever else is told, others decided: nobody puts words into their mouths
    if p_kind is distinct from 'note' then
        raise exception 'a head may send notes, not messages of kind %', coalesce(quote_literal(p_kind), '(null)')
            using errcode = 'insufficient_privilege', hint = 'secondline.praise and remark say who speaks.';
    end if;
end;
$$;
comment on function secondline_rules.authorise_telling(text, bigint, bigint) is
    'Refuses (42501) unless the session is a program, the daemon''s login, or a head who sends a note to the team or somebody of it.';

create or replace function secondline_rules.require_reader(p_person bigint, p_team bigint, p_client bigint) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from secondline_rules.reader(p_person, p_team, p_client)) then
        raise exception 'there is no such person, team or client: %', coalesce(p_person, p_team, p_client)::text
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.person, secondline.team or secondline.client.';
    elsif exists (select from secondline.person p where p.person_id = p_person and p.deactivated_at is not null) then
        raise exception 'person % has left', p_person using errcode = 'SL006', hint = 'Choose somebody who works here.';
    end if;
end;
$$;
comment on function secondline_rules.require_reader(bigint, bigint, bigint) is
    'P0002 unless this person, team or client exists; SL006 when the person has left.';

create or replace function secondline.send_message(
    person bigint, kind text, data jsonb, dedup_key text default null, at timestamptz default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_telling(kind, person, null);
    perform secondline_rules.require_reader(person, null, null);
    return secondline_rules.send(clock_timestamp(), kind, person, null, null, data, at, dedup_key);
end;
$$;
comment on function secondline.send_message(bigint, text, jsonb, text, timestamptz) is
    'Tells a person something, now or at a time, as a popup and through the contacts that want its severity; returns the id of the popup. Kinds and their fields are in secondline.message_kind; kind note shows data.text; data.severity (low, normal, high, urgent, critical) overrides the kind''s; data.ticket names the ticket that it is about. The same dedup_key again is the same message. A program or the daemon may; a head of the team a note. Errors: P0002 no such person or kind, SL006 the person has left, 22023 data that is no object, over 65,536 bytes, or with a field …_at that is no instant; 23505 the key was used for another message.';

create or replace function secondline.send_to_client(
    client bigint, kind text, data jsonb, dedup_key text default null, at timestamptz default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_telling(kind, null, null);
    perform secondline_rules.require_reader(null, null, client);
    return secondline_rules.send(clock_timestamp(), kind, null, null, client, data, at, dedup_key);
end;
$$;
comment on function secondline.send_to_client(bigint, text, jsonb, text, timestamptz) is
    'Tells a client something through each contact that wants its severity; returns the id of the first message. Without a contact it is dropped at once: see secondline.message_history. Otherwise as send_message(). Errors: P0002 no such client or kind, 22023 and 23505 as there.';

create or replace function secondline.send_to_team(
    team bigint, kind text, data jsonb, dedup_key text default null, at timestamptz default null
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_telling(kind, null, team);
    perform secondline_rules.require_reader(null, team, null);
    return secondline_rules.send(clock_timestamp(), kind, null, team, null, data, at, dedup_key);
end;
$$;
comment on function secondline.send_to_team(bigint, text, jsonb, text, timestamptz) is
    'Tells a team something through each contact that wants its severity, such as its chat; returns the id of the first message. Without a contact it is dropped at once: see secondline.message_history. Otherwise as send_message(). Errors: P0002 no such team or kind, 22023 and 23505 as there.';

create or replace function secondline.acknowledge_message(message bigint, person bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise(person);
    perform secondline_rules.acknowledge(clock_timestamp(), message, person);
end;
$$;
comment on function secondline.acknowledge_message(bigint, bigint) is
    'The person has seen a popup: it leaves secondline.inbox. Twice is harmless. The person or a program may. Errors: P0002 no such message or person, SL005 it is not theirs, SL006 it is no popup.';

create or replace function secondline.retry_message(message bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_outbox();
    perform secondline_rules.retry_message(clock_timestamp(), message);
end;
$$;
comment on function secondline.retry_message(bigint) is
    'A message that was set aside, or waits, is tried now: ready or set_aside → ready. A program or the daemon may. Errors: P0002 no such open message, SL006 it is a popup or being delivered.';

create or replace function secondline.retry_channel(channel text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_outbox();
    return secondline_rules.retry_channel(clock_timestamp(), channel);
end;
$$;
comment on function secondline.retry_channel(text) is
    'All messages of a channel that were set aside, or failed and wait, are tried now; returns how many. For when what was wrong with the channel is mended. A program or the daemon may. Errors: P0002 no such channel.';

create or replace function secondline.drop_message(message bigint, because text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_outbox();
    perform secondline_rules.drop_message(clock_timestamp(), message, because);
end;
$$;
comment on function secondline.drop_message(bigint, text) is
    'A message is not delivered: into the history, with the reason. A program or the daemon may. Errors: P0002 no such open message, SL006 it is being delivered, 22023 no reason, or one over 2,000 characters.';

create or replace function secondline_rules.set_contact(
    p_person bigint, p_team bigint, p_client bigint, p_channel text, p_address text, p_from_severity secondline.severity
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    if p_channel = 'popup' then
        raise exception 'the channel popup is built in'
            using errcode = 'invalid_parameter_value', hint = 'Every person has it, without an address; name another channel.';
    elsif p_channel is null or p_channel !~ '^[a-z][a-z0-9_-]{0,62}$' then
        raise exception 'a channel cannot be called %', coalesce(quote_literal(p_channel), '(null)')
            using errcode = 'invalid_parameter_value',
                  hint = 'Name the section [channel.NAME] of the daemon''s configuration: a-z, 0-9, - and _, beginning with a letter.';
    end if;
    delete from secondline.contact c
     where c.channel = p_channel and (c.person_id = p_person or c.team_id = p_team or c.client_id = p_client);
    if p_address is null then
        -- what waits for it is not wanted any more
        perform secondline_rules.end_messages(clock_timestamp(), (
            select array_agg(w.message_id) from (
                select m.message_id from secondline.message m
                 where m.channel = p_channel and m.channel <> 'popup' and m.state in ('ready', 'set_aside')
                   and (m.person_id = p_person or m.team_id = p_team or m.client_id = p_client)
                   for no key update skip locked) w), 'dropped', 'the contact was removed');
        return;
    end if;
    perform secondline_rules.require_line(p_address, 'address', 1000);
    insert into secondline.channel (name) values (p_channel) on conflict do nothing;
    insert into secondline.contact (channel, person_id, team_id, client_id, from_severity, address)
    values (p_channel, p_person, p_team, p_client, coalesce(p_from_severity, 'normal'), p_address);
    if exists (select from secondline.channel_worker w) and not exists (select from secondline.channel_worker w where w.channel = p_channel) then
        raise notice 'no daemon that runs has a channel %: what goes there waits', p_channel
            using hint = 'Channels that they have: ' || (select string_agg(distinct w.channel, ', ') from secondline.channel_worker w) || '.';
    end if;
end;
$$;
comment on function secondline_rules.set_contact(bigint, bigint, bigint, text, text, secondline.severity) is
    'Sets, or with a null address removes, one contact of a person, a team or a client.';

create or replace function secondline.set_contact(
    person bigint, channel text, address text, from_severity secondline.severity default 'normal'
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_presence(person);
    if secondline_rules.acting_person() = person and not exists (select from secondline.channel c where c.name = set_contact.channel) then
        raise exception 'there is no channel %', coalesce(quote_literal(channel), '(null)')
            using errcode = 'invalid_parameter_value',
                  hint = coalesce('Channels: ' || (select string_agg(c.name, ', ' order by c.name) from secondline.channel c where c.name <> 'popup')
                                  || '.', 'There is none yet: ask whoever runs the daemon.');
    end if;
    perform secondline_rules.set_contact(person, null, null, channel, address, from_severity);
end;
$$;
comment on function secondline.set_contact(bigint, text, text, secondline.severity) is
    'Where a person is reached beside the popup, for messages of this severity and above; a null address removes it, and drops what waits for it. Contacts that ask for more than a message''s severity get an urgent popup that stays unacknowledged for an hour. The person, a head of the team or a program may. With a login of their own people name only channels that there are. Errors: P0002 no such person, 22023 an address that is blank, no single line or over 1,000 characters, an impossible or unknown channel, or popup.';

create or replace function secondline.set_team_contact(
    team bigint, channel text, address text, from_severity secondline.severity default 'low'
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    perform secondline_rules.set_contact(null, team, null, channel, address, from_severity);
end;
$$;
comment on function secondline.set_team_contact(bigint, text, text, secondline.severity) is
    'Where a team is reached, such as its chat, for messages of this severity and above; a null address removes it. A head of the team or a program may. Errors: P0002 no such team, 22023 an address that is blank, no single line or over 1,000 characters, an impossible channel, or popup.';

create or replace function secondline.set_client_contact(
    client bigint, channel text, address text, from_severity secondline.severity default 'low'
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_reader(null, null, client);
    perform secondline_rules.set_contact(null, null, client, channel, address, from_severity);
end;
$$;
comment on function secondline.set_client_contact(bigint, text, text, secondline.severity) is
    'Where a client is reached, for messages of this severity and above; a null address removes it. A head or a program may. Errors: P0002 no such client, 22023 an address that is blank, no single line or over 1,000 characters, an impossible channel, or popup.';

create or replace function secondline_rules.require_locale(p_locale text) returns text
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_locale !~ '^[a-z]{2,3}(_[A-Z]{2})?$' then
        raise exception 'the language % is not written as en, ru or pt_BR', quote_literal(p_locale)
            using errcode = 'invalid_parameter_value', hint = 'A language without templates falls back to English.';
    end if;
    return p_locale;
end;
$$;
comment on function secondline_rules.require_locale(text) is 'The language, or 22023 when it is not written as en, ru or pt_BR.';

create or replace function secondline.set_locale(person bigint, locale text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_presence(person);
    update secondline.person p set locale = secondline_rules.require_locale(set_locale.locale) where p.person_id = person;
end;
$$;
comment on function secondline.set_locale(bigint, text) is
    'The language of a person''s messages, such as en, ru or pt_BR; null is the team''s. The person, a head of the team or a program may. Errors: P0002 no such person, 22023 not a language.';

create or replace function secondline.set_team_locale(team bigint, locale text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup(team);
    perform secondline_rules.require_reader(null, team, null);
    update secondline.team t set locale = coalesce(secondline_rules.require_locale(set_team_locale.locale), 'en') where t.team_id = team;
end;
$$;
comment on function secondline.set_team_locale(bigint, text) is
    'The language of a team''s messages and of its people who have none of their own; null is English. A head of the team or a program may. Errors: P0002 no such team, 22023 not a language.';

create or replace function secondline.set_client_locale(client bigint, locale text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    perform secondline_rules.require_reader(null, null, client);
    update secondline.client c set locale = secondline_rules.require_locale(set_client_locale.locale) where c.client_id = client;
end;
$$;
comment on function secondline.set_client_locale(bigint, text) is
    'The language of a client''s messages; null is that of the account manager''s team. A head or a program may. Errors: P0002 no such client, 22023 not a language.';

create or replace function secondline.set_template(kind text, locale text, subject text, text text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform secondline_rules.authorise_setup();
    if not exists (select from secondline.message_kind k where k.kind = set_template.kind) then
        raise exception 'there is no kind of message %', coalesce(quote_literal(kind), '(null)')
            using errcode = 'no_data_found',
                  hint = 'Kinds: ' || (select string_agg(k.kind, ', ' order by k.kind) from secondline.message_kind k) || '.';
    end if;
    if set_template.locale is null then
        raise exception 'the language is missing' using errcode = 'invalid_parameter_value', hint = 'Write it as en, ru or pt_BR.';
    elsif set_template.subject is null and set_template.text is null then
        -- back to the words that Secondline has, or none
        update secondline.template t
           set subject = t.delivered_subject, text = t.delivered_text, edited_at = null
         where t.kind = set_template.kind and t.locale = set_template.locale and t.delivered_text is not null;
        if not found then
            delete from secondline.template t where t.kind = set_template.kind and t.locale = set_template.locale;
        end if;
        return;
    end if;
    perform secondline_rules.require_printable(set_template.text, 'text');
    insert into secondline.template as t (kind, locale, edited_at, subject, text)
    values (set_template.kind, secondline_rules.require_locale(set_template.locale), clock_timestamp(),
            secondline_rules.require_line(set_template.subject, 'subject', 500),
            secondline_rules.require_text(replace(set_template.text, E'\r\n', E'\n'), 'text', 20000))
    on conflict on constraint template_pkey do update
       set subject = excluded.subject, text = excluded.text, edited_at = excluded.edited_at;
end;
$$;
comment on function secondline.set_template(text, text, text, text) is
    'The words of a kind of message in a language, from now on. {field} stands for a field of the data (secondline.message_kind.fields), {name} for the reader. Without subject and text it goes back to the words that Secondline has, or is removed where it has none. A head or a program may. Errors: P0002 no such kind, 22023 an unknown field, an empty subject or text, control characters, line breaks in the subject, over 500 characters there or 20,000 in the text, not a language.';
