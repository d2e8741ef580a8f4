-- Installs or upgrades Secondline with psql alone; the same result as "secondline migrate":
--     psql -X -v ON_ERROR_STOP=1 -d DATABASE -f sql/install.sql
-- Needs a role that may create roles and schemas here. All of it happens, or nothing. Safe to run again.
\set ON_ERROR_STOP on
\set QUIET on
begin;
set local client_min_messages = warning;
set local statement_timeout = '5min';
-- two at once: the second waits for the first
set local lock_timeout = '5min';
select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('secondline.migrate')) \g /dev/null
set local lock_timeout = '10s';
\ir roles.sql
\ir ledger.sql
set local role secondline_owner;

do $$
begin
    if exists (select from secondline.schema_migration where name > '0012_retention') then
        raise exception 'the schema in this database is %, newer than 0012_retention, which this install.sql brings',
            (select max(name) from secondline.schema_migration)
            using hint = 'Use the files of the version of Secondline that brought it.';
    end if;
end;
$$;

-- an upgrade takes all tables at once, or gives up before the server looks for deadlocks: those at work would be the victims
set local statement_timeout = '900ms';
do $$
begin
    if exists (select from secondline.schema_migration)
       and not exists (select from secondline.schema_migration where name = '0012_retention') then
        execute (select 'lock table ' || string_agg(c.oid::regclass::text, ', ' order by c.oid) || ' in access exclusive mode'
                   from pg_catalog.pg_class c where c.relnamespace = 'secondline'::regnamespace and c.relkind = 'r');
    end if;
exception when query_canceled then
    raise lock_not_available using message = 'somebody holds a table', hint = 'Run it again, or see who does in pg_locks.';
end;
$$;
set local statement_timeout = '5min';

select not exists (select from secondline.schema_migration where name = '0001_department') as wanted \gset
\if :wanted
\ir migrations/0001_department.sql
insert into secondline.schema_migration (name, checksum)
values ('0001_department', 'c4215f26fc2b299cdee871546601ca83788bf3017f4d87809212f1d70cea9ac7');
\endif

select not exists (select from secondline.schema_migration where name = '0002_ticket') as wanted \gset
\if :wanted
\ir migrations/0002_ticket.sql
insert into secondline.schema_migration (name, checksum)
values ('0002_ticket', 'c15a84ef8200e14c72edc851cc0d029f526b88f4d558fcf2b5da74d5e79554be');
\endif

select not exists (select from secondline.schema_migration where name = '0003_message') as wanted \gset
\if :wanted
\ir migrations/0003_message.sql
insert into secondline.schema_migration (name, checksum)
values ('0003_message', '894e07cac466f5e3b1a2129ee20dd736cb8bfba42d3d3f3bcc1a4e5973dab1e6');
\endif

select not exists (select from secondline.schema_migration where name = '0004_delivery') as wanted \gset
\if :wanted
\ir migrations/0004_delivery.sql
insert into secondline.schema_migration (name, checksum)
values ('0004_delivery', '87dc41e71b894e359248ce9adf01d5925f43d3a5cccc8de068913c2aa84b671d');
\endif

select not exists (select from secondline.schema_migration where name = '0005_workday') as wanted \gset
\if :wanted
\ir migrations/0005_workday.sql
insert into secondline.schema_migration (name, checksum)
values ('0005_workday', 'a0db1d902dbfc5d5e5162a9f6a5b83c85cd2f917de437660fb674fac0661c974');
\endif

select not exists (select from secondline.schema_migration where name = '0006_lines') as wanted \gset
\if :wanted
\ir migrations/0006_lines.sql
insert into secondline.schema_migration (name, checksum)
values ('0006_lines', 'cba8887094be72fba7c847608c1f09d2888c6f66d189ed34673ea5519cb729c6');
\endif

select not exists (select from secondline.schema_migration where name = '0007_routing') as wanted \gset
\if :wanted
\ir migrations/0007_routing.sql
insert into secondline.schema_migration (name, checksum)
values ('0007_routing', 'e26339172e21bb3a322e3eba6596696d0cc47db29e66e7e9a5222e2888bb05bc');
\endif

select not exists (select from secondline.schema_migration where name = '0008_clocks') as wanted \gset
\if :wanted
\ir migrations/0008_clocks.sql
insert into secondline.schema_migration (name, checksum)
values ('0008_clocks', '8a8eb5ac6988b18e6884f0c88e5ae5e9223b8fd9967d893910fa6cfda404ca19');
\endif

select not exists (select from secondline.schema_migration where name = '0009_escalation') as wanted \gset
\if :wanted
\ir migrations/0009_escalation.sql
insert into secondline.schema_migration (name, checksum)
values ('0009_escalation', '8ee49dde8ad4b666036f2d9151abb9a703fd223ca5ca0413954ce944666c4aaf');
\endif

select not exists (select from secondline.schema_migration where name = '0010_client') as wanted \gset
\if :wanted
\ir migrations/0010_client.sql
insert into secondline.schema_migration (name, checksum)
values ('0010_client', '9c03795fe16a57f724af891926a14e408f05b6153a080b4c33234bf139870f1d');
\endif

select not exists (select from secondline.schema_migration where name = '0011_health') as wanted \gset
\if :wanted
\ir migrations/0011_health.sql
insert into secondline.schema_migration (name, checksum)
values ('0011_health', 'e18526ab1b56761b541ce5151ade3bbc93d7e79dfcf90272b6d82d612156fe65');
\endif

select not exists (select from secondline.schema_migration where name = '0012_retention') as wanted \gset
\if :wanted
\ir migrations/0012_retention.sql
insert into secondline.schema_migration (name, checksum)
values ('0012_retention', 'ac055e8a52051cd3e6a2baa546d24b39fb9b71fcd40ebcd25354507ca4acd357');
\endif

\ir functions/10_caller.sql
\ir functions/20_calendar.sql
\ir functions/22_business_time.sql
\ir functions/25_words.sql
\ir functions/30_load.sql
\ir functions/40_eligibility.sql
\ir functions/45_plan.sql
\ir functions/48_regulation.sql
\ir functions/50_ticket.sql
\ir functions/52_client.sql
\ir functions/53_estimate.sql
\ir functions/55_message.sql
\ir functions/56_escalation.sql
\ir functions/56_target.sql
\ir functions/57_suggestion.sql
\ir functions/58_departure.sql
\ir functions/60_workday.sql
\ir functions/62_reminder.sql
\ir functions/63_standup.sql
\ir functions/66_alert.sql
\ir functions/67_clock.sql
\ir functions/70_assignment.sql
\ir functions/72_workdays.sql
\ir functions/74_escalation_rule.sql
\ir functions/75_delivery.sql
\ir functions/77_retention.sql
\ir functions/80_audit.sql
\ir functions/82_figures.sql
\ir functions/85_health.sql
\ir functions/90_setup.sql
\ir functions/91_workday.sql
\ir functions/92_ticket.sql
\ir functions/93_message.sql
\ir functions/94_escalation.sql
\ir functions/95_clock.sql
\ir views/10_now.sql
\ir views/20_message.sql
\ir views/30_workday.sql
\ir views/35_alert.sql
\ir views/40_client.sql
\ir views/40_escalation.sql
\ir views/50_health.sql
\ir views/90_comments.sql
\ir grants.sql
commit;
\echo Secondline is installed. Grant its roles to logins: secondline_daemon, secondline_app, secondline_member, secondline_head, secondline_client, secondline_reader.
