-- Before migrations. They take tables one by one, those at work in another order: a deadlock of which they would be the victims.
-- So all tables are taken at once, or given up before the server looks for deadlocks, which is a second.
set local statement_timeout = '900ms';
do $$
begin
    execute (select 'lock table ' || string_agg(c.oid::regclass::text, ', ' order by c.oid) || ' in access exclusive mode'
               from pg_catalog.pg_class c where c.relnamespace = 'secondline'::regnamespace and c.relkind = 'r');
exception when query_canceled then
    raise lock_not_available using message = 'somebody holds a table', hint = 'Run it again, or see who does in pg_locks.';
end;
$$;
set local statement_timeout = '5min';
