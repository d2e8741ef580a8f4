-- What people are told: the outbox, where they are reached, and the words.

create type secondline.severity as enum ('low', 'normal', 'high', 'urgent', 'critical');
create type secondline.message_state as enum ('ready', 'sending', 'sent', 'set_aside', 'dropped');
create type secondline.delivery_outcome as enum ('sent', 'refused', 'failed', 'unknown');

comment on type secondline.severity is 'How much a message matters to its reader, the least first.';
comment on type secondline.message_state is
    'Where a message stands: ready waits for its time or its channel, sending is in a daemon''s hands, sent and dropped are the end, set_aside waits for a person.';
comment on type secondline.delivery_outcome is
    'How an attempt ended: the channel took it, refused it for good, could not (it is tried again), or nobody knows.';

create cast (varchar as secondline.severity) with inout as implicit;
create cast (varchar as secondline.message_state) with inout as implicit;
create cast (varchar as secondline.delivery_outcome) with inout as implicit;

alter table secondline.team add column locale text not null default 'en',
    add constraint team_locale_form_check check (locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$');
alter table secondline.person add column locale text,
    add constraint person_locale_form_check check (locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$');
alter table secondline.client add column locale text,
    add constraint client_locale_form_check check (locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$');
comment on column secondline.team.locale is 'Language of its messages, such as en, ru or pt_BR; of its people too unless they have their own. Change with set_team_locale().';
comment on column secondline.person.locale is 'Language of their messages; null is the team''s. Change with set_locale().';
comment on column secondline.client.locale is 'Language of their messages; null is that of the account manager''s team. Change with set_client_locale().';

create table secondline.message_kind (
    kind text primary key,
    severity secondline.severity not null,
    ends_with text not null,
    fields text[] not null,
    constraint message_kind_is_code_check check (kind ~ '^[a-z_]+(\.[a-z_]+)*$'),
    constraint message_kind_ends_with_known_check check (ends_with in ('never', 'offer', 'ticket'))
);
comment on table secondline.message_kind is 'What people are told about. Kept by the upgrades; never change it by hand.';
comment on column secondline.message_kind.kind is 'The kind, as send_message() names it.';
comment on column secondline.message_kind.severity is 'How much it matters unless the message says otherwise.';
comment on column secondline.message_kind.ends_with is
    'When a message of this kind has become pointless: never, when the offer was answered, or when the ticket has ended.';
comment on column secondline.message_kind.fields is
    'Fields of its data that templates may use; those that end with _at are instants, shown in the reader''s time zone and language.';

create table secondline.template (
    kind text not null references secondline.message_kind,
    locale text not null,
    edited_at timestamptz,
    subject text not null,
    text text not null,
    subject_format text not null,
    subject_fields text[] not null,
    text_format text not null,
    text_fields text[] not null,
    primary key (kind, locale),
    constraint template_locale_form_check check (locale ~ '^[a-z]{2,3}(_[A-Z]{2})?$'),
    constraint template_subject_says_something_check check (subject ~ '\S' and subject !~ '[[:cntrl:]]' and length(subject) <= 500),
    constraint template_text_says_something_check
        check (text ~ '\S' and translate(text, E'\t\n', '') !~ '[[:cntrl:]]' and length(text) <= 20000)
);
comment on table secondline.template is
    'The words of messages, by kind and language. Change with set_template(); what nobody edited follows the upgrades.';
comment on column secondline.template.kind is 'The kind of message.';
comment on column secondline.template.locale is 'The language, such as en, ru or pt_BR; pt_BR falls back to pt, then to en.';
comment on column secondline.template.edited_at is 'When the department changed it; null while it is as delivered.';
comment on column secondline.template.subject is 'One line; {field} stands for a field of the message''s data, {name} for the reader.';
comment on column secondline.template.text is 'The text, with the same fields.';
comment on column secondline.template.subject_format is 'The subject as format() takes it. Kept by a trigger.';
comment on column secondline.template.subject_fields is 'The fields of the subject in order. Kept by a trigger.';
comment on column secondline.template.text_format is 'The text as format() takes it. Kept by a trigger.';
comment on column secondline.template.text_fields is 'The fields of the text in order. Kept by a trigger.';

create table secondline.channel (
    name text primary key,
    rate_until timestamptz not null default '-infinity',
    constraint channel_name_form_check check (name ~ '^[a-z][a-z0-9_-]{0,62}$')
);
comment on table secondline.channel is
    'Channels that contacts name or a daemon has configured. What a channel is stands only in the daemons'' configuration; popup is built in.';
comment on column secondline.channel.name is 'The channel, as contacts and the section [channel.NAME] of the configuration name it.';
comment on column secondline.channel.rate_until is 'Until when the rate limit is used up. Kept by the daemons.';

create table secondline.channel_worker (
    channel text not null references secondline.channel,
    worker text not null,
    seen_at timestamptz not null,
    failing_since timestamptz,
    failures integer not null default 0,
    error text,
    primary key (channel, worker)
);
comment on table secondline.channel_worker is
    'Which daemons have a channel configured, and how it does there. Each daemon writes its own rows; old ones are removed after five minutes.';
comment on column secondline.channel_worker.channel is 'The channel.';
comment on column secondline.channel_worker.worker is 'The daemon: host, process id and a random part.';
comment on column secondline.channel_worker.seen_at is 'When that daemon last said that it lives.';
comment on column secondline.channel_worker.failing_since is
    'Since when everything fails there, so that only one message at a time is tried; null while it works.';
comment on column secondline.channel_worker.failures is 'How many attempts failed since then.';
comment on column secondline.channel_worker.error is 'What the channel last said.';

create table secondline.contact (
    contact_id bigint generated always as identity primary key,
    channel text not null references secondline.channel,
    person_id bigint references secondline.person,
    team_id bigint references secondline.team,
    client_id bigint references secondline.client,
    from_severity secondline.severity not null,
    address text not null,
    constraint contact_of_one_check check (num_nonnulls(person_id, team_id, client_id) = 1),
    constraint contact_person_channel_unique unique (person_id, channel),
    constraint contact_team_channel_unique unique (team_id, channel),
    constraint contact_client_channel_unique unique (client_id, channel),
    constraint contact_address_one_line_check check (address ~ '\S' and address !~ '[[:cntrl:]]' and length(address) <= 1000)
);
comment on table secondline.contact is
    'Where people, teams and clients are reached beside the popup. Change with set_contact(), set_team_contact() and set_client_contact().';
comment on column secondline.contact.contact_id is 'The contact.';
comment on column secondline.contact.channel is 'Through which channel.';
comment on column secondline.contact.person_id is 'Whose, if a person''s.';
comment on column secondline.contact.team_id is 'Whose, if a team''s.';
comment on column secondline.contact.client_id is 'Whose, if a client''s.';
comment on column secondline.contact.from_severity is
    'What matters less is not sent there; an urgent popup that nobody acknowledged is, in any case.';
comment on column secondline.contact.address is 'Where, as the channel understands it: one line.';

-- Rows that come and go quickly: no foreign keys (nobody is ever deleted), room on the page for another, slightly
-- longer version of each row, and nothing in an index or its predicate that a delivery changes, so that all its updates stay on
-- their page (HOT).
create table secondline.message (
    message_id bigint generated always as identity primary key,
    channel text not null,
    state secondline.message_state not null default 'ready',
    severity secondline.severity not null,
    kind text not null,
    person_id bigint,
    team_id bigint,
    client_id bigint,
    ticket_id bigint,
    created_at timestamptz not null,
    send_at timestamptz not null,
    attend_at timestamptz,
    leased_until timestamptz,
    attempt integer not null default 0,
    deaths smallint not null default 0,
    claim_id bigint,
    leased_by text,
    last_outcome secondline.delivery_outcome,
    last_said text,
    dedup_key text,
    idempotency_key uuid not null default gen_random_uuid(),
    data jsonb not null,
    constraint message_to_one_check check (num_nonnulls(person_id, team_id, client_id) = 1),
    constraint message_popup_to_person_check check (channel <> 'popup' or person_id is not null),
    constraint message_open_state_check check (state in ('ready', 'sending', 'set_aside') or channel = 'popup' and state = 'sent'),
    constraint message_leased_while_sending_check check ((state = 'sending') = (leased_until is not null)),
    constraint message_dedup_key_length_check check (length(dedup_key) between 1 and 200)
) with (fillfactor = 42, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
comment on table secondline.message is
    'The outbox: what is to be told and not yet done with; popups stay here until they are acknowledged. Written by the functions and the daemons only: send with send_message(), send_to_client() and send_to_team(); see message_now.';
comment on column secondline.message.message_id is 'The message, as the functions name it.';
comment on column secondline.message.channel is 'Through which channel.';
comment on column secondline.message.state is 'Where it stands.';
comment on column secondline.message.severity is 'How much it matters.';
comment on column secondline.message.kind is 'What it is about.';
comment on column secondline.message.person_id is 'To whom, if to a person.';
comment on column secondline.message.team_id is 'To whom, if to a team.';
comment on column secondline.message.client_id is 'To whom, if to a client.';
comment on column secondline.message.ticket_id is 'The ticket that it is about, if one.';
comment on column secondline.message.created_at is 'When it was decided.';
comment on column secondline.message.send_at is 'Not before; moves with each failure. Infinite while it is set aside.';
comment on column secondline.message.attend_at is
    'Of a popup: when the daemon next looks at it, to announce it or because nobody acknowledged it; null is never.';
comment on column secondline.message.leased_until is 'Until when the daemon that has it must report or lose it.';
comment on column secondline.message.attempt is 'How often it was claimed, and an acknowledgement must name it; of a popup, to how many channels it was passed on.';
comment on column secondline.message.deaths is 'How many deliveries ended with the death of the program or of the daemon.';
comment on column secondline.message.claim_id is 'The claim of this attempt: see delivery_claim.';
comment on column secondline.message.leased_by is 'The daemon that has it, or had it last.';
comment on column secondline.message.last_outcome is 'How the last attempt ended.';
comment on column secondline.message.last_said is 'What the channel said then, or why it was set aside.';
comment on column secondline.message.dedup_key is 'The caller''s name for it: the same key again is the same message.';
comment on column secondline.message.idempotency_key is 'The same for all attempts: lets the channel''s other end tell a repetition.';
comment on column secondline.message.data is 'What the words are made of.';

-- serves claim_messages and take_over_messages: one channel in order of time, from a floor
create index message_due_index on secondline.message (channel, send_at, message_id) where channel <> 'popup';
-- the same key is the same message (and none in the history: see message_is_new)
create unique index message_dedup_key_unique on secondline.message (dedup_key) where dedup_key is not null;
-- serves the view inbox: one person's popups
create index message_inbox_index on secondline.message (person_id, message_id) where channel = 'popup';
-- serves attend_popups
create index message_attend_index on secondline.message (attend_at) where attend_at is not null;

create table secondline.delivery_claim (
    claim_id bigint primary key,
    begun_at timestamptz not null
);
comment on table secondline.delivery_claim is
    'Claims of messages whose deliveries have begun: one row for a whole claim, so that a daemon that dies before it begins is not taken for a victim of its messages. Removed after some hours.';
comment on column secondline.delivery_claim.claim_id is 'The claim, as messages name it.';
comment on column secondline.delivery_claim.begun_at is 'When its deliveries began.';
create sequence secondline.claim_id as bigint cache 1;

create table secondline.message_history (
    message_id bigint primary key,
    ended_at timestamptz not null,
    state secondline.message_state not null,
    channel text not null,
    severity secondline.severity not null,
    kind text not null,
    person_id bigint,
    team_id bigint,
    client_id bigint,
    ticket_id bigint,
    created_at timestamptz not null,
    attempt integer not null,
    because text,
    dedup_key text,
    idempotency_key uuid not null,
    data jsonb not null,
    constraint message_history_ended_state_check check (state in ('sent', 'dropped')),
    constraint message_history_dropped_because_check check (state <> 'dropped' or because is not null)
);
comment on table secondline.message_history is
    'Messages that are done with; removed after the retention that the daemons'' configuration sets. Rows are never changed.';
comment on column secondline.message_history.message_id is 'The message.';
comment on column secondline.message_history.ended_at is 'When it was sent, acknowledged (a popup) or dropped.';
comment on column secondline.message_history.state is 'sent or dropped.';
comment on column secondline.message_history.channel is 'Through which channel.';
comment on column secondline.message_history.severity is 'How much it mattered.';
comment on column secondline.message_history.kind is 'What it was about.';
comment on column secondline.message_history.person_id is 'To whom, if to a person.';
comment on column secondline.message_history.team_id is 'To whom, if to a team.';
comment on column secondline.message_history.client_id is 'To whom, if to a client.';
comment on column secondline.message_history.ticket_id is 'The ticket that it was about, if one.';
comment on column secondline.message_history.created_at is 'When it was decided.';
comment on column secondline.message_history.attempt is 'How often it had been claimed, or a popup passed on.';
comment on column secondline.message_history.because is 'Why it was dropped.';
comment on column secondline.message_history.dedup_key is 'The caller''s name for it.';
comment on column secondline.message_history.idempotency_key is 'The same for all attempts.';
comment on column secondline.message_history.data is 'What the words were made of.';

-- serves known_message and message_is_new; not unique: the end of a message must never fail
create index message_history_dedup_key_index on secondline.message_history (dedup_key) where dedup_key is not null;
-- serves remove_history and channel_now
create index message_history_ended_at_index on secondline.message_history (ended_at);

create table secondline.message_attempt (
    attempt_id bigint generated always as identity,
    message_id bigint not null,
    attempt integer not null,
    outcome secondline.delivery_outcome not null,
    late boolean not null default false,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    channel text not null,
    worker text,
    said text,
    primary key (message_id, attempt_id)
);
comment on table secondline.message_attempt is 'The delivery ledger: every attempt to deliver a message. Rows are never changed.';
comment on column secondline.message_attempt.attempt_id is 'The entry, in order of time.';
comment on column secondline.message_attempt.message_id is 'The message.';
comment on column secondline.message_attempt.attempt is 'Which claim of the message.';
comment on column secondline.message_attempt.outcome is 'How it ended.';
comment on column secondline.message_attempt.late is
    'Whether the daemon reported it when the message was no longer its own, so that the report changed nothing.';
comment on column secondline.message_attempt.started_at is 'When the attempt began, as far as known.';
comment on column secondline.message_attempt.ended_at is 'When its end was recorded.';
comment on column secondline.message_attempt.channel is 'Through which channel.';
comment on column secondline.message_attempt.worker is 'The daemon.';
comment on column secondline.message_attempt.said is 'What the channel said: printable, at most 2,000 characters.';
-- serves channel_now: what failed lately
create index message_attempt_failed_index on secondline.message_attempt (ended_at) where outcome <> 'sent';
