-- The two schemas and the ledger of migrations. Safe to run again.
do $$
begin
    if current_setting('server_encoding') <> 'UTF8' then
        raise exception 'the database is encoded in %', current_setting('server_encoding')
            using errcode = 'feature_not_supported', hint = 'Create it with encoding UTF8: createdb --encoding=UTF8 --template=template0.';
    end if;
end;
$$;
create schema if not exists secondline authorization secondline_owner;
create schema if not exists secondline_rules authorization secondline_owner;
set local role secondline_owner;

comment on schema secondline is
    'Secondline, the dispatcher of a support department: its tables and views to read, its functions to call.';
comment on schema secondline_rules is
    'The rules behind the functions of secondline, with time as an argument. Nobody but the daemon calls them.';

create table if not exists secondline.schema_migration (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table secondline.schema_migration is
    'Which migrations this database has. Written by "secondline migrate" and sql/install.sql; never change it by hand.';
comment on column secondline.schema_migration.name is 'File name under sql/migrations without its ending.';
comment on column secondline.schema_migration.checksum is 'SHA-256 of the file as it was applied; a landed migration never changes.';
comment on column secondline.schema_migration.applied_at is 'When it was applied.';
reset role;
