-- What is removed when it has been kept as long as the configuration says: closed tickets, with all that is theirs.

create or replace function secondline_rules.delete_tickets(p_tickets bigint[]) returns void
language sql volatile
begin atomic
    delete from secondline.alert a where a.ticket_id = any (p_tickets);
    delete from secondline.alarm a where a.ticket_id = any (p_tickets);
    delete from secondline.estimate e where e.ticket_id = any (p_tickets);
    delete from secondline.blocker b where b.ticket_id = any (p_tickets);
    delete from secondline.ticket_fault f where f.ticket_id = any (p_tickets);
    delete from secondline.decision d where d.ticket_id = any (p_tickets);
    delete from secondline.assignment a where a.ticket_id = any (p_tickets);
    delete from secondline.journal j where j.ticket_id = any (p_tickets);
    delete from secondline.escalation e where e.ticket_id = any (p_tickets);
    -- people's days stay as they were
    update secondline.task t set ticket_id = null where t.ticket_id = any (p_tickets);
    delete from secondline.ticket t where t.ticket_id = any (p_tickets);
end;
comment on function secondline_rules.delete_tickets(bigint[]) is
    'Deletes these tickets with all that is theirs. Refused (23503) when something else refers to one.';

create or replace function secondline_rules.remove_tickets(
    p_at timestamptz, p_retention interval, p_after bigint, p_page integer, p_limit integer, out removed integer, out last_seen bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_before timestamptz := p_at - p_retention;
    v_seen integer;
    v_old bigint[];
    v_locked bigint[];
    v_tickets bigint[];
    v_ticket bigint;
begin
    removed := 0;
    select count(*), max(t.ticket_id),
           (array_agg(t.ticket_id order by t.ticket_id) filter (where t.ended_at < v_before))[:p_limit]
      into v_seen, last_seen, v_old
      from (select x.ticket_id, x.ended_at from secondline.ticket x
             where x.ticket_id > p_after order by x.ticket_id limit p_page) t;
    if cardinality(v_old) = p_limit then
        last_seen := v_old[p_limit];
    elsif v_seen < p_page then
        last_seen := null;
    end if;
    if v_old is null then
        return;
    end if;
    -- developers' tickets go with those for which they worked, and whoever is at one of them goes first
    select array_agg(t.ticket_id) into v_locked
      from (select x.ticket_id from secondline.ticket x
             where x.ended_at < v_before
               and x.ticket_id = any (v_old || array(
                   select e.developer_ticket_id from secondline.escalation e where e.ticket_id = any (v_old)))
             order by x.ticket_id for update skip locked) t;
    select array_agg(t.ticket_id) into v_tickets
      from (select l.ticket_id from unnest(v_locked) l (ticket_id)
             where not exists (select from secondline.escalation e
                                where e.ticket_id = l.ticket_id
                                  and (e.ended_at is null or e.developer_ticket_id <> all (v_locked)))
               and not exists (select from secondline.escalation e
                                where e.developer_ticket_id = l.ticket_id)
             union all
            select e.developer_ticket_id from secondline.escalation e
             where e.ticket_id = any (v_locked) and e.developer_ticket_id is not null
               and not exists (select from secondline.escalation f
                                where f.ticket_id = e.ticket_id
                                  and (f.ended_at is null or f.developer_ticket_id <> all (v_locked)))) t;
    begin
        perform secondline_rules.delete_tickets(v_tickets);
        removed := coalesce(cardinality(v_tickets), 0);
    exception when foreign_key_violation then
        -- something of others refers to one of them: only that one stays
        foreach v_ticket in array v_tickets loop
            begin
                perform secondline_rules.delete_tickets(array[v_ticket]);
                removed := removed + 1;
            exception when foreign_key_violation then
                null;
            end;
        end loop;
    end;
end;
$$;
comment on function secondline_rules.remove_tickets(timestamptz, interval, bigint, integer, integer) is
    'Looks at a page of tickets after this id, and removes those that ended before the retention with all that is theirs, so many at most; a ticket for which developers worked only with theirs. What somebody is changing, or something else refers to, stays. Returns how many, and the last id that was looked at; null at the end.';

create or replace function secondline_rules.remove_blockers(p_at timestamptz, p_retention interval, p_limit integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    v_removed integer;
begin
    delete from secondline.blocker b
     where b.blocker_id = any (array(
           select x.blocker_id from secondline.queue q
            cross join lateral (select y.blocker_id from secondline.blocker y
                                 where y.queue = q.name and y.ticket_id is null
                                   and y.since < p_at - p_retention and y.ended_at < p_at - p_retention
                                 order by y.since limit p_limit) x
            limit p_limit));
    get diagnostics v_removed = row_count;
    return v_removed;
end;
$$;
comment on function secondline_rules.remove_blockers(timestamptz, interval, integer) is
    'Removes what kept whole queues waiting before the retention, so many at most; returns how many.';
