import Postgres
import TestSupport
import Testing

/// What judges every long run is judged here: each of its rules names what breaks it.
@Suite(.serialized, .ownDatabase) struct LedgerCheckTests {
    /// The rule, what no function here would do, and what of it is named. Triggers, foreign keys and some checks are out of the way.
    static let corruptions = [
        (
            "a ticket was in two hands at once",
            """
            insert into secondline.assignment (ticket_id, person_id, state, weight_minutes, offered_at, accepted_at, ended_at)
            select ticket_id, {other}, 'resolved', 5, offered_at, offered_at, clock_timestamp() from secondline.assignment where ticket_id = {ticket}
            """, "{ticket},"
        ),
        (
            "a person was given more than there was room for",
            "update secondline.person set capacity_minutes = 20 where person_id = {person}", "{second}, {person},"
        ),
        (
            "a load is not the sum of what is open",
            "update secondline.person set load_minutes = load_minutes + 1 where person_id = {person}",
            "{person}, 31, 30"
        ),
        (
            "an assignment has no decision that explains it",
            "update secondline.decision set candidates = '{}' where ticket_id = {ticket}", "{ticket}, {person}"
        ),
        (
            "an assignment of which nobody was told",
            "delete from secondline.message where kind = 'ticket.offered' and ticket_id = {ticket}",
            "{ticket}, {person}"
        ),
        (
            "a decision led to no assignment",
            """
            insert into secondline.decision (ticket_id, decided_at, kind, person_id, reason, candidates)
            select ticket_id, decided_at + interval '1 us', kind, person_id, reason, candidates from secondline.decision where ticket_id = {ticket}
            """, "{ticket},"
        ),
        (
            "a ticket and its assignment disagree",
            "update secondline.ticket set assignee_id = {other} where ticket_id = {ticket}",
            "{ticket}, accepted, {other}, {person}"
        ),
        (
            "a journal is broken: an entry does not begin where the one before ended",
            "delete from secondline.journal where ticket_id = {ticket} and event = 'assigned'", "{ticket},"
        ),
        (
            "a journal tells what the state machine does not know",
            "update secondline.journal set event = 'forged' where ticket_id = {ticket} and event = 'accepted'",
            "{ticket},"
        ),
        (
            "a journal does not end where its ticket is",
            "delete from secondline.journal where ticket_id = {ticket} and event = 'accepted'",
            "{ticket}, accepted, assigned"
        ),
        (
            "an escalation and its developer's ticket disagree",
            "update secondline.escalation set developer_id = {other} where escalation_id = {escalation}",
            "{escalation}, finished, {other},"
        ),
        (
            "a ticket and its escalation disagree",
            "update secondline.escalation set state = 'confirmed', ended_at = clock_timestamp() where escalation_id = {escalation}",
            "{escalated}, to_verify, {escalation}, confirmed"
        ),
        (
            "an escalation is finished, and nobody has anything to verify",
            "update secondline.ticket set escalation_id = null where ticket_id = {escalated}", "{escalation}"
        ),
    ]

    @Test("each rule names what breaks it, and nothing in a department where all went well")
    func corrupted() async throws {
        let names = try await atWork()
        let filled = { @Sendable (text: String) in
            names.reduce(text) { $0.replacing("{\($1.key)}", with: "\($1.value)") }
        }
        #expect(try await LedgerCheck.faults(in: db) == [])
        for (rule, sql, named) in Self.corruptions {
            let faults = try await db.transaction { (db) throws(DatabaseError) in
                var faults: [String] = []
                let undone = DatabaseError(.usage, "undone")
                do throws(DatabaseError) {
                    try db.savepoint { (db) throws(DatabaseError) in
                        try db.script(Self.unguarded + filled(sql))
                        faults = try LedgerCheck.faults(in: db)
                        throw undone
                    }
                } catch { if error.message != undone.message { throw error } }
                return faults
            }
            #expect(faults.contains { $0.hasPrefix("\(rule): \(filled(named))") }, "\(rule): \(faults)")
        }
        #expect(try await LedgerCheck.faults(in: db) == [])
    }

    private static let unguarded = """
        alter table secondline.ticket drop constraint ticket_with_developer_has_escalation_check;
        alter table secondline.escalation drop constraint escalation_outcome_with_state_check;
        alter table secondline.person drop constraint person_load_within_room_check;
        set session_replication_role = replica;
        """

    @Test("every rule is tried here")
    func complete() { #expect(LedgerCheck.rules.map(\.0) == Self.corruptions.map(\.0)) }

    /// Two tickets in the hand of `person`, and one of `other` that developers have mended.
    private func atWork() async throws -> [String: Int64] {
        let here = try await Department(in: db)
        let (person, other) = (here.specialists[0], here.specialists[1])
        let developer = try await db.id("secondline.add_person(\(here.team), 'developer', 'Dev')")
        try await db.script(
            """
            select secondline.add_queue('developers', 3), secondline.add_member('developers', \(developer));
            select secondline.start_workday(\(developer));
            """)
        let ticket = try await here.acceptedTicket(in: db, effort: 15)
        let second = try await here.acceptedTicket(in: db, effort: 15)
        let escalated = try await here.ticket(in: db, effort: 15)
        try await db.assign([(escalated, other)])
        try await db.script("select secondline.accept_ticket(\(escalated), \(other))")
        let escalation = try await db.id(
            "secondline.escalate_ticket(\(escalated), \(other), 'bug', 'high', 'x', 'developers')")
        let work = try await db.id(
            "developer_ticket_id from secondline.escalation where escalation_id = \(escalation)")
        try await db.assign([(work, developer)])
        try await db.script(
            """
            select secondline.acknowledge_escalation(\(escalation), \(developer));
            select secondline.finish_escalation(\(escalation), \(developer), 'fixed', 'done');
            update secondline.decision
               set candidates = jsonb_build_object('considered', jsonb_build_array(jsonb_build_object('person_id', person_id)))
            """)
        return [
            "person": person, "other": other, "ticket": ticket, "second": second, "escalated": escalated,
            "escalation": escalation,
        ]
    }
}
