-- What is not as it should be: the findings of the health duty.

create type secondline_rules.found as (
    kind text,
    subject text,
    severity text,
    since timestamptz,
    detail text,
    advice text
);
comment on type secondline_rules.found is 'What one look at the health found: see the table finding.';

create table secondline.finding (
    finding_id bigint generated always as identity primary key,
    kind text not null,
    subject text not null,
    severity text not null,
    since timestamptz not null,
    seen_at timestamptz not null,
    ended_at timestamptz,
    detail text not null,
    advice text not null,
    constraint finding_kind_is_code_check check (kind ~ '^[a-z_]+$'),
    constraint finding_severity_known_check check (severity in ('info', 'warning', 'error')),
    constraint finding_times_in_order_check check (since <= seen_at and seen_at <= ended_at)
) with (fillfactor = 50);
comment on table secondline.finding is
    'What the health duty found that is not as it should be, from when to when; what has ended is kept for 30 days. See health_now. Written by the daemon only.';
comment on column secondline.finding.finding_id is 'The finding.';
comment on column secondline.finding.kind is 'What is wrong: see the README, "Health".';
comment on column secondline.finding.subject is 'With what: a session, a table, a queue, a channel. One open finding a kind and subject.';
comment on column secondline.finding.severity is 'info (cannot be seen, or may be meant so), warning (will become a fault) or error (is one).';
comment on column secondline.finding.since is 'Since when it has been so, where that is known; otherwise when it was first seen.';
comment on column secondline.finding.seen_at is 'When it was last seen.';
comment on column secondline.finding.ended_at is 'When it was gone; null while it holds.';
comment on column secondline.finding.detail is 'What was found, with the culprit.';
comment on column secondline.finding.advice is 'What to do about it.';

create unique index finding_one_open_per_subject on secondline.finding (kind, subject) where ended_at is null;
-- serves record_findings: what is old
create index finding_ended_at_index on secondline.finding (ended_at) where ended_at is not null;
