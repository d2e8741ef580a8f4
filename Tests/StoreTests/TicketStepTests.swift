import Postgres
import TestSupport
import Testing

/// Every act in every state, allowed or refused as secondline.ticket_step declares it.
@Suite(.serialized, .ownDatabase) struct TicketStepTests {
    static let statuses = [
        "new", "returned", "assigned", "accepted", "waiting_for_client", "with_developer", "to_verify", "resolved",
        "cancelled",
    ]

    /// What does an act; nil where no function of its own does, so that only the rules refuse it.
    static let acts: [String: String?] = [
        "assign": nil,
        "accept": "accept_ticket({ticket}, {owner})",
        "decline": "decline_ticket({ticket}, {owner}, 'no time')",
        "resolve": "resolve_ticket({ticket}, {owner}, 'done')",
        "reassign": "reassign_ticket({ticket}, {colleague}, {head}, 'knows it')",
        "set_priority": "set_priority({ticket}, 'high', {manager})",
        "move": "move_ticket({ticket}, {other_queue}, {manager}, 'theirs')",
        "rehome": nil,
        "cancel": "cancel_ticket({ticket}, {manager}, 'a mistake')",
        "reply": "reply_to_client({ticket}, {owner}, 'we look into it')",
        "wait": "wait_for_client({ticket}, {owner}, 'which version?')",
        "client_reply": "client_replied({ticket}, 'the last one')",
        "give_up": nil,
        "reopen": "reopen_ticket({ticket}, {manager}, 'it is back')",
        "reopen_anew": nil,
        "hand_over": "hand_over({ticket}, {other_queue}, {owner}, 'theirs')",
        "return": nil,
        "resubmit": "resubmit_ticket({ticket}, {manager}, title => 'complete')",
        "note": "add_note({ticket}, {manager}, 'a note')",
        "time_out": nil,
        "report_difficulty": "report_difficulty({ticket}, {owner}, 'it hangs')",
    ]

    /// What only the owner may do; without one it is nobody's.
    static let ofOwner: Set = ["accept", "decline", "resolve", "reply", "wait", "hand_over", "report_difficulty"]
    /// What keeps the state and is journalled without any.
    static let stateless: Set = ["set_priority", "note"]

    struct Step: Sendable, CustomTestStringConvertible {
        let act: String
        let status: String
        var testDescription: String { "\(act) while \(status)" }

        static let all = acts.keys.sorted().flatMap { act in statuses.map { Step(act: act, status: $0) } }
    }

    /// A ticket in a state, brought there through the functions where there is a way.
    func scene(_ status: String) async throws -> Scene {
        let here = try await Department(in: db, specialists: 2)
        let other = "other \(here.team)"
        try await db.script(
            """
            select secondline.add_queue('\(other)');
            select secondline.set_misplaced_topic('\(here.queue)', 'incomplete', 'elsewhere');
            """)
        let title = status == "returned" ? "incomplete" : "title"
        let ticket = try await db.id(
            "secondline.submit_ticket('\(here.queue)', '\(title)', '', client => \(here.client), author => \(here.manager))"
        )
        let owner = here.specialists[0]
        if !["new", "returned"].contains(status) {
            try await db.assign([(ticket, owner)])
        }
        if !["new", "returned", "assigned"].contains(status) {
            try await db.script("select secondline.accept_ticket(\(ticket), \(owner))")
        }
        switch status {
        case "waiting_for_client":
            try await db.script("select secondline.wait_for_client(\(ticket), \(owner), 'what?')")
        case "resolved": try await db.script("select secondline.resolve_ticket(\(ticket), \(owner), 'done')")
        case "cancelled": try await db.script("select secondline.cancel_ticket(\(ticket), \(owner), 'a mistake')")
        case "with_developer", "to_verify":
            // nothing leads there yet
            try await db.script(
                """
                update secondline.ticket set status = '\(status)' where ticket_id = \(ticket);
                update secondline.assignment set weight_minutes = secondline_rules.weight('\(status)', weight_minutes)
                 where ticket_id = \(ticket);
                """)
        default: break
        }
        #expect(try await db.value("select status from secondline.ticket where ticket_id = \(ticket)") == status)
        return Scene(words: [
            "ticket": "\(ticket)", "owner": "\(owner)", "colleague": "\(here.specialists[1])",
            "manager": "\(here.manager)", "head": "\(here.head)", "other_queue": "'\(other)'",
            "returned_to": "\(here.manager)",
        ])
    }

    @Test("the acts and states of these tests are those of the declaration")
    func complete() async throws {
        #expect(
            try await db.lines("select distinct act from secondline.ticket_step order by 1")
                == Self.acts.keys.sorted())
        #expect(
            try await db.lines("select unnest(enum_range(null::secondline.ticket_status))") == Self.statuses)
        #expect(
            try await db.lines("select act from secondline.ticket_step group by act having count(distinct event) > 1")
                == [])
    }

    @Test("an act is possible in the states of the declaration, and refused in all others", arguments: Step.all)
    func step(_ step: Step) async throws {
        let scene = try await scene(step.status)
        let declared = try await db.lines(
            """
            select event, from_status, coalesce(to_status, from_status), to_status from secondline.ticket_step
             where act = '\(step.act)' and from_status = '\(step.status)'
            """)
        if let declared = declared.first {
            try await allowed(step, declared.split(separator: "|").map(String.init), scene)
        } else {
            let call = Self.acts[step.act]! ?? takeStep(step.act)
            let isNobodys = Self.ofOwner.contains(step.act) && ["new", "returned"].contains(step.status)
            try await Refused(isNobodys ? "SL005" : "SL006", call).check(scene)
        }
    }

    func takeStep(_ act: String) -> String {
        """
        secondline_rules.take_step(clock_timestamp(), t, '\(act)', t.assignee_id, {head})
          from secondline.ticket t where t.ticket_id = {ticket}
        """
    }

    func allowed(_ step: Step, _ declared: [String], _ scene: Scene) async throws {
        let journal = scene(
            "select event, from_status, to_status from secondline.journal where ticket_id = {ticket} order by journal_id"
        )
        var entries = try await db.lines(journal)
        switch step.act {
        case "assign":
            let (ticket, person) = (Int64(scene("{ticket}"))!, Int64(scene("{colleague}"))!)
            #expect(try await db.assign([(ticket, person)]) == [ticket])
        case "rehome":
            let person = step.status == "returned" ? "{returned_to}" : "{owner}"
            try await db.script(scene("select secondline.deactivate_person(\(person))"))
        case "give_up", "time_out":
            try await db.script(
                scene(
                    """
                    select secondline_rules.\(step.act)(clock_timestamp(), t) from secondline.ticket t where t.ticket_id = {ticket}
                    """))
        case "reopen_anew":
            try await db.script(scene("select secondline.deactivate_person({owner})"))
            try await db.script(scene("select secondline.reopen_ticket({ticket}, {manager}, 'it is back')"))
        case "return":
            // the way of a ticket that arrives
            let returned = try await self.scene("returned")
            #expect(
                try await db.lines(
                    returned(
                        "select event, from_status, to_status from secondline.journal where ticket_id = {ticket} order by journal_id"
                    )) == ["submitted|-|new", "returned|new|returned"])
            return
        default:
            try await db.script(scene("select secondline.\(Self.acts[step.act]!!)"))
        }
        let from = Self.stateless.contains(step.act) ? "-" : declared[1]
        entries.append("\(declared[0])|\(from)|\(declared[3])")
        #expect(try await db.lines(journal) == entries)
        #expect(
            try await db.value(scene("select status from secondline.ticket where ticket_id = {ticket}")) == declared[2])
        if !["with_developer", "to_verify"].contains(step.status) {
            #expect(try await db.lines(scene("\(LedgerCheck.unknownSteps) and ticket_id = {ticket}")) == [])
        }
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    @Test("what the declaration does not refuse to anybody, the daemon does not assign either", arguments: statuses)
    func assignment(status: String) async throws {
        let scene = try await scene(status)
        let (ticket, person) = (Int64(scene("{ticket}"))!, Int64(scene("{colleague}"))!)
        let allowed = try await db.lines("select from_status from secondline.ticket_step where act = 'assign'")
        #expect(try await db.assign([(ticket, person)]) == (allowed.contains(status) ? [ticket] : []))
    }

    @Test(
        "the walk through a journal finds what does not belong there",
        arguments: [
            "'forged', 'accepted', 'resolved'", "'resolved', 'assigned', 'resolved'", "'declined', 'accepted', 'new'",
            "'resolved', 'accepted', 'new'", "'resolved', null, 'resolved'", "'submitted', null, 'new'",
            "'resolved', 'accepted', null", "'reopened', null, null",
        ])
    func walk(entry: String) async throws {
        let scene = try await scene("accepted")
        let walk = scene("select count(*) from (\(LedgerCheck.unknownSteps)) w where ticket_id = {ticket}")
        try await db.script(scene("select secondline.add_note({ticket}, {manager}, 'a note')"))
        #expect(try await db.value(walk) == "0")
        try await db.script(
            scene(
                """
                insert into secondline.journal (ticket_id, at, event, from_status, to_status)
                select {ticket}, clock_timestamp(), \(entry)
                """))
        #expect(try await db.value(walk) == "1")
        #expect(
            try await LedgerCheck.faults(in: db).contains {
                $0.contains(scene("state machine does not know: {ticket},"))
            })
        try await db.script(scene("delete from secondline.journal where ticket_id = {ticket} and to_status = 'new'"))
        #expect(try await db.value(walk) != "0")
        try await db.script(scene("delete from secondline.journal where ticket_id = {ticket}"))
    }
}
