-- The load of a person is the sum of the weights of their open assignments, whoever writes them.
-- person_load_within_room_check then refuses what there is no room for; "allowed" rises only with what gives nobody a new ticket.

create or replace function secondline_rules.load_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        update secondline.person p
           set load_minutes = p.load_minutes + d.minutes,
               allowed_minutes = case
                   -- someone empty-handed takes one ticket of any size, and a head may overrule on record
                   when p.load_minutes = 0 and d.tickets = 1 or d.overruled
                   then greatest(p.allowed_minutes, p.load_minutes + d.minutes)
                   else p.allowed_minutes end,
               last_assigned_at = greatest(p.last_assigned_at, d.at),
               changed_at = greatest(p.changed_at, d.at)
          from (select a.person_id, sum(a.weight_minutes) as minutes, count(*) as tickets,
                       bool_or(a.overruled) as overruled, max(a.offered_at) as at
                  from new_assignment a where a.ended_at is null group by a.person_id) d
         where p.person_id = d.person_id;
        return null;
    end if;

    if tg_op = 'UPDATE' then
        update secondline.person p
           set load_minutes = p.load_minutes + d.minutes,
               -- a rise without a new ticket (a reply came, a ticket reopened) is always allowed; every fall takes it back
               allowed_minutes = case when d.minutes > 0 then greatest(p.allowed_minutes, p.load_minutes + d.minutes)
                                      else least(p.allowed_minutes, p.load_minutes + d.minutes) end,
               changed_at = greatest(p.changed_at, d.at)
          from (select c.person_id, sum(c.minutes) as minutes, max(c.at) as at
                  from (select n.person_id, n.weight_minutes as minutes, n.offered_at as at
                          from new_assignment n where n.ended_at is null
                         union all
                        select o.person_id, -o.weight_minutes, null from old_assignment o where o.ended_at is null
                         union all
                        select n.person_id, 0, n.ended_at from new_assignment n where n.ended_at is not null) c
                 group by c.person_id having sum(c.minutes) <> 0) d
         where p.person_id = d.person_id;
    else
        update secondline.person p
           set load_minutes = p.load_minutes - d.minutes,
               allowed_minutes = least(p.allowed_minutes, p.load_minutes - d.minutes)
          from (select o.person_id, sum(o.weight_minutes) as minutes
                  from old_assignment o where o.ended_at is null group by o.person_id) d
         where p.person_id = d.person_id;
    end if;
    if found then
        perform secondline_rules.hint();
    end if;
    return null;
end;
$$;
comment on function secondline_rules.load_changed() is 'Trigger: keeps load and allowed minutes of people, and wakes the daemon when room appears.';

create or replace trigger assignment_load_insert after insert on secondline.assignment
    referencing new table as new_assignment for each statement execute function secondline_rules.load_changed();
create or replace trigger assignment_load_update after update on secondline.assignment
    referencing old table as old_assignment new table as new_assignment
    for each statement execute function secondline_rules.load_changed();
create or replace trigger assignment_load_delete after delete on secondline.assignment
    referencing old table as old_assignment for each statement execute function secondline_rules.load_changed();

create or replace function secondline_rules.assignment_keeps_hands() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'an assignment never changes its ticket or person'
        using errcode = 'SL006', hint = 'End it and open another one: secondline.reassign_ticket does.';
end;
$$;
comment on function secondline_rules.assignment_keeps_hands() is 'Trigger: refuses to move an assignment to another person or ticket.';

create or replace trigger assignment_keeps_hands before update of ticket_id, person_id on secondline.assignment
    for each row when (old.ticket_id <> new.ticket_id or old.person_id <> new.person_id)
    execute function secondline_rules.assignment_keeps_hands();

create or replace function secondline_rules.capacity_lowered() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
    new.allowed_minutes := greatest(new.allowed_minutes, new.load_minutes);
    return new;
end;
$$;
comment on function secondline_rules.capacity_lowered() is 'Trigger: a lowered capacity takes nothing away that a person already has.';

create or replace trigger person_capacity_lowered before update of capacity_minutes on secondline.person
    for each row when (new.capacity_minutes < old.capacity_minutes) execute function secondline_rules.capacity_lowered();
