-- What the delivery came to need: keys that are unique across outbox and history, a lane for what is urgent, words as delivered.

-- serves acting_person: who calls
create index person_login_index on secondline.person (login) where login is not null;

alter table secondline.message_kind
    add constraint message_kind_fields_are_codes_check check (array_to_string(fields, ',') ~ '^[a-z_,]*$');

alter table secondline.template
    add column delivered_subject text,
    add column delivered_text text;
comment on column secondline.template.delivered_subject is 'The subject as this version of Secondline delivers it; null where it has none.';
comment on column secondline.template.delivered_text is 'The text as this version of Secondline delivers it; null where it has none.';

-- one absurd time must not stop a channel
alter table secondline.message add constraint message_times_in_range_check check (
    send_at >= '1970-01-01' and (send_at <= '3000-01-01' or state = 'set_aside' and send_at = 'infinity')
    and attend_at between '1970-01-01' and '3000-01-01'
);
-- serves claim_messages: what is urgent goes before what is older
create index message_urgent_index on secondline.message (channel, send_at, message_id) where channel <> 'popup' and severity >= 'urgent';

comment on column secondline.delivery_claim.claim_id is 'The claim, as messages name it: a random number, which no restored sequence can give again.';
drop sequence secondline.claim_id;
-- serves remove_history
create index delivery_claim_begun_at_index on secondline.delivery_claim (begun_at);

-- An index of its own, so that a key is unique across outbox and history at every isolation level.
drop index secondline.message_dedup_key_unique;
drop index secondline.message_history_dedup_key_index;
create table secondline.message_key (
    dedup_key text constraint message_dedup_key_unique primary key,
    message_id bigint not null
);
comment on table secondline.message_key is
    'The deduplication keys of messages: the same key is the same message, until its history is removed. Written by the functions only.';
comment on column secondline.message_key.dedup_key is 'The caller''s name for the message.';
comment on column secondline.message_key.message_id is 'The message, open or in the history.';
insert into secondline.message_key (dedup_key, message_id)
select k.dedup_key, max(k.message_id)
  from (select m.dedup_key, m.message_id from secondline.message m
         union all
        select h.dedup_key, h.message_id from secondline.message_history h) k
 where k.dedup_key is not null group by k.dedup_key;

-- replaced by functions of another shape
drop trigger if exists message_new on secondline.message;
drop function if exists secondline_rules.message_is_new();
drop function if exists secondline_rules.authorise_telling();
drop function if exists secondline_rules.retire_popups(timestamptz, interval, integer);
drop function if exists secondline_rules.finish_deliveries(
    timestamptz, text, text, bigint[], integer[], secondline.delivery_outcome[], text[], boolean[], double precision[], double precision[]);
