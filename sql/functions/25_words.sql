-- The words of messages: who reads, in which language, and what a template makes of the data.

create or replace function secondline_rules.reader(p_person bigint, p_team bigint, p_client bigint)
returns table (name text, locale text, time_zone text)
language sql stable
begin atomic
    select coalesce(p.full_name, c.name, t.name),
           coalesce(p.locale, c.locale, t.locale, 'en'), coalesce(p.time_zone, t.time_zone, 'UTC')
      from (values (p_person, p_team, p_client)) r (person_id, team_id, client_id)
      left join secondline.person p on p.person_id = r.person_id
      left join secondline.client c on c.client_id = r.client_id
      left join secondline.person m on m.person_id = c.account_manager_id
      left join secondline.team t on t.team_id = coalesce(p.team_id, m.team_id, r.team_id)
     where coalesce(p.person_id, c.client_id, t.team_id) is not null;
end;
comment on function secondline_rules.reader(bigint, bigint, bigint) is
    'Name, language and time zone of a person, a team or a client; a client''s time zone is that of the account manager''s team.';

create or replace function secondline_rules.time_text(p_instant timestamptz, p_locale text, p_zone text) returns text
language sql stable
begin atomic
    select to_char(p_instant at time zone p_zone,
                   case split_part(p_locale, '_', 1)
                       when 'en' then 'FMDD Mon YYYY, HH24:MI'
                       when 'ru' then 'DD.MM.YYYY HH24:MI'
                       else 'YYYY-MM-DD HH24:MI' end);
end;
comment on function secondline_rules.time_text(timestamptz, text, text) is 'An instant as people who read this language write it, in this time zone.';

create or replace function secondline_rules.day_text(p_text text, p_locale text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if p_text !~ E'^\\d{4}-\\d\\d-\\d\\d$' then
        return p_text;
    end if;
    return to_char(p_text::date, case split_part(p_locale, '_', 1) when 'en' then 'FMDD Mon YYYY' when 'ru' then 'DD.MM.YYYY'
                                                                   else 'YYYY-MM-DD' end);
exception
    when data_exception then
        return p_text;
end;
$$;
comment on function secondline_rules.day_text(text, text) is
    'A day as people who read this language write it; what is no day stays as it is: one bad row must not stop a channel.';

create or replace function secondline_rules.instant(p_text text) returns timestamptz
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    -- with its offset, and no words such as now: it says the same in every session
    return case when p_text ~ E'^\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,6})?)? ?(Z|[+-]\\d\\d(:?\\d\\d)?)$' then p_text::timestamptz end;
exception
    when data_exception then
        return null;
end;
$$;
comment on function secondline_rules.instant(text) is 'The instant that a text says, or null when it says none: one bad row must not stop a channel.';

create or replace function secondline_rules.field_text(p_field text, p_data jsonb, p_name text, p_locale text, p_zone text) returns text
language sql stable
begin atomic
    select coalesce(case when p_field = 'name' then p_name
                         when p_field ~ '(^|_)day$' then secondline_rules.day_text(p_data ->> p_field, p_locale)
                         when p_field like E'%\\_at' then secondline_rules.time_text(secondline_rules.instant(p_data ->> p_field), p_locale, p_zone)
                         else p_data ->> p_field end,
                    case when p_field <> 'starts_at' then '—' when p_locale ~ '^ru' then 'пока неизвестно' else 'not known yet' end);
end;
comment on function secondline_rules.field_text(text, jsonb, text, text, text) is
    'What stands for a field of a template: the reader''s name, an instant in their words, or the data''s text; a dash, or that it is not known yet, where there is none.';

-- Inlined where it is used: one plan for a whole batch.
create or replace function secondline_rules.render(
    p_kind text, p_data jsonb, p_person bigint, p_team bigint, p_client bigint
) returns table (name text, locale text, subject text, text text)
language sql stable
begin atomic
    select r.name, r.locale,
           -- one line, whatever a ticket's author wrote
           left(regexp_replace(
               format(t.subject_format, variadic array(
                   select secondline_rules.field_text(f, p_data, r.name, r.locale, r.time_zone) from unnest(t.subject_fields) f)),
               E'[\\u0001-\\u001F\\u007F-\\u009F\\u2028\\u2029]+', ' ', 'g'), 250),
           left(regexp_replace(
               format(t.text_format, variadic array(
                   select secondline_rules.field_text(f, p_data, r.name, r.locale, r.time_zone) from unnest(t.text_fields) f)),
               E'[\\u0001-\\u0008\\u000B-\\u001F\\u007F-\\u009F]', ' ', 'g'), 100000)
      from secondline_rules.reader(p_person, p_team, p_client) r
     cross join lateral (
           select x.subject_format, x.subject_fields, x.text_format, x.text_fields from secondline.template x
            where x.kind = p_kind and x.locale in (r.locale, split_part(r.locale, '_', 1), 'en')
            order by x.locale = r.locale desc, x.locale <> 'en' desc limit 1) t;
end;
comment on function secondline_rules.render(text, jsonb, bigint, bigint, bigint) is
    'The words of a message for its reader. A language without translation falls back: pt_BR to pt, pt to en.';

create or replace function secondline_rules.compile_template() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_fields text[] := array_prepend('name', (select k.fields from secondline.message_kind k where k.kind = new.kind));
    v_wrong text;
begin
    select m.match[1] into v_wrong
      from regexp_matches(new.subject || E'\n' || new.text, E'\\{([^{}]*)\\}|[{}]', 'g') m (match)
     where m.match[1] is null or m.match[1] <> all (v_fields) limit 1;
    if found then
        raise exception '%', case when v_wrong is null then 'a brace { or } stands alone'
                                  else format('messages of kind %s have no field {%s}', new.kind, v_wrong) end
            using errcode = 'invalid_parameter_value',
                  hint = format('Fields of this kind: {%s}.', array_to_string(v_fields, '}, {'));
    end if;
    new.subject_format := regexp_replace(replace(new.subject, '%', '%%'), E'\\{[a-z_]+\\}', '%s', 'g');
    new.subject_fields := array(select m.match[1] from regexp_matches(new.subject, E'\\{([a-z_]+)\\}', 'g') m (match));
    new.text_format := regexp_replace(replace(new.text, '%', '%%'), E'\\{[a-z_]+\\}', '%s', 'g');
    new.text_fields := array(select m.match[1] from regexp_matches(new.text, E'\\{([a-z_]+)\\}', 'g') m (match));
    return new;
end;
$$;
comment on function secondline_rules.compile_template() is
    'Trigger: refuses fields that the kind does not have, and prepares the template for format().';

create or replace trigger template_compile before insert or update on secondline.template
    for each row execute function secondline_rules.compile_template();

-- What there is to tell. A kind is added here, with its words in every language that we speak.
insert into secondline.message_kind (kind, severity, ends_with, fields) values
    ('note', 'normal', 'never', '{text}'),
    ('ticket.offered', 'normal', 'offer', '{ticket,title,queue,priority,client}'),
    ('message.unacknowledged', 'urgent', 'never', '{person,subject,text,sent_at}'),
    ('ticket.returned', 'normal', 'returned', '{ticket,title,reasons}'),
    ('ticket.reopened', 'high', 'ticket', '{ticket,title,text}'),
    ('client.question', 'normal', 'ticket', '{ticket,title,text}'),
    ('client.replied', 'normal', 'ticket', '{ticket,title,text}'),
    ('client.reminder', 'normal', 'ticket', '{ticket,title,text}'),
    ('client.unanswered', 'normal', 'never', '{ticket,title}'),
    ('response.due', 'high', 'response', '{ticket,title,due_at}'),
    ('resolution.due', 'high', 'ticket', '{ticket,title,due_at}'),
    ('ticket.stalled', 'normal', 'stalled', '{ticket,title,since_at}'),
    ('ticket.difficulty', 'high', 'ticket', '{ticket,title,person,text}'),
    ('alert.response_breach', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.resolution_breach', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.stalled_alert', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.untouched', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.declined', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.bouncing', 'high', 'alert', '{ticket,title,queue,person,since_at,reason}'),
    ('alert.many', 'high', 'never', '{count,tickets}'),
    ('client.received', 'low', 'ticket', '{ticket,title,starts_at}'),
    ('client.estimate', 'low', 'ticket', '{ticket,title,starts_at}'),
    ('client.taken', 'low', 'ticket', '{ticket,title,person}'),
    ('client.solved', 'normal', 'never', '{ticket,title,text}'),
    ('client.reopened', 'low', 'ticket', '{ticket,title}'),
    ('client.cancelled', 'normal', 'never', '{ticket,title}'),
    ('client.progress', 'normal', 'ticket', '{ticket,title}'),
    ('escalation.opened', 'normal', 'ticket', '{escalation,ticket,title,rule,text}'),
    ('escalation.proposed', 'high', 'proposal', '{escalation,ticket,title,rule,answer_at}'),
    ('escalation.progress', 'normal', 'ticket', '{escalation,ticket,title,from,text}'),
    ('escalation.asked', 'high', 'ticket', '{escalation,ticket,title,from,text}'),
    ('escalation.answered', 'normal', 'ticket', '{escalation,ticket,title,from,text}'),
    ('escalation.finished', 'high', 'ticket', '{escalation,ticket,title,from,outcome,text}'),
    ('escalation.sent_back', 'high', 'ticket', '{escalation,ticket,title,from,text}'),
    ('escalation.withdrawn', 'high', 'ticket', '{escalation,ticket,title,from,text}'),
    ('escalation.unwanted', 'normal', 'ticket', '{escalation,ticket,title}'),
    ('escalation.control', 'normal', 'ticket', '{escalation,ticket,title}'),
    ('suggestion.declined', 'normal', 'never', '{ticket,title,text}'),
    ('workday.unseen', 'normal', 'start', '{day,shift_starts_at}'),
    ('workday.no_show', 'high', 'start', '{person,day,shift_starts_at}'),
    ('plan.reminder', 'normal', 'plan', '{day,tasks,tickets}'),
    ('report.reminder', 'normal', 'report', '{day,tasks,shift_ends_at}'),
    ('workday.unreported', 'normal', 'report', '{person,day,tasks,shift_ends_at}'),
    ('standup.agenda', 'normal', 'never', '{team,day,starts_at,round,blockers,shared,plans,absent,stalled,suggestions,items}'),
    ('praise', 'normal', 'never', '{from,text}'),
    ('praise.shared', 'normal', 'never', '{from,to,text}'),
    ('absence.recorded', 'normal', 'never', '{person,kind,first_day,last_day}'),
    ('remark', 'normal', 'never', '{from,what_happened,how_better,why_it_matters}')
on conflict (kind) do update
   set severity = excluded.severity, ends_with = excluded.ends_with, fields = excluded.fields;

insert into secondline.template as t (kind, locale, subject, text, delivered_subject, delivered_text)
select d.kind, d.locale, d.subject, d.text, d.subject, d.text from (values
    ('note', 'en', 'A note for you', '{text}'),
    ('note', 'ru', 'Сообщение для вас', '{text}'),
    ('ticket.offered', 'en', 'Ticket {ticket} is yours: {title}',
     E'Ticket {ticket} has been given to you: {title}\nClient: {client}. Queue: {queue}.'),
    ('ticket.offered', 'ru', 'Вам назначена заявка {ticket}: {title}',
     E'Вам назначена заявка {ticket}: {title}\nКлиент: {client}. Очередь: {queue}.'),
    ('message.unacknowledged', 'en', '{person} has not seen: {subject}',
     E'{person} has not acknowledged an urgent message of {sent_at}:\n\n{subject}\n{text}'),
    ('message.unacknowledged', 'ru', 'Не прочитано ({person}): {subject}',
     E'{person} не подтверждает срочное сообщение от {sent_at}:\n\n{subject}\n{text}'),
    ('ticket.returned', 'en', 'Ticket {ticket} needs more: {title}', E'Before somebody can work on ticket {ticket} ({title}):\n{reasons}'),
    ('ticket.returned', 'ru', 'Дополните заявку {ticket}: {title}', E'Прежде чем взять заявку {ticket} в работу ({title}), нужно:\n{reasons}'),
    ('ticket.reopened', 'en', 'Ticket {ticket} is open again: {title}', '{text}'),
    ('ticket.reopened', 'ru', 'Заявка {ticket} снова открыта: {title}', '{text}'),
    ('client.question', 'en', 'A question about your request {ticket}: {title}', '{text}'),
    ('client.question', 'ru', 'Вопрос по вашей заявке {ticket}: {title}', '{text}'),
    ('client.replied', 'en', 'The client has answered: {title} ({ticket})', '{text}'),
    ('client.replied', 'ru', 'Клиент ответил: {title} ({ticket})', '{text}'),
    ('client.reminder', 'en', 'Your answer is needed for your request {ticket}: {title}', E'We cannot go on without your answer:\n\n{text}'),
    ('client.reminder', 'ru', 'Ждём вашего ответа по заявке {ticket}: {title}', E'Без вашего ответа мы не можем продолжить:\n\n{text}'),
    ('client.unanswered', 'en', 'Your request {ticket} is closed: {title}', 'We have had no answer. Should it still matter, answer, and we go on.'),
    ('client.unanswered', 'ru', 'Ваша заявка {ticket} закрыта: {title}', 'Мы не получили ответа. Если вопрос ещё важен, ответьте, и мы продолжим.'),
    ('response.due', 'en', 'The client waits: {title} ({ticket})', 'Ticket {ticket} should have an answer by {due_at}.'),
    ('response.due', 'ru', 'Клиент ждёт ответа: {title} ({ticket})', 'По заявке {ticket} нужно ответить до {due_at}.'),
    ('resolution.due', 'en', 'To be solved soon: {title} ({ticket})', 'Ticket {ticket} should be solved by {due_at}.'),
    ('resolution.due', 'ru', 'Пора решить: {title} ({ticket})', 'Заявку {ticket} нужно решить до {due_at}.'),
    ('ticket.stalled', 'en', 'Is there a difficulty? {title} ({ticket})',
     'Nothing has happened on ticket {ticket} since {since_at}. If something is in the way, say so: your team helps.'),
    ('ticket.stalled', 'ru', 'Есть трудности? {title} ({ticket})',
     'По заявке {ticket} ничего не происходит с {since_at}. Если что-то мешает, скажите: команда поможет.'),
    ('ticket.difficulty', 'en', '{person} asks for help: {title} ({ticket})', '{text}'),
    ('ticket.difficulty', 'ru', 'Нужна помощь ({person}): {title} ({ticket})', '{text}'),
    ('alert.response_breach', 'en', 'A client waits too long: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.response_breach', 'ru', 'Слишком долго ждут ответа: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.resolution_breach', 'en', 'A ticket is not solved in time: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.resolution_breach', 'ru', 'Заявка не решена в срок: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.stalled_alert', 'en', 'Nothing happens: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.stalled_alert', 'ru', 'Ничего не происходит: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.untouched', 'en', 'Nobody takes it up: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.untouched', 'ru', 'Никто не берёт в работу: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.declined', 'en', 'Everybody has declined: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.declined', 'ru', 'Все отказались: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.bouncing', 'en', 'From hand to hand: {title} ({ticket})', E'Ticket {ticket} in queue {queue}: {title}\nSince: {since_at}. Who has it: {person}.\n{reason}'),
    ('alert.bouncing', 'ru', 'Переходит из рук в руки: {title} ({ticket})', E'Заявка {ticket}, очередь {queue}: {title}\nС {since_at}. Исполнитель: {person}.\n{reason}'),
    ('alert.many', 'en', '{count} tickets need you', E'Not in time, or stuck ({count}):\n{tickets}'),
    ('alert.many', 'ru', 'Заявки, требующие внимания: {count}', E'Просрочены или застряли ({count}):\n{tickets}'),
    ('client.received', 'en', 'We have your request {ticket}: {title}', 'We have received your request {ticket}. Work on it should start: {starts_at}.'),
    ('client.received', 'ru', 'Мы получили вашу заявку {ticket}: {title}', 'Мы получили вашу заявку {ticket}. Начало работы, ориентировочно: {starts_at}.'),
    ('client.estimate', 'en', 'Your request {ticket} has a new time: {title}', 'Work on your request {ticket} should now start: {starts_at}.'),
    ('client.estimate', 'ru', 'Новый срок по вашей заявке {ticket}: {title}', 'Начало работы по вашей заявке {ticket} теперь ориентировочно: {starts_at}.'),
    ('client.taken', 'en', '{person} works on your request {ticket}: {title}', 'Your request {ticket} is now with {person}.'),
    ('client.taken', 'ru', 'Вашей заявкой {ticket} занимается {person}: {title}', 'Ваша заявка {ticket} в работе, ею занимается {person}.'),
    ('client.solved', 'en', 'Your request {ticket} is solved: {title}', E'{text}\n\nIf it is not, answer us, and we take it up again.'),
    ('client.solved', 'ru', 'Ваша заявка {ticket} решена: {title}', E'{text}\n\nЕсли вопрос остался, ответьте нам, и мы вернёмся к заявке.'),
    ('client.reopened', 'en', 'Your request {ticket} is open again: {title}', 'We work on your request {ticket} again.'),
    ('client.reopened', 'ru', 'Ваша заявка {ticket} снова открыта: {title}', 'Мы снова работаем над вашей заявкой {ticket}.'),
    ('client.cancelled', 'en', 'Your request {ticket} was cancelled: {title}', 'Your request {ticket} was cancelled. If you did not expect that, ask us.'),
    ('client.cancelled', 'ru', 'Ваша заявка {ticket} отменена: {title}', 'Ваша заявка {ticket} отменена. Если это неожиданно для вас, спросите нас.'),
    ('client.progress', 'en', 'News of your request {ticket}: {title}', 'Our developers have looked into it. We check what they found and come back to you.'),
    ('client.progress', 'ru', 'Новости по вашей заявке {ticket}: {title}', 'Разработчики её рассмотрели. Мы проверяем результат и вернёмся к вам.'),
    ('escalation.opened', 'en', 'Ticket {ticket} is with the developers: {title}', E'{text}

Escalation {escalation}, by the rule: {rule}. The ticket stays yours.'),
    ('escalation.opened', 'ru', 'Заявка {ticket} у разработчиков: {title}', E'{text}

Эскалация {escalation}, правило: {rule}. Заявка остаётся вашей.'),
    ('escalation.proposed', 'en', 'Bring in developers for ticket {ticket}? {title}', 'By the rule "{rule}" it goes to the developers at {answer_at}, unless you refuse escalation {escalation} with a reason.'),
    ('escalation.proposed', 'ru', 'Передать разработчикам заявку {ticket}? {title}', 'По правилу «{rule}» она уйдёт разработчикам {answer_at}, если вы не откажетесь от эскалации {escalation} с объяснением.'),
    ('escalation.progress', 'en', 'From the developers: {title} ({ticket})', E'{from}, escalation {escalation}:
{text}'),
    ('escalation.progress', 'ru', 'От разработчиков: {title} ({ticket})', E'{from}, эскалация {escalation}:
{text}'),
    ('escalation.asked', 'en', '{from} asks about ticket {ticket}: {title}', E'{text}

Answer to escalation {escalation}.'),
    ('escalation.asked', 'ru', '{from}, вопрос по заявке {ticket}: {title}', E'{text}

Ответьте в эскалации {escalation}.'),
    ('escalation.answered', 'en', '{from} answers: {title} ({ticket})', E'{text}

Escalation {escalation}.'),
    ('escalation.answered', 'ru', '{from}, ответ: {title} ({ticket})', E'{text}

Эскалация {escalation}.'),
    ('escalation.finished', 'en', 'The developers are done with ticket {ticket}: {title}', E'{from}, {outcome}: {text}

Verify it, and confirm it or send escalation {escalation} back.'),
    ('escalation.finished', 'ru', 'Разработчики закончили с заявкой {ticket}: {title}', E'{from}, {outcome}: {text}

Проверьте: подтвердите или верните эскалацию {escalation}.'),
    ('escalation.sent_back', 'en', 'Sent back: {title} ({ticket})', E'{from}, escalation {escalation}: {text}'),
    ('escalation.sent_back', 'ru', 'Возвращено: {title} ({ticket})', E'{from}, эскалация {escalation}: {text}'),
    ('escalation.withdrawn', 'en', 'No developers any more for ticket {ticket}: {title}', E'{from} has ended escalation {escalation}: {text}'),
    ('escalation.withdrawn', 'ru', 'Разработчики больше не заняты заявкой {ticket}: {title}', E'Эскалация {escalation} прекращена ({from}): {text}'),
    ('escalation.unwanted', 'en', 'Nobody waits for ticket {ticket} any more: {title}', 'The tickets of escalation {escalation} have ended.'),
    ('escalation.unwanted', 'ru', 'Заявку {ticket} больше никто не ждёт: {title}', 'Заявки эскалации {escalation} закрыты.'),
    ('escalation.control', 'en', 'No news from the developers: {title} ({ticket})', 'A day has passed without news of escalation {escalation}. Ask how it stands.'),
    ('escalation.control', 'ru', 'Нет новостей от разработчиков: {title} ({ticket})', 'Прошёл день без новостей по эскалации {escalation}. Узнайте, как дела.'),
    ('suggestion.declined', 'en', 'Your suggestion {ticket}: {title}', E'Thank you for it. We have decided not to build it:
{text}'),
    ('suggestion.declined', 'ru', 'Ваше предложение {ticket}: {title}', E'Спасибо за него. Мы решили этого не делать:
{text}'),
    ('workday.unseen', 'en', 'Your shift has begun', 'Your shift began at {shift_starts_at}. Start your workday, or tell your head that you are away.'),
    ('workday.unseen', 'ru', 'Ваша смена началась',
     'Ваша смена началась {shift_starts_at}. Начните рабочий день или сообщите руководителю, что вас не будет.'),
    ('workday.no_show', 'en', '{person} has not started', 'The shift of {person} began at {shift_starts_at}, and nobody has seen them since.'),
    ('workday.no_show', 'ru', 'Нет на месте: {person}', 'Смена началась {shift_starts_at}, рабочий день не начат: {person}.'),
    ('plan.reminder', 'en', 'What will you do today?', E'Plan your day.\n\nTickets in your hands:\n{tickets}'),
    ('plan.reminder', 'ru', 'Что вы сделаете сегодня?', E'Составьте план дня.\n\nЗаявки в работе:\n{tickets}'),
    ('report.reminder', 'en', 'The report of {day}',
     E'The day of {day} ends with a report: how each task of the plan went, what worked and what did not.\n\nTasks without outcome:\n{tasks}'),
    ('report.reminder', 'ru', 'Отчёт за {day}',
     E'День {day} заканчивается отчётом: как прошла каждая задача плана, что получилось и что нет.\n\nЗадачи без итога:\n{tasks}'),
    ('workday.unreported', 'en', '{person} has not reported', E'The shift of {person} ended at {shift_ends_at}, and the report of {day} is missing.'),
    ('workday.unreported', 'ru', 'Нет отчёта: {person}', E'Смена закончилась {shift_ends_at}, отчёта за {day} нет: {person}.'),
    ('standup.agenda', 'en', 'Stand-up at {starts_at}',
     E'A personal round: how is everybody?\n{round}\n\nWhat is in the way:\n{blockers}\n\nShared from the last day:\n{shared}\n\nToday:\n{plans}\n\nAway: {absent}\n\nNothing has happened on:\n{stalled}\n\nSuggestions:\n{suggestions}\n\nOn the agenda:\n{items}'),
    ('standup.agenda', 'ru', 'Планёрка: {starts_at}',
     E'Личный круг: как у всех дела?\n{round}\n\nЧто мешает:\n{blockers}\n\nЧем поделились:\n{shared}\n\nСегодня:\n{plans}\n\nОтсутствуют: {absent}\n\nБез движения:\n{stalled}\n\nПредложения:\n{suggestions}\n\nВ повестке:\n{items}'),
    ('praise', 'en', '{from} praises you', '{text}'),
    ('praise', 'ru', 'Вас хвалит {from}', '{text}'),
    ('praise.shared', 'en', '{from} praises {to}', '{text}'),
    ('praise.shared', 'ru', '{from} хвалит: {to}', '{text}'),
    ('absence.recorded', 'en', '{person} will be away: {kind}', 'From {first_day} to {last_day}.'),
    ('absence.recorded', 'ru', 'Отсутствие: {person} ({kind})', 'С {first_day} по {last_day}.'),
    ('remark', 'en', 'A remark from {from}', E'What happened: {what_happened}\n\nHow to do it better: {how_better}\n\nWhy it matters: {why_it_matters}'),
    ('remark', 'ru', 'Замечание: {from}', E'Что произошло: {what_happened}\n\nКак сделать лучше: {how_better}\n\nПочему это важно: {why_it_matters}')) d (kind, locale, subject, text)
on conflict (kind, locale) do update
   set subject = case when t.edited_at is null then excluded.subject else t.subject end,
       text = case when t.edited_at is null then excluded.text else t.text end,
       delivered_subject = excluded.subject, delivered_text = excluded.text
 where (t.delivered_subject, t.delivered_text) is distinct from (excluded.subject, excluded.text)
    or t.edited_at is null and (t.subject, t.text) is distinct from (excluded.subject, excluded.text);
