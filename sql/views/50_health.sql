-- What is not as it should be.

create or replace view secondline.health_now as
select f.severity, f.kind, f.subject, clock_timestamp() - f.since as age, f.detail, f.advice, f.since, f.seen_at
  from secondline.finding f
 where f.ended_at is null
 order by array_position(array['error', 'warning', 'info'], f.severity), f.since, f.finding_id;
comment on view secondline.health_now is
    'What is not as it should be, the worst first, with who or what is to blame and what to do. The daemon looks once a minute: when seen_at is older, none does. For heads, programs and whoever looks after the database.';
