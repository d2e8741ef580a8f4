-- Alerts: what the head must know of. Nobody acknowledges it: the deputy hears of it, then the team.
--
--   head ── acknowledge_within ──▶ deputy ── acknowledge_within ──▶ team          any ── acknowledge ──▶ acknowledged
--   acknowledged, and after a business day it still holds ──▶ head                 any ── its matter is settled ──▶ ended

create or replace function secondline_rules.is_alert(p_alarm text) returns boolean
language sql immutable
begin atomic
    select p_alarm in ('response_breach', 'resolution_breach', 'stalled_alert', 'untouched', 'declined', 'bouncing');
end;
comment on function secondline_rules.is_alert(text) is 'Whether the head hears of it when this clock rings.';

create or replace function secondline_rules.team_of(p_ticket secondline.ticket) returns bigint
language sql stable
begin atomic
    select coalesce((select q.team_id from secondline.queue q where q.name = p_ticket.queue),
                    (select p.team_id from secondline.person p where p.person_id = p_ticket.assignee_id),
                    (select min(p.team_id) from secondline.queue_member m join secondline.person p on p.person_id = m.person_id
                      where m.queue = p_ticket.queue and p.deactivated_at is null),
                    (select min(t.team_id) from secondline.team t));
end;
comment on function secondline_rules.team_of(secondline.ticket) is
    'Whose head hears of a ticket: the team of its queue, or else of who has it, or of its members; where there is none, the first team: nothing goes nowhere.';

create or replace function secondline_rules.waits_for(p_ticket secondline.ticket) returns text
language sql stable
begin atomic
    select b.reason from secondline.blocker b
     where p_ticket.status = 'new' and b.ended_at is null
       and (b.ticket_id = p_ticket.ticket_id
            or b.ticket_id is null and b.queue = p_ticket.queue and coalesce(b.skill, '') = coalesce(p_ticket.skill, ''))
     order by b.ticket_id nulls last limit 1;
end;
comment on function secondline_rules.waits_for(secondline.ticket) is 'The code of what a waiting ticket waits for; null when it does not wait, or nobody knows yet.';

create or replace function secondline_rules.reason_text(p_reason text, p_locale text) returns text
language sql immutable
begin atomic
    select case when p_locale ~ '^ru' then d.ru else d.en end
      from (values
           ('queue_paused', 'The queue is paused. Resume it with resume_queue().', 'Очередь остановлена. Запустите её: resume_queue().'),
           ('no_members', 'Nobody works on the queue. Add somebody with add_member(), or move the ticket.',
            'В очереди никого нет. Добавьте людей (add_member) или перенесите заявку.'),
           ('left', 'All who worked on the queue have left. Add somebody with add_member().', 'Все сотрудники очереди уволились. Добавьте людей (add_member).'),
           ('lacks_skill', 'Nobody who is there has the skill. Grant it with grant_skill(), or move the ticket.',
            'Нет никого с нужным навыком. Добавьте навык (grant_skill) или перенесите заявку.'),
           ('not_at_work', 'Nobody is at work. Ask somebody to start, or move the ticket.', 'Никто не на работе. Попросите кого-нибудь начать день или перенесите заявку.'),
           ('paused', 'Everybody takes a break.', 'У всех перерыв.'),
           ('absent', 'Everybody is away.', 'Все отсутствуют.'),
           ('shift_ending', 'The shifts are about to end. Give it to somebody by hand with reassign_ticket().', 'Смены заканчиваются. Назначьте вручную: reassign_ticket().'),
           ('no_room', 'Everybody is full. Give it to somebody by hand with reassign_ticket(), or raise a capacity.',
            'Все заняты. Назначьте вручную (reassign_ticket) или увеличьте нагрузку (set_capacity).'),
           ('fair_limit', 'Everybody has had as many as the fair limit allows.', 'У всех исчерпан лимит заявок.'),
           ('declined', 'All who could take it have declined it. Give it to somebody by hand with reassign_ticket(), or move it.',
            'Все отказались. Назначьте вручную (reassign_ticket) или перенесите заявку.'),
           ('reserving', 'It is large: somebody is kept free for it.', 'Заявка большая: для неё освобождается сотрудник.'),
           ('manager_away', 'The client''s manager cannot take it now. Give it to somebody by hand with reassign_ticket().',
            'Менеджер клиента сейчас не может её взять. Назначьте вручную: reassign_ticket().'),
           ('set_aside', 'The database refuses to have it assigned: see the log of the daemon.', 'База данных не даёт её назначить: см. журнал службы.')) d (code, en, ru)
     where d.code = p_reason;
end;
comment on function secondline_rules.reason_text(text, text) is 'Why a ticket waits, and what would help, in words: Russian, or else English; null for other codes.';

create or replace function secondline_rules.alert_listener(p_at timestamptz, p_team bigint, p_told text, p_person bigint) returns setof bigint
language sql stable rows 3
begin atomic
    select h.person_id from secondline_rules.head_to_tell(p_at, p_team, p_person) h (person_id) where p_told = 'head'
    union all
    select p.person_id from secondline.team t join secondline.person p on p.person_id = t.deputy_id and p.deactivated_at is null
     where t.team_id = p_team and p_told = 'deputy'
    union all
    select p.person_id from secondline.person p where p.team_id = p_team and p.deactivated_at is null and p_told = 'team';
end;
comment on function secondline_rules.alert_listener(timestamptz, bigint, text, bigint) is
    'Who hears of an alert of a team at this step: its heads other than the one whom it concerns, its deputy, or everybody.';

create or replace function secondline_rules.next_listener(p_at timestamptz, p_team bigint, p_told text, p_person bigint) returns text
language sql stable
begin atomic
    select s.told from (values ('head', 1), ('deputy', 2), ('team', 3)) s (told, place)
     where s.place > case p_told when 'head' then 1 when 'deputy' then 2 when 'team' then 3 else 0 end
       and (s.told = 'team' or exists (select from secondline_rules.alert_listener(p_at, p_team, s.told, p_person)))
     order by s.place limit 1;
end;
comment on function secondline_rules.next_listener(timestamptz, bigint, text, bigint) is
    'To whom an alert goes next: head, deputy, team; steps at which there is nobody are left out; null after the team.';

create or replace function secondline_rules.team_instant(p_at timestamptz, p_team bigint, p_after interval) returns timestamptz
language sql stable
begin atomic
    select secondline_rules.business_instant(
               c.calendar_id, secondline_rules.business_clock(c.calendar_id, p_at)
                              + secondline_rules.business_interval(p_after, coalesce(c.day_length, '1 day')))
      from (values (p_team)) t (team_id) left join secondline.calendar c on c.team_id = t.team_id;
end;
comment on function secondline_rules.team_instant(timestamptz, bigint, interval) is 'The instant so much business time of a team after another.';

create or replace function secondline_rules.alert_told(p_at timestamptz, p_alerts bigint[])
returns table (kind text, person_id bigint, team_id bigint, data jsonb)
language sql stable
begin atomic
    with listener as (
        select a.alert_id, l.person_id, null::bigint as team_id
          from secondline.alert a join secondline.ticket t on t.ticket_id = a.ticket_id
         cross join lateral secondline_rules.alert_listener(p_at, a.team_id, a.told, t.assignee_id) l (person_id)
         where a.alert_id = any (p_alerts)
        union all
        -- the team's chat hears of what is everybody's
        select a.alert_id, null, a.team_id from secondline.alert a
         where a.alert_id = any (p_alerts) and a.told = 'team' and exists (select from secondline.contact c where c.team_id = a.team_id)
    ), counted as (
        select l.*, count(*) over (partition by l.person_id, l.team_id) as alerts,
               row_number() over (partition by l.person_id, l.team_id order by l.alert_id) as place
          from listener l
    )
    select 'alert.' || a.alarm, c.person_id, c.team_id, jsonb_strip_nulls(jsonb_build_object(
               'alert', a.alert_id, 'ticket', t.ticket_id, 'title', t.title, 'queue', t.queue, 'since_at', a.since,
               'person', (select p.full_name from secondline.person p where p.person_id = t.assignee_id),
               'reason', secondline_rules.reason_text(a.reason, r.locale)))
      from counted c
      join secondline.alert a on a.alert_id = c.alert_id
      join secondline.ticket t on t.ticket_id = a.ticket_id
     cross join lateral secondline_rules.reader(c.person_id, c.team_id, null) r
     where c.alerts <= 3
    union all
    select 'alert.many', c.person_id, c.team_id, jsonb_build_object(
               'count', c.alerts, 'tickets', string_agg(format('• %s: %s', t.ticket_id, t.title), E'\n' order by c.place))
      from counted c
      join secondline.alert a on a.alert_id = c.alert_id
      join secondline.ticket t on t.ticket_id = a.ticket_id
     where c.alerts > 3 and c.place <= 10
     group by c.person_id, c.team_id, c.alerts;
end;
comment on function secondline_rules.alert_told(timestamptz, bigint[]) is
    'What is told of alerts to whose turn it is: each by itself, or, where somebody would hear of more than three at once, all in one message.';

create or replace function secondline_rules.tell_alerts(p_at timestamptz, p_alerts bigint[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    m record;
    v_kinds text[];
    v_people bigint[];
    v_data jsonb[];
begin
    for m in select t.* from secondline_rules.alert_told(p_at, p_alerts) t order by t.person_id, t.data -> 'alert', t.team_id loop
        if m.team_id is not null then
            perform secondline_rules.send(p_at, m.kind, null, m.team_id, null, m.data);
        else
            v_kinds := array_append(v_kinds, m.kind);
            v_people := array_append(v_people, m.person_id);
            v_data := array_append(v_data, m.data);
        end if;
    end loop;
    perform secondline_rules.tell_people(p_at, v_kinds, v_people, v_data);
end;
$$;
comment on function secondline_rules.tell_alerts(timestamptz, bigint[]) is 'Tells of alerts those whose turn it is.';

create or replace function secondline_rules.raise_alerts(p_at timestamptz, p_tickets bigint[], p_alarms text[], p_sinces timestamptz[])
returns table (alert_id bigint, ticket_id bigint, alarm text, told text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_alerts bigint[];
begin
    with raised as (
        insert into secondline.alert (ticket_id, alarm, since, team_id, told, raised_at, attend_at, reason)
        select t.ticket_id, r.alarm, r.since, m.team_id, n.told, p_at,
               case when n.told <> 'team' then secondline_rules.team_instant(p_at, m.team_id, m.acknowledge_within) end,
               secondline_rules.waits_for(t)
          from unnest(p_tickets, p_alarms, p_sinces) r (ticket_id, alarm, since)
          join secondline.ticket t on t.ticket_id = r.ticket_id and secondline_rules.is_alert(r.alarm)
          join secondline.team m on m.team_id = secondline_rules.team_of(t)
         cross join lateral secondline_rules.next_listener(p_at, m.team_id, null, t.assignee_id) n (told)
        on conflict (ticket_id, alarm) where ended_at is null do nothing
        returning alert_id
    )
    select array_agg(r.alert_id order by r.alert_id) into v_alerts from raised r;
    perform secondline_rules.tell_alerts(p_at, v_alerts);
    return query select a.alert_id, a.ticket_id, a.alarm, a.told from secondline.alert a where a.alert_id = any (v_alerts) order by a.alert_id;
end;
$$;
comment on function secondline_rules.raise_alerts(timestamptz, bigint[], text[], timestamptz[]) is
    'Raises an alert for each of these alarms that have rung and are the head''s, tells whose turn it is, and returns them.';

create or replace function secondline_rules.run_alerts(p_at timestamptz, p_limit integer)
returns table (alert_id bigint, ticket_id bigint, alarm text, told text)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    v_alerts bigint[];
begin
    with due as materialized (
        select a.alert_id from secondline.alert a where a.attend_at <= p_at
         order by a.attend_at limit p_limit for no key update skip locked
    ), moved as (
        update secondline.alert a
           set told = n.told, acknowledged_at = null, acknowledged_by = null,
               attend_at = case when n.told <> 'team' then secondline_rules.team_instant(p_at, a.team_id, m.acknowledge_within) end
          from due d
          join secondline.alert x on x.alert_id = d.alert_id
          join secondline.team m on m.team_id = x.team_id
          join secondline.ticket t on t.ticket_id = x.ticket_id
         cross join lateral secondline_rules.next_listener(
                   p_at, x.team_id, case when x.acknowledged_at is null then x.told end, t.assignee_id) n (told)
         where a.alert_id = d.alert_id
        returning a.alert_id
    )
    select array_agg(m.alert_id order by m.alert_id) into v_alerts from moved m;
    perform secondline_rules.tell_alerts(p_at, v_alerts);
    return query select a.alert_id, a.ticket_id, a.alarm, a.told from secondline.alert a where a.alert_id = any (v_alerts) order by a.alert_id;
end;
$$;
comment on function secondline_rules.run_alerts(timestamptz, integer) is
    'Passes on the alerts that nobody acknowledged in time; one that was acknowledged and still holds after a business day begins anew. Returns them.';

create or replace function secondline_rules.acknowledge_alert(p_at timestamptz, p_alert bigint, p_person bigint) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    a secondline.alert;
begin
    select * into a from secondline.alert x where x.alert_id = p_alert for no key update;
    if not found then
        raise exception 'there is no alert %', coalesce(p_alert::text, '(null)')
            using errcode = 'no_data_found', hint = 'Look the id up in secondline.alert_now.';
    elsif not exists (select from secondline_rules.leader(a.team_id) l (person_id) where l.person_id = p_person)
          and not (a.told = 'team' and exists (
                   select from secondline.person p where p.person_id = p_person and p.team_id = a.team_id and p.deactivated_at is null)) then
        raise exception 'alert % is not for person % to look after', p_alert, p_person
            using errcode = 'SL005', hint = 'A head or the deputy of its team may; anybody of the team once it has gone to all of them.';
    elsif a.ended_at is not null or a.acknowledged_at is not null then
        raise exception 'alert % %', p_alert, case when a.ended_at is not null then 'is over' else 'is looked after by person ' || a.acknowledged_by end
            using errcode = 'SL006', hint = 'Nothing is left to do.';
    end if;
    update secondline.alert x
       set acknowledged_at = greatest(p_at, x.raised_at), acknowledged_by = p_person,
           attend_at = secondline_rules.team_instant(greatest(p_at, x.raised_at), x.team_id, '1 day')
     where x.alert_id = p_alert;
end;
$$;
comment on function secondline_rules.acknowledge_alert(timestamptz, bigint, bigint) is 'secondline.acknowledge_alert at an instant.';

create or replace function secondline_rules.end_alerts(p_at timestamptz, p_tickets bigint[]) returns void
language sql volatile
begin atomic
    update secondline.alert a set ended_at = greatest(p_at, a.raised_at, a.acknowledged_at), attend_at = null
     where a.ticket_id = any (p_tickets) and a.ended_at is null
       and not exists (
           select from secondline.ticket t cross join lateral secondline_rules.clocks(t) c
            where t.ticket_id = a.ticket_id and c.alarm = a.alarm and c.since = a.since);
end;
comment on function secondline_rules.end_alerts(timestamptz, bigint[]) is 'Ends the alerts of these tickets whose clocks do not run any more.';
