-- The roles that Secondline knows, one for each kind of caller. None of them can log in: grant them to logins.
-- Roles belong to the whole cluster, so two databases may create them at the same moment; the loser finds them there.
do $$
declare
    wanted text;
begin
    -- nothing that follows in this transaction means what others have put into the schema public
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    foreach wanted in array array[
        'secondline_owner', 'secondline_daemon', 'secondline_app',
        'secondline_member', 'secondline_head', 'secondline_client', 'secondline_reader'
    ] loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise exception 'the role % does not exist and % may not create it', wanted, current_user
                        using errcode = 'insufficient_privilege',
                              hint = 'Have a DBA run sql/roles.sql once, or grant CREATEROLE.';
            end;
        end if;
    end loop;
    -- whoever migrates works as the owner; a superuser may anyway
    if not pg_has_role(current_user, 'secondline_owner', 'member') then
        execute format('grant secondline_owner to %I', current_user);
    end if;
    if not pg_has_role('secondline_head', 'secondline_member', 'member') then
        begin
            grant secondline_member to secondline_head;
        exception
            when unique_violation or internal_error then null;
        end;
    end if;
end;
$$;
