-- Attaches a CRM that keeps requests in a table of its own. An example to be changed, not a part of Secondline: the CRM here is made up.
--     psql -X -v ON_ERROR_STOP=1 -v bridge=crm_bridge -d DATABASE -f sql/examples/attach-crm.sql
-- Needs a role that may create roles, is in secondline_owner, and owns the CRM's tables. Safe to run again.
--
--   crm.request, crm.reply ──trigger──▶ crm.to_secondline ──┐                      ┌──▶ submit_ticket, set_priority, client_replied, …
--                                                           ├─ call crm.exchange() ┤
--   secondline.journal ────trigger──▶ secondline_crm.to_crm ┘                      └──▶ crm.request: status, assignee, news
--
-- The triggers only note which row has changed, in the transaction that changed it: what is rolled back was never noted, and nobody
-- waits for, or fails with, the other side. crm.exchange() carries over what is noted, a transaction each. Some scheduler calls it:
--     * * * * *  psql -X -q -U crm_bridge -d support -c 'call crm.exchange()'            (cron, a systemd timer, pg_cron)
-- as the login crm_bridge, which is in secondline_app and nobody's here. Any number of them may run at once.
--
-- What is compared is the state now with the state that both sides know (crm.ticket_link). So a row that changed twice goes over
-- once; what came from us is no change of theirs; and an entry too many does no harm. What fails (a locked row, an unknown urgency,
-- a customer without client) stays, with the error, and is tried again: after a second, doubling up to 15 minutes; the others go on.
--     select * from crm.trouble;
--
-- With two databases crm.* stays in the CRM's and secondline_crm.to_crm in ours, and crm.exchange() becomes a small program with a
-- connection to each: read an entry, do the work on the other side and commit, then delete the entry and commit. It may die in
-- between, so the work is done at least once: a ticket is still submitted once (external_key), a state is compared before it is
-- changed; a reply is looked for in secondline.journal (event client_replied, the same note) before it is said again.

\set ON_ERROR_STOP on
\if :{?bridge}
\else
\set bridge crm_bridge
\endif
begin;
set local client_min_messages = warning;
set local lock_timeout = '10s';

-- The CRM as it was before: leave this out.
create schema if not exists crm;
create table if not exists crm.customer (
    customer_id integer primary key,
    name text not null
);
create table if not exists crm.request (
    request_id bigint generated always as identity primary key,
    customer_id integer not null references crm.customer,
    subject text not null,
    body text not null default '',
    urgency text not null default 'normal',  -- asap, soon, normal, whenever
    status text not null default 'open',     -- open, in progress, question, done, withdrawn
    assignee text,
    news text                                -- what the customer last heard from us
);
create table if not exists crm.reply (
    reply_id bigint generated always as identity primary key,
    request_id bigint not null references crm.request on delete cascade,
    text text not null
);

-- From here on: the attachment. Its tables on the side of the CRM.
create table if not exists crm.attachment (
    queue text not null,
    person_id bigint not null
);
create unique index if not exists attachment_one on crm.attachment ((true));
comment on table crm.attachment is
    'One row: the queue that gets the tickets, and in whose name the CRM acts where the client has no account manager: a head.';

create table if not exists crm.customer_client (
    customer_id integer primary key references crm.customer on delete cascade,
    client_id bigint not null
);
comment on table crm.customer_client is 'Which secondline.client a customer is.';

create table if not exists crm.ticket_link (
    request_id bigint primary key,
    ticket_id bigint unique,
    text_sum text,
    urgency text,
    status text
);
comment on table crm.ticket_link is
    'Which ticket a request has become, and what of it both sides know. Its row is the lock of whoever carries something over.';

create table if not exists crm.to_secondline (
    entry_id bigint generated always as identity primary key,
    request_id bigint not null,
    reply_id bigint,
    attempts integer not null default 0,
    retry_at timestamptz not null default clock_timestamp(),
    error text
);
create index if not exists to_secondline_request_index on crm.to_secondline (request_id);
create index if not exists to_secondline_retry_at_index on crm.to_secondline (retry_at);
comment on table crm.to_secondline is 'Requests that have changed, came or went, and replies; until Secondline has them.';

-- And on ours.
select format('create role %I login in role secondline_app', :'bridge')
 where not exists (select from pg_catalog.pg_roles where rolname = :'bridge') \gexec
create schema if not exists secondline_crm authorization secondline_owner;
set local role secondline_owner;
create table if not exists secondline_crm.to_crm (
    entry_id bigint generated always as identity primary key,
    ticket_id bigint not null,
    attempts integer not null default 0,
    retry_at timestamptz not null default clock_timestamp(),
    error text
);
create index if not exists to_crm_retry_at_index on secondline_crm.to_crm (retry_at);
comment on table secondline_crm.to_crm is 'Tickets of the CRM to which something happened, until the CRM knows.';

-- The journal has an entry for all that happens to a ticket. Its ids are no position to read from: one that was taken earlier may
-- be committed later. So a trigger, which neither waits nor fails: a row not noted is a warning in the server's log.
create or replace function secondline_crm.note_ticket() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '100ms'
as $$
begin
    insert into secondline_crm.to_crm (ticket_id)
    select distinct n.ticket_id from new_entry n join secondline.ticket t on t.ticket_id = n.ticket_id
     where t.external_key like 'crm:%';
    return null;
exception when others then
    raise warning 'the CRM does not hear of a change: %', sqlerrm
        using hint = 'Later: insert into secondline_crm.to_crm (ticket_id) select ticket_id from crm.ticket_link where ticket_id is not null.';
    return null;
end;
$$;
comment on function secondline_crm.note_ticket() is 'Trigger: notes which tickets of the CRM have changed.';
revoke execute on function secondline_crm.note_ticket() from public;
create or replace trigger crm_notes_ticket after insert on secondline.journal
    referencing new table as new_entry for each statement execute function secondline_crm.note_ticket();
reset role;

-- Whoever writes requests needs no rights of ours.
create or replace function crm.note_request() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_table_name = 'reply' then
        insert into crm.to_secondline (request_id, reply_id) values (new.request_id, new.reply_id);
    else
        insert into crm.to_secondline (request_id) values (coalesce(new.request_id, old.request_id));
    end if;
    return null;
end;
$$;
comment on function crm.note_request() is 'Trigger: notes that a request came, changed or went, or that a customer replied.';
create or replace trigger request_to_secondline after insert or delete on crm.request
    for each row execute function crm.note_request();
create or replace trigger request_change_to_secondline after update on crm.request
    for each row when ((old.customer_id, old.subject, old.body, old.urgency, old.status)
                       is distinct from (new.customer_id, new.subject, new.body, new.urgency, new.status))
    execute function crm.note_request();
create or replace trigger reply_to_secondline after insert on crm.reply for each row execute function crm.note_request();

create or replace function crm.priority_of(p_urgency text) returns secondline.priority
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
    case p_urgency
        when 'asap' then return 'urgent';
        when 'soon' then return 'high';
        when 'normal' then return 'normal';
        when 'whenever' then return 'low';
        else raise exception 'there is no urgency %', quote_literal(p_urgency) using hint = 'asap, soon, normal or whenever.';
    end case;
end;
$$;
comment on function crm.priority_of(text) is 'What an urgency of the CRM is as a priority.';

create or replace function crm.status_of(p_status secondline.ticket_status) returns text
language sql immutable
begin atomic
    select case when p_status in ('new', 'returned', 'assigned') then 'open' when p_status = 'waiting_for_client' then 'question'
                when p_status = 'resolved' then 'done' when p_status = 'cancelled' then 'withdrawn' else 'in progress' end;
end;
comment on function crm.status_of(secondline.ticket_status) is 'How the CRM calls where a ticket stands.';

-- An entry of theirs. The caller takes errors down.
create or replace function crm.tell_secondline(p_entry crm.to_secondline) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    r crm.request;
    l crm.ticket_link;
    a crm.attachment;
    v_text text;
    v_sum text;
    v_client bigint;
    v_by bigint;
    v_status secondline.ticket_status;
begin
    insert into crm.ticket_link (request_id) values (p_entry.request_id) on conflict do nothing;
    select * into l from crm.ticket_link x where x.request_id = p_entry.request_id for no key update nowait;
    select * into a from crm.attachment;
    if not found then
        raise exception 'nobody has said which queue gets the tickets' using hint = 'Add the row of crm.attachment.';
    end if;
    select * into r from crm.request x where x.request_id = p_entry.request_id;
    v_sum := md5(r.subject || E'\n' || r.body);
    select t.status, coalesce(p.person_id, a.person_id) into v_status, v_by
      from secondline.ticket t
      left join secondline.client c on c.client_id = t.client_id
      left join secondline.person p on p.person_id = c.account_manager_id and p.deactivated_at is null
     where t.ticket_id = l.ticket_id;

    if r.request_id is null then
        if v_status not in ('resolved', 'cancelled') then
            perform secondline.cancel_ticket(l.ticket_id, v_by, 'deleted in the CRM');
        end if;
        delete from crm.ticket_link x where x.request_id = p_entry.request_id;
        return;
    end if;

    if l.ticket_id is null then
        if r.status in ('done', 'withdrawn') then
            return;  -- over before we heard of it
        end if;
        select x.client_id into v_client from crm.customer_client x where x.customer_id = r.customer_id;
        if not found then
            raise exception 'nobody has said which client customer % is', r.customer_id using hint = 'Add a row to crm.customer_client.';
        end if;
        l.ticket_id := secondline.submit_ticket(
            a.queue, r.subject, r.body, crm.priority_of(r.urgency), client => v_client, external_key => 'crm:' || r.request_id);
        update crm.ticket_link x set ticket_id = l.ticket_id, text_sum = v_sum, urgency = r.urgency, status = r.status
         where x.request_id = r.request_id;
    elsif p_entry.reply_id is null then
        if v_status = 'returned' and (l.text_sum, l.urgency) is distinct from (v_sum, r.urgency) then
            perform secondline.resubmit_ticket(l.ticket_id, v_by, r.subject, r.body, crm.priority_of(r.urgency));
        else
            if l.text_sum <> v_sum then
                perform secondline.add_note(l.ticket_id, v_by, left(format(E'In the CRM it says now:\n%s\n%s', r.subject, r.body), 262144));
            end if;
            if l.urgency <> r.urgency and v_status not in ('resolved', 'cancelled') then
                perform secondline.set_priority(l.ticket_id, crm.priority_of(r.urgency), v_by);
            end if;
        end if;
        if l.status <> r.status then
            if r.status = 'withdrawn' and v_status not in ('resolved', 'cancelled') then
                perform secondline.cancel_ticket(l.ticket_id, v_by, 'withdrawn in the CRM');
            elsif r.status = 'open' and v_status = 'resolved' then
                perform secondline.reopen_ticket(l.ticket_id, v_by, 'opened again in the CRM');
            end if;
            -- whatever else they wrote there is ours to say, and put right
            insert into secondline_crm.to_crm (ticket_id) values (l.ticket_id);
        end if;
        update crm.ticket_link x set text_sum = v_sum, urgency = r.urgency, status = r.status where x.request_id = r.request_id;
    end if;

    select x.text into v_text from crm.reply x where x.reply_id = p_entry.reply_id;
    if found then
        perform secondline.client_replied(l.ticket_id, v_text);
    end if;
end;
$$;
comment on function crm.tell_secondline(crm.to_secondline) is
    'Carries an entry over: submits, completes, notes, cancels, reopens, replies. Whatever is refused is an error, and nothing is done.';

-- An entry of ours.
create or replace function crm.show_ticket(p_ticket bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    l crm.ticket_link;
    t record;
begin
    select * into l from crm.ticket_link x where x.ticket_id = p_ticket for no key update nowait;
    -- somebody of theirs may have it open for long
    perform from crm.request x where x.request_id = l.request_id for no key update nowait;
    if not found then
        return;  -- deleted
    end if;
    select crm.status_of(k.status) as status, p.full_name as assignee,
           case when k.status = 'resolved' then k.resolution else (
               select j.note from secondline.journal j
                where j.ticket_id = k.ticket_id and j.event in ('replied', 'waiting') and j.note is not null
                order by j.journal_id desc limit 1) end as news
      into t
      from secondline.ticket k left join secondline.person p on p.person_id = k.assignee_id
     where k.ticket_id = p_ticket;
    -- a status that they changed meanwhile stays until we have heard of it
    update crm.request x
       set status = case when x.status = l.status then t.status else x.status end, assignee = t.assignee, news = t.news
     where x.request_id = l.request_id
       and (x.status = l.status and x.status <> t.status or (x.assignee, x.news) is distinct from (t.assignee, t.news));
    update crm.ticket_link x set status = t.status
      from crm.request r
     where x.request_id = l.request_id and r.request_id = l.request_id and r.status = t.status and x.status <> t.status;
end;
$$;
comment on function crm.show_ticket(bigint) is 'Writes status, assignee and news of a ticket into its request, where they are others.';

create or replace function crm.retry_after(p_attempts integer) returns interval
language sql immutable
begin atomic
    select least(interval '1 second' * 2 ^ least(p_attempts, 20), interval '15 minutes');
end;
comment on function crm.retry_after(integer) is 'How long to leave an entry alone that failed, and had failed so often before.';

create or replace procedure crm.exchange(most integer default 1000)
language plpgsql
as $$
declare
    v_start timestamptz := clock_timestamp();
    o crm.to_secondline;
    c secondline_crm.to_crm;
    v_detail text;
begin
    for n in 1..most loop
        perform pg_catalog.set_config('lock_timeout', '200ms', true);
        -- replies to a request in the order in which they were given
        select * into o from crm.to_secondline x
         where x.retry_at <= v_start
           and (x.reply_id is null or not exists (
                select from crm.to_secondline e
                 where e.request_id = x.request_id and e.reply_id is not null and e.entry_id < x.entry_id))
         order by x.entry_id limit 1 for update skip locked;
        exit when not found;
        begin
            perform crm.tell_secondline(o);
            delete from crm.to_secondline x where x.entry_id = o.entry_id;
        exception when others then
            get stacked diagnostics v_detail = pg_exception_detail;
            update crm.to_secondline x
               set attempts = x.attempts + 1, error = concat_ws(E'\n', sqlerrm, nullif(v_detail, '')),
                   retry_at = clock_timestamp() + crm.retry_after(x.attempts)
             where x.entry_id = o.entry_id;
        end;
        commit;
    end loop;
    -- what the first loop did is shown at once
    v_start := clock_timestamp();
    for n in 1..most loop
        perform pg_catalog.set_config('lock_timeout', '200ms', true);
        select * into c from secondline_crm.to_crm x
         where x.retry_at <= v_start order by x.entry_id limit 1 for update skip locked;
        exit when not found;
        begin
            perform crm.show_ticket(c.ticket_id);
            delete from secondline_crm.to_crm x where x.entry_id = c.entry_id;
        exception when others then
            update secondline_crm.to_crm x
               set attempts = x.attempts + 1, error = sqlerrm, retry_at = clock_timestamp() + crm.retry_after(x.attempts)
             where x.entry_id = c.entry_id;
        end;
        commit;
    end loop;
end;
$$;
comment on procedure crm.exchange(integer) is
    'Carries over what has changed on either side, at most so many entries each way, a transaction each. Call it alone, not within a transaction.';

create or replace view crm.trouble as
select 'to Secondline' as direction, o.request_id, o.error, o.attempts, o.retry_at from crm.to_secondline o where o.attempts > 0
union all
select 'to the CRM', l.request_id, c.error, c.attempts, c.retry_at
  from secondline_crm.to_crm c left join crm.ticket_link l on l.ticket_id = c.ticket_id where c.attempts > 0;
comment on view crm.trouble is 'What could not be carried over, why, and when it is tried again.';

-- What the bridge may do, and no more.
grant usage on schema secondline_crm, crm to :"bridge";
grant select, insert, update, delete on secondline_crm.to_crm, crm.to_secondline, crm.ticket_link to :"bridge";
grant select on crm.request, crm.reply, crm.customer_client, crm.attachment, crm.trouble to :"bridge";
grant update (status, assignee, news) on crm.request to :"bridge";
revoke execute on function crm.tell_secondline(crm.to_secondline), crm.show_ticket(bigint), crm.note_request() from public;
revoke execute on procedure crm.exchange(integer) from public;
grant execute on function crm.tell_secondline(crm.to_secondline), crm.show_ticket(bigint) to :"bridge";
grant execute on procedure crm.exchange(integer) to :"bridge";
commit;

-- Then, once: where the tickets go, who the customers are, and what is open already.
--     insert into crm.attachment (queue, person_id) values ('support', 1);
--     insert into crm.customer_client (customer_id, client_id) values (7, 1);
--     insert into crm.to_secondline (request_id) select request_id from crm.request where status not in ('done', 'withdrawn');
