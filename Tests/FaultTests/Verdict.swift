import Foundation
import Postgres
import TestSupport

/// Reads the whole database, and what the callers and the channel know; says what does not agree.
enum Verdict {
    /// At any moment: what was said to be done is there, and nothing is torn.
    static func now(_ session: Session, told: Told.Tally) async throws -> [String] {
        var faults = try await LedgerCheck.faults(in: session)
        let keys = try await session.simpleQuery(
            "select external_key from secondline.ticket where external_key is not null")
        let there = keys.compactMap { $0[0] }
        faults += told.tickets.subtracting(there).sorted().map { "a ticket is lost: \($0)" }
        if Set(there).count != there.count { faults.append("a ticket was doubled") }
        let events = Set(
            try await session.simpleQuery("select distinct ticket_id, event from secondline.journal")
                .map { Told.Event(ticket: $0[0] ?? "", event: $0[1] ?? "") })
        faults += told.events.subtracting(events).map { "an act is lost: \($0.event) of ticket \($0.ticket)" }
        let notes = try await session.simpleQuery(
            """
            select data ->> 'text' from secondline.message where kind = 'note' and channel = 'popup'
             union all select data ->> 'text' from secondline.message_history where kind = 'note' and channel = 'popup'
            """
        ).compactMap { $0[0]?.split(separator: " ").last.map(String.init) }
        faults += told.notes.subtracting(notes).sorted().map { "a note is lost: \($0)" }
        if Set(notes).count != notes.count { faults.append("a note was doubled") }
        return faults
    }

    /// When all is quiet: what was decided has been delivered, what was delivered twice had an unknown outcome, everything is solved.
    static func atTheEnd(_ session: Session, _ deliveries: Deliveries) async throws -> [String] {
        var faults = deliveries.faults
        let ended = try await session.simpleQuery(
            """
            select h.message_id, h.state, h.idempotency_key, h.because,
                   (select count(*) from secondline.message_attempt a
                     where a.message_id = h.message_id and a.outcome in ('unknown', 'failed')),
                   (select count(*) from secondline.message_attempt a
                     where a.message_id = h.message_id and a.outcome = 'sent' and not a.late)
              from secondline.message_history h where h.channel = 'record'
            """)
        var known: Set<Int64> = []
        for row in ended {
            guard let message = row[0].flatMap(Int64.init), let uncertain = row[4].flatMap(Int.init) else { continue }
            known.insert(message)
            let taken = deliveries.byMessage[message, default: []]
            let isSent = row[1] == "sent"
            if isSent, taken.isEmpty {
                faults.append("message \(message) is lost: called sent, and the channel never got it")
            }
            if isSent, row[5] != "1" { faults.append("message \(message): \(row[5] ?? "") attempts are called sent") }
            if taken.count > uncertain + (isSent ? 1 : 0) {
                faults.append(
                    "message \(message) was delivered \(taken.count) times (attempts \(taken.map(\.attempt))), but only \(uncertain) attempts had an unknown outcome"
                )
            }
            if taken.contains(where: { $0.key != row[2] }) { faults.append("message \(message) has several keys") }
        }
        let strangers = Set(deliveries.byMessage.keys).subtracting(known)
        faults += strangers.sorted().map { "message \($0) was delivered and never decided" }
        for (rule, sql) in atRest {
            for row in try await session.simpleQuery(sql) {
                faults.append("\(rule): \(row.map { $0 ?? "null" }.joined(separator: ", "))")
            }
        }
        return faults
    }

    private static let atRest: [(String, String)] = [
        (
            "a message is neither delivered nor ended with a reason",
            "select message_id, state, attempt, last_said from secondline.message where channel = 'record' limit 5"
        ),
        (
            "a ticket is not solved",
            "select ticket_id, status from secondline.ticket where status not in ('resolved', 'cancelled') limit 5"
        ),
        (
            "somebody with a contact was told by a popup alone",
            """
            select p.message_id, p.kind, p.person_id, p.created_at
              from (select message_id, kind, person_id, ticket_id, created_at, data from secondline.message where channel = 'popup'
                     union all
                    select message_id, kind, person_id, ticket_id, created_at, data from secondline.message_history where channel = 'popup') p
              join secondline.contact c on c.person_id = p.person_id and c.channel = 'record'
             where not exists (select from secondline.message_history h
                                where h.channel = 'record' and h.kind = p.kind and h.person_id = p.person_id
                                  and h.created_at = p.created_at and h.ticket_id is not distinct from p.ticket_id
                                  and h.data = p.data) limit 5
            """
        ),
        (
            "a workday is open that nobody started, or two of one person are",
            """
            select person_id, count(*) from secondline.workday where ended_at is null group by 1 having count(*) > 1 limit 5
            """
        ),
    ]
}
