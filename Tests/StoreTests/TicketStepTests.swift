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
        "escalate": "escalate_ticket({ticket}, {owner}, 'bug', 'high', 'broken', {developers})",
        "link": "link_ticket({ticket}, {other_escalation}, {owner})",
        "confirm": "confirm_fix({ticket}, {owner})",
        "turn_down": "decline_suggestion({ticket}, {head}, 'too dear')",
        "rejoin": nil, "rejoin_finished": nil, "hear_back": nil, "send_back": nil, "withdraw": nil, "propose": nil,
        "refuse": nil, "progress": nil, "ask": nil, "answer": nil,
    ]

    /// What only the owner may do; without one it is nobody's.
    static let ofOwner: Set = [
        "accept", "decline", "resolve", "reply", "wait", "hand_over", "escalate", "link", "confirm",
        "report_difficulty",
    ]
    /// What keeps the state and is journalled without any.
    static let stateless: Set = ["set_priority", "note", "propose", "progress", "ask", "answer"]

    struct Step: Sendable, CustomTestStringConvertible {
        let act: String
        let status: String
        var testDescription: String { "\(act) while \(status)" }

        static let all = acts.keys.sorted().flatMap { act in statuses.map { Step(act: act, status: $0) } }
    }

    /// A ticket in a state, brought there through the functions where there is a way.
    func scene(_ status: String, for act: String = "") async throws -> Scene {
        let here = try await Department(in: db, specialists: 2)
        let other = "other \(here.team)"
        try await db.script(
            """
            select secondline.add_queue('\(other)');
            select secondline.set_misplaced_topic('\(here.queue)', 'incomplete', 'elsewhere');
            """)
        let title = status == "returned" ? "incomplete" : "title"
        let kind = act == "turn_down" ? "suggestion" : "question"
        let ticket = try await db.id(
            """
            secondline.submit_ticket(
                '\(here.queue)', '\(title)', '', kind => '\(kind)', client => \(here.client), author => \(here.manager))
            """)
        let owner = here.specialists[0]
        var scene = Scene(words: [
            "ticket": "\(ticket)", "owner": "\(owner)", "colleague": "\(here.specialists[1])",
            "manager": "\(here.manager)", "head": "\(here.head)", "other_queue": "'\(other)'",
            "returned_to": "\(here.manager)",
        ])
        try await addDevelopers(to: &scene, here)
        if !["new", "returned"].contains(status) {
            try await db.assign([(ticket, owner)])
        }
        if !["new", "returned", "assigned"].contains(status) {
            try await db.script("select secondline.accept_ticket(\(ticket), \(owner))")
        }
        if act == "refuse", ["assigned", "accepted", "waiting_for_client"].contains(status) {
            try await db.script(scene(Self.propose))
        }
        switch status {
        case "waiting_for_client":
            try await db.script("select secondline.wait_for_client(\(ticket), \(owner), 'what?')")
        case "resolved": try await db.script("select secondline.resolve_ticket(\(ticket), \(owner), 'done')")
        case "cancelled": try await db.script("select secondline.cancel_ticket(\(ticket), \(owner), 'a mistake')")
        case "with_developer", "to_verify":
            try await escalate(&scene, "ticket", of: "owner", as: "escalation")
            if status == "to_verify" {
                try await db.script(
                    scene("select secondline.finish_escalation({escalation}, {developer}, 'fixed', 'patched')"))
            }
        default: break
        }
        #expect(try await db.value("select status from secondline.ticket where ticket_id = \(ticket)") == status)
        return scene
    }

    /// A developer, and an escalation of another ticket, which `{colleague}` has, that they work on.
    private func addDevelopers(to scene: inout Scene, _ here: Department) async throws {
        let queue = "developers \(here.team)"
        let developer = try await db.id("secondline.add_person(\(here.team), 'developer', 'Dora Developer')")
        try await db.script(
            """
            select secondline.add_queue('\(queue)', 3, 15);
            select secondline.set_escalation('\(here.queue)', '\(queue)');
            select secondline.add_member('\(queue)', \(developer));
            select secondline.start_workday(\(developer));
            """)
        scene.words["developers"] = "'\(queue)'"
        scene.words["developer"] = "\(developer)"
        let other = try await here.ticket(in: db)
        try await db.assign([(other, here.specialists[1])])
        scene.words["other"] = "\(other)"
        try await escalate(&scene, "other", of: "colleague", as: "other_escalation")
    }

    private func escalate(
        _ scene: inout Scene, _ ticket: String, of owner: String, as escalation: String
    ) async throws {
        let id = try await db.id(
            scene("secondline.escalate_ticket({\(ticket)}, {\(owner)}, 'bug', 'high', 'broken', {developers})"))
        let work = try await db.id("developer_ticket_id from secondline.escalation where escalation_id = \(id)")
        scene.words[escalation] = "\(id)"
        scene.words["work of \(escalation)"] = "\(work)"
        try await db.assign([(work, Int64(scene("{developer}"))!)])
        try await db.script(scene("select secondline.acknowledge_escalation(\(id), {developer})"))
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
        let scene = try await scene(step.status, for: step.act)
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

    static let propose =
        "select secondline_rules.propose_escalation(t.changed_at, t, 'slow') from secondline.ticket t where t.ticket_id = {ticket}"

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
            if let call = Self.acts[step.act]! {
                try await db.script(scene("select secondline.\(call)"))
            } else {
                try await withDevelopers(step, scene)
            }
        }
        let from = Self.stateless.contains(step.act) ? "-" : declared[1]
        entries.append("\(declared[0])|\(from)|\(declared[3])")
        #expect(try await db.lines(journal) == entries)
        #expect(
            try await db.value(scene("select status from secondline.ticket where ticket_id = {ticket}")) == declared[2])
        #expect(try await db.lines(scene("\(LedgerCheck.unknownSteps) and ticket_id = {ticket}")) == [])
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    /// What has no function of its own, or another one than the ticket's owner calls.
    private func withDevelopers(_ step: Step, _ scene: Scene) async throws {
        // whose owner has changed, or who waits for the same as another one
        let joins = "update secondline.ticket set escalation_id = {other_escalation} where ticket_id = {ticket}; "
        let attends =
            "; select secondline_rules.attend_escalations(clock_timestamp() + interval '1 second', '{{ticket}}')"
        let finish = "select secondline.finish_escalation({escalation}, {developer}, 'fixed', 'patched')"
        let sql =
            switch step.act {
            case "rejoin": joins + attends
            case "rejoin_finished": joins + finish.replacing("{escalation}", with: "{other_escalation}") + attends
            case "hear_back": finish
            case "send_back": "select secondline.send_back({escalation}, {owner}, 'no')"
            case "withdraw" where step.status == "to_verify":
                // another ticket waits for the same, and came back
                """
                update secondline.ticket set escalation_id = {escalation} where ticket_id = {other};
                select secondline.reopen_ticket({work of escalation}, {owner}, 'no');
                select secondline.cancel_ticket({work of escalation}, {owner}, 'no')
                """
            case "withdraw": "select secondline.cancel_ticket({work of escalation}, {owner}, 'no')"
            case "propose": Self.propose
            case "refuse":
                "select secondline.refuse_escalation(escalation_id, {owner}, 'no') from secondline.ticket where ticket_id = {ticket}"
            case "progress": joins + "select secondline.note_progress({other_escalation}, {developer}, 'nearly')"
            case "ask": joins + "select secondline.ask_owner({other_escalation}, {developer}, 'what?')"
            default:
                "update secondline.escalation set state = 'asked' where escalation_id = {other_escalation}; "
                    + joins + "select secondline.answer_developer({other_escalation}, {colleague}, 'that')"
            }
        try await db.script(scene(sql))
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
