package import Postgres

/// Reads a whole department's history and says what in it breaks the rules; nothing, when all is well.
package enum LedgerCheck {
    package static func faults(in session: Session) async throws -> [String] {
        var faults: [String] = []
        for (rule, sql) in rules { faults += told(rule, try await session.simpleQuery(sql)) }
        return faults
    }

    /// As its transaction sees it.
    package static func faults(in db: Database) throws(DatabaseError) -> [String] {
        var faults: [String] = []
        for (rule, sql) in rules { faults += told(rule, try db.simpleQuery(sql)) }
        return faults
    }

    private static func told(_ rule: String, _ rows: [[String?]]) -> [String] {
        rows.map { row in "\(rule): \(row.map { $0 ?? "null" }.joined(separator: ", "))" }
    }

    /// Walks journals against the declaration in secondline.ticket_step: ticket, entry, event, from, to, and the state before. A note
    /// or a priority tells no state; an entry without "to" keeps it.
    package static let unknownSteps = """
        select ticket_id, journal_id, event, from_status, to_status, state from (
            select j.*, row_number() over (partition by j.ticket_id order by j.journal_id) as place,
                   (select x.to_status from secondline.journal x
                     where x.ticket_id = j.ticket_id and x.journal_id < j.journal_id and x.to_status is not null
                     order by x.journal_id desc limit 1) as state
              from secondline.journal j) j
         where case when place = 1 then event <> 'submitted' or from_status is not null or to_status is distinct from 'new'
                    else not exists (
                         select from secondline.ticket_step s
                          where s.event = j.event and s.from_status = j.state and s.to_status is not distinct from j.to_status
                            and (j.from_status = j.state or j.from_status is null and j.to_status is null)) end
        """

    /// Each finds rows that must not be.
    package static let rules: [(String, String)] = [
        (
            "a ticket was in two hands at once",
            """
            select a.ticket_id, a.assignment_id, b.assignment_id from secondline.assignment a
              join secondline.assignment b on b.ticket_id = a.ticket_id and b.assignment_id > a.assignment_id
             where tstzrange(a.offered_at, a.ended_at) && tstzrange(b.offered_at, b.ended_at) limit 5
            """
        ),
        (
            // the load at each offer, with what tickets weighed then; an overruling or a single large ticket may go beyond. By the
            // order of the journal, which is that of the locks of the person: instants are read before a lock is waited for
            "a person was given more than there was room for",
            """
            with given as materialized (
                select x.*, (select min(j.journal_id) from secondline.journal j
                              where j.ticket_id = x.ticket_id and j.journal_id > x.entry and j.event in ('assigned', 'reassigned')) as next
                  from (select a.ticket_id, a.person_id, a.offered_at, a.overruled,
                               -- one that weighs a reply in the end may have weighed its effort before
                               case when a.weight_minutes > 15 then a.weight_minutes
                                    else greatest(a.weight_minutes, t.effort_minutes) end as minutes,
                               coalesce((select min(j.journal_id) from secondline.journal j
                                          where j.ticket_id = a.ticket_id and j.at = a.offered_at and j.event in ('assigned', 'reassigned')),
                                        (select min(j.journal_id) from secondline.journal j
                                          where j.ticket_id = a.ticket_id and j.at >= a.offered_at)) as entry
                          from secondline.assignment a join secondline.ticket t using (ticket_id)) x
            ), state as (
                -- null is not in hand; what is taken up again later is, from then on
                select g.person_id, g.ticket_id, g.entry, j.journal_id,
                       case when j.journal_id is distinct from g.next
                                 and j.to_status not in ('new', 'returned', 'resolved', 'cancelled')
                            then secondline_rules.weight(j.to_status, g.minutes) end as minutes
                  from given g
                  join secondline.journal j on j.ticket_id = g.ticket_id and j.journal_id between g.entry and coalesce(g.next, j.journal_id)
                 where j.to_status is not null
            ), change as (
                select s.person_id, s.journal_id, coalesce(s.minutes, 0) - coalesce(lag(s.minutes) over w, 0) as minutes,
                       (s.minutes is not null)::integer - (lag(s.minutes) over w is not null)::integer as tickets
                  from state s window w as (partition by s.ticket_id, s.entry order by s.journal_id)
            ), load as materialized (
                select c.person_id, c.journal_id, sum(c.minutes) over w as minutes, sum(c.tickets) over w as tickets
                  from change c window w as (partition by c.person_id order by c.journal_id)
            )
            select g.ticket_id, g.person_id, g.offered_at, p.capacity_minutes, l.minutes, l.tickets
              from given g
              join load l on l.person_id = g.person_id and l.journal_id = g.entry
              join secondline.person p on p.person_id = g.person_id
             where not g.overruled and l.minutes > p.capacity_minutes and l.tickets > 1 limit 5
            """
        ),
        (
            "a load is not the sum of what is open",
            """
            select p.person_id, p.load_minutes, sum(a.weight_minutes) from secondline.person p
              left join secondline.assignment a on a.person_id = p.person_id and a.ended_at is null
             group by p.person_id having p.load_minutes <> coalesce(sum(a.weight_minutes), 0) limit 5
            """
        ),
        (
            "an assignment has no decision that explains it",
            """
            select a.ticket_id, a.person_id from secondline.assignment a
             where not exists (select from secondline.decision d
                                where d.ticket_id = a.ticket_id and d.person_id = a.person_id and d.decided_at = a.offered_at
                                  and (d.by_person_id is not null
                                       or (d.candidates -> 'considered' -> 0 ->> 'person_id')::bigint = a.person_id)) limit 5
            """
        ),
        (
            "an assignment of which nobody was told",
            """
            select a.ticket_id, a.person_id from secondline.assignment a
             where not exists (select from (select kind, person_id, ticket_id, created_at from secondline.message
                                             union all
                                            select kind, person_id, ticket_id, created_at from secondline.message_history) m
                                where m.kind = 'ticket.offered' and m.person_id = a.person_id and m.ticket_id = a.ticket_id
                                  and m.created_at = a.offered_at) limit 5
            """
        ),
        (
            "a decision led to no assignment",
            """
            select d.ticket_id, d.decision_id from secondline.decision d
             where not exists (select from secondline.assignment a where a.ticket_id = d.ticket_id
                                  and a.person_id = d.person_id and a.offered_at = d.decided_at) limit 5
            """
        ),
        (
            "a ticket and its assignment disagree",
            """
            select t.ticket_id, t.status, t.assignee_id, a.person_id from secondline.ticket t
              left join secondline.assignment a on a.ticket_id = t.ticket_id and a.ended_at is null
             where t.status not in ('resolved', 'cancelled') and t.assignee_id is distinct from a.person_id
                or t.status in ('resolved', 'cancelled') and a.person_id is not null limit 5
            """
        ),
        (
            "a journal is broken: an entry does not begin where the one before ended",
            """
            select ticket_id, journal_id, event from (
                select j.*, lag(j.to_status) over w as before, row_number() over w as place from secondline.journal j
                 where j.to_status is not null window w as (partition by j.ticket_id order by j.journal_id)) j
             where from_status is distinct from before limit 5
            """
        ),
        ("a journal tells what the state machine does not know", "\(unknownSteps) order by journal_id desc limit 5"),
        (
            "a journal does not end where its ticket is",
            """
            select t.ticket_id, t.status, j.to_status from secondline.ticket t
              left join lateral (select x.to_status from secondline.journal x
                                  where x.ticket_id = t.ticket_id and x.to_status is not null
                                  order by x.journal_id desc limit 1) j on true
             where t.status is distinct from j.to_status limit 5
            """
        ),
        (
            "an escalation and its developer's ticket disagree",
            """
            select e.escalation_id, e.state, e.developer_id, w.status, w.assignee_id, w.for_developer from secondline.escalation e
              join secondline.ticket w on w.ticket_id = e.developer_ticket_id
             where not w.for_developer or e.developer_id is distinct from w.assignee_id
                or e.state::text <> all (case w.status when 'new' then '{submitted}' when 'assigned' then '{submitted}'
                                                       when 'accepted' then '{acknowledged,asked}' when 'resolved' then '{finished,confirmed}'
                                                       when 'cancelled' then '{withdrawn}' else '{}' end::text[]) limit 5
            """
        ),
        (
            "a ticket and its escalation disagree",
            """
            select t.ticket_id, t.status, e.escalation_id, e.state from secondline.ticket t
              join secondline.escalation e on e.escalation_id = t.escalation_id
             where e.ended_at is not null or t.ended_at is not null
                or t.status = 'with_developer' and e.state in ('proposed', 'finished')
                or t.status = 'to_verify' and e.state = 'proposed' limit 5
            """
        ),
        (
            "an escalation is finished, and nobody has anything to verify",
            """
            select e.escalation_id from secondline.escalation e
             where e.state = 'finished' and not exists (select from secondline.ticket t where t.escalation_id = e.escalation_id) limit 5
            """
        ),
    ]
}
