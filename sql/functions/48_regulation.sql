-- The regulation: how colleagues must word a ticket. It binds them, not clients.

create or replace function secondline_rules.broken_rule(p_ticket secondline.ticket, p_locale text)
returns table (rule text, explanation text)
language sql stable
begin atomic
    with given as (
        select r.*, p_ticket.description as description, p_locale ~ '^ru' as is_russian,
               left(p_ticket.title || E'\n' || coalesce(p_ticket.description, ''), 10000) as words
          from secondline.regulation r where r.queue = p_ticket.queue
    )
    select 'kind', case when g.is_russian then 'Сюда относятся только заявки видов: ' || array_to_string(g.kinds, ', ') || '.'
                        else 'Only these kinds belong here: ' || array_to_string(g.kinds, ', ') || '.' end
      from given g where coalesce(p_ticket.kind, 'question') <> all (g.kinds)
    union all
    select 'description_length',
           case when g.is_russian then format('Описание короче %s знаков: что вы делали, что ожидали и что вышло?', g.description_length)
                else format('The description has fewer than %s characters: what was done, what was expected, what happened?', g.description_length) end
      from given g where length(btrim(coalesce(g.description, ''))) < g.description_length
    union all
    select 'priority', case when g.is_russian then 'Выберите приоритет.' else 'Choose a priority.' end
      from given g where g.needs_priority and p_ticket.priority is null
    union all
    select 'missing_' || f.field, case when g.is_russian then 'Не указано: ' || f.field || '.' else 'Missing: ' || f.field || '.' end
      from given g cross join unnest(g.fields) f (field)
     where case f.field when 'client' then p_ticket.client_id is null
                        when 'effort' then p_ticket.effort_minutes is null or f.field = any (p_ticket.unsaid)
                        when 'skill' then p_ticket.skill is null or f.field = any (p_ticket.unsaid)
                        else coalesce(p_ticket.description, '') !~ E'\\S' end
    union all
    select 'topic', case when g.is_russian then 'Этому здесь не место: ' || t.belongs_to else 'This belongs elsewhere: ' || t.belongs_to end
      from given g join secondline.misplaced_topic t on t.queue = g.queue
     where g.words ~* t.pattern;
end;
comment on function secondline_rules.broken_rule(secondline.ticket, text) is
    'Which rules of its queue''s regulation a ticket breaks, with an explanation in this language (Russian, or else English).';

create or replace function secondline_rules.explain_return(p_ticket secondline.ticket, p_person bigint) returns text
language sql stable
begin atomic
    select string_agg('• ' || b.explanation, E'\n')
      from secondline_rules.reader(p_person, null, null) r cross join lateral secondline_rules.broken_rule(p_ticket, r.locale) b;
end;
comment on function secondline_rules.explain_return(secondline.ticket, bigint) is 'Why a ticket goes back, in the words of whoever is to complete it.';

create or replace function secondline_rules.tell_of_return(p_at timestamptz, p_ticket secondline.ticket) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    -- many rules make many words
    v_reasons text := left(coalesce(secondline_rules.explain_return(p_ticket, p_ticket.returned_to), ''), 8000);
begin
    insert into secondline.journal (ticket_id, at, event, person_id, from_status, to_status, note)
    values (p_ticket.ticket_id, p_at, 'returned', p_ticket.returned_to, 'new', 'returned', v_reasons);
    perform secondline_rules.send(
        p_at, 'ticket.returned', p_ticket.returned_to, null, null,
        jsonb_build_object('ticket', p_ticket.ticket_id, 'title', p_ticket.title, 'reasons', left(v_reasons, 8000)));
end;
$$;
comment on function secondline_rules.tell_of_return(timestamptz, secondline.ticket) is 'Journals that a ticket goes back, and tells whoever is to complete it why.';

create or replace function secondline_rules.resubmit(
    p_at timestamptz, p_ticket bigint, p_person bigint, p_title text, p_description text, p_priority secondline.priority,
    p_kind secondline.ticket_kind, p_queue text, p_client bigint, p_effort_minutes integer, p_skill text
) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    t secondline.ticket;
    v_reasons text;
begin
    perform secondline_rules.lock_ticket(p_ticket);
    select * into t from secondline.ticket x where x.ticket_id = p_ticket;
    if t.returned_to is distinct from p_person then
        t := secondline_rules.steered_ticket(p_ticket, p_person, 'resubmit');
    end if;
    perform secondline_rules.step(t, 'resubmit');
    if p_queue is not null then
        perform secondline_rules.require_queue(p_queue);
    end if;
    perform secondline_rules.require_client(p_client);
    t.title := secondline_rules.require_line(coalesce(p_title, t.title), 'title', 500);
    t.description := secondline_rules.require_printable(
        secondline_rules.require_length(coalesce(p_description, t.description), 'description', 262144), 'description');
    t.priority := coalesce(p_priority, t.priority);
    t.kind := coalesce(p_kind, t.kind);
    t.queue := coalesce(p_queue, t.queue);
    t.client_id := coalesce(p_client, t.client_id);
    if p_effort_minutes is not null then
        t.effort_minutes := p_effort_minutes;
        t.unsaid := array_remove(t.unsaid, 'effort');
    end if;
    if p_skill is not null then
        t.skill := p_skill;
        t.unsaid := array_remove(t.unsaid, 'skill');
    end if;
    v_reasons := secondline_rules.explain_return(t, p_person);
    if v_reasons is not null then
        raise exception 'ticket % still breaks the regulation of queue %', p_ticket, t.queue
            using errcode = 'SL007', detail = v_reasons, hint = 'secondline.check_ticket says so before it is sent.';
    end if;
    update secondline.ticket x
       set title = t.title, description = t.description, priority = t.priority, kind = t.kind, queue = t.queue, client_id = t.client_id,
           client_waits_since = coalesce(x.client_waits_since, case when t.client_id is not null then x.submitted_at end),
           effort_minutes = case when 'effort' = any (t.unsaid) then q.effort_minutes else t.effort_minutes end,
           skill = case when 'skill' = any (t.unsaid) then q.required_skill else t.skill end, eligible_at = p_at,
           declined_by = null, passed_by = null
      from secondline.queue q
     where x.ticket_id = p_ticket and q.name = t.queue;
    perform secondline_rules.take_step(p_at, t, 'resubmit', null, p_person);
    perform secondline_rules.hint();
end;
$$;
comment on function secondline_rules.resubmit(
    timestamptz, bigint, bigint, text, text, secondline.priority, secondline.ticket_kind, text, bigint, integer, text
) is 'secondline.resubmit_ticket at an instant.';
