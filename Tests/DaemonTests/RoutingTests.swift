import Daemon
import Postgres
import TestSupport
import Testing

@testable import Store

/// A queue whose tickets go to their clients' managers: three people at work, the first of whom is the client's manager.
private struct Line {
    let desk: Desk
    let words: [String: String]

    init(_ calls: [String] = [], skill: String? = nil) async throws {
        desk = try await Desk(specialists: 3, skill: skill)
        let here = desk.department
        words = [
            "manager": "\(here.specialists[0])", "substitute": "\(here.specialists[1])",
            "other": "\(here.specialists[2])", "head": "\(here.head)", "client": "\(here.client)",
            "queue": "'\(here.queue)'",
        ]
        try await desk.session.script(
            self("update secondline.client set account_manager_id = {manager} where client_id = {client}"))
        try await run(["secondline.set_routing({queue}, 'account_manager')"] + calls)
    }

    func callAsFunction(_ text: String) -> String {
        words.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
    }

    func run(_ calls: [String]) async throws {
        for call in calls {
            if call.hasPrefix("end ") {
                try await desk.session.endDay(of: Int64(self(String(call.dropFirst(4))))!)
            } else if call.hasPrefix("load ") {
                // so many minutes of work in hand
                let part = call.split(separator: " ")
                let ticket = try await desk.department.ticket(in: desk.session, effort: Int(part[2]))
                let person = self(String(part[1]))
                try await desk.session.script(
                    """
                    select secondline_rules.reassign(clock_timestamp(), \(ticket), \(person), \(self("{head}")), 'please');
                    select secondline.accept_ticket(\(ticket), \(person))
                    """)
            } else {
                try await desk.run(self(call))
            }
        }
    }

    /// The one word for a person's id.
    func name(_ id: String?) -> String? { words.first { $0.key != "client" && $0.value == id }?.key }

    func assignee(of ticket: Int64) async throws -> String? {
        name(try await desk.value("select assignee_id from secondline.ticket where ticket_id = \(ticket)"))
    }

    /// An hour goes by, in which nothing happens; what the audit finds then.
    func audited() async throws -> [String] {
        try await desk.session.script(
            """
            update secondline.person set changed_at = now() - interval '1 hour';
            update secondline.queue set changed_at = now() - interval '1 hour';
            update secondline.ticket set changed_at = now() - interval '1 hour', submitted_at = now() - interval '4 hours',
                   eligible_at = now() - interval '1 hour' where status = 'new';
            """)
        return try await desk.lines(
            "select ticket_id, person_id from secondline_rules.idle_specialist(clock_timestamp(), '1 minute')")
    }
}

extension Desk {
    /// Rows as text, `|` between columns and `-` for null.
    fileprivate func lines(_ sql: String) async throws -> [String] {
        try await session.simpleQuery(sql).map { row in row.map { $0 ?? "-" }.joined(separator: "|") }
    }
}

@Suite("tickets of a manager's clients", .serialized)
struct RoutingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        var calls: [String] = []
        var skill: String?
        var client = "{client}"
        /// Nil: nobody's.
        var goes: String?
        var reason: String?
        var waits: String?

        var testDescription: String { title }

        static let away = "secondline.record_absence({manager}, 'vacation', current_date - 1, current_date + 1)"
        static let awayByHour =
            "secondline.record_absence_hours({manager}, 'training', now() - interval '1 hour', now() + interval '1 hour')"
        static let substituteAway =
            "secondline.record_absence({substitute}, 'sick', current_date - 1, current_date + 1)"
        static let substitutes =
            "secondline.set_substitute({manager}, {substitute}), secondline.set_substitute({substitute}, {other})"
        static let cycle =
            "secondline.set_substitute({manager}, {substitute}), secondline.set_substitute({substitute}, {manager})"

        static let all = [
            Case(title: "the manager is there", goes: "manager", reason: "account_manager"),
            Case(
                title: "with more in hand than others", calls: ["load {manager} 150"], goes: "manager",
                reason: "account_manager"),
            Case(title: "the manager is full", calls: ["load {manager} 240"], waits: "awaits_manager"),
            Case(title: "the manager has too little room", calls: ["load {manager} 200"], waits: "awaits_manager"),
            Case(title: "the manager pauses", calls: ["secondline.pause_workday({manager})"], waits: "awaits_manager"),
            Case(title: "the manager is not at work", calls: [substitutes, "end {manager}"], waits: "awaits_manager"),
            Case(title: "the manager is absent", calls: [substitutes, away], goes: "substitute", reason: "substitute"),
            Case(
                title: "the manager is absent for an hour", calls: [substitutes, awayByHour], goes: "substitute",
                reason: "substitute"),
            Case(
                title: "the manager is absent, and not at work", calls: [substitutes, "end {manager}", away],
                goes: "substitute", reason: "substitute"),
            Case(
                title: "the manager was absent for an hour",
                calls: [
                    substitutes,
                    "secondline.record_absence_hours({manager}, 'sick', now() - interval '2 hours', now() - interval '1 hour')",
                ], goes: "manager", reason: "account_manager"),
            Case(
                title: "an absence was taken back",
                calls: [substitutes, away, "secondline.cancel_absence(absence_id) from secondline.absence"],
                goes: "manager", reason: "account_manager"),
            Case(
                title: "the manager has left", calls: [substitutes, "secondline.deactivate_person({manager})"],
                goes: "substitute", reason: "substitute"),
            Case(
                title: "the manager is no member",
                calls: [substitutes, "secondline.remove_member({queue}, {manager})"],
                goes: "substitute", reason: "substitute"),
            Case(
                title: "the manager does not have the skill",
                calls: [substitutes, "secondline.revoke_skill({manager}, 'french')"], skill: "french",
                goes: "substitute", reason: "substitute"),
            Case(
                title: "the substitute is not at work", calls: [substitutes, away, "end {substitute}"],
                waits: "awaits_manager"),
            Case(
                title: "the substitute is absent too", calls: [substitutes, away, substituteAway], goes: "other",
                reason: "substitute"),
            Case(
                title: "two who stand in for each other, one absent", calls: [cycle, away], goes: "substitute",
                reason: "substitute"),
            Case(
                title: "two who stand in for each other, both absent", calls: [cycle, away, substituteAway],
                goes: "other", reason: "only_candidate"),
            Case(
                title: "absent, without a substitute", calls: [away, "load {substitute} 150"], goes: "other",
                reason: "least_loaded"),
            Case(
                title: "a client without a manager",
                calls: ["load {manager} 150", "load {substitute} 100"],
                client: "(select max(client_id) from secondline.client)",
                goes: "other", reason: "least_loaded"),
            Case(
                title: "no client", calls: ["load {manager} 150", "load {substitute} 100"], client: "null",
                goes: "other", reason: "least_loaded"),
            Case(
                title: "a queue without members",
                calls: ["secondline.remove_member({queue}, p) from unnest(array[{manager}, {substitute}, {other}]) p"],
                waits: "no_members"),
            Case(
                title: "a queue by load", calls: ["load {manager} 150", "secondline.set_routing({queue}, 'load')"],
                goes: "substitute", reason: "first_of_equals"),
        ]
    }

    @Test(
        "a ticket goes to the client's manager, the substitute, or by load; or says what it waits for",
        arguments: Case.all)
    func cases(_ one: Case) async throws {
        let line = try await Line(["secondline.add_client('No manager')"] + one.calls, skill: one.skill)
        let ticket = try await line.desk.session.id(
            line("secondline.submit_ticket({queue}, 'title', '', client => \(one.client))"))
        try await line.desk.assign()
        #expect(try await line.assignee(of: ticket) == one.goes)
        #expect(
            try await line.desk.value("select reason from secondline.decision where ticket_id = \(ticket)")
                == one.reason)
        #expect(
            try await line.desk.value("select blocked_by from secondline.ticket_now where ticket_id = \(ticket)")
                == one.waits)
        #expect(
            try await line.desk.value("select blocked_by from secondline.queue_now where ticket_id = \(ticket)")
                == one.waits)
        if one.waits == "awaits_manager" {
            #expect(line.desk.recorded.lines("ticket.held").map { $0.contains("reason=awaits_manager") } == [true])
            let kept = try await line.desk.lines(
                "select obstacle, count(*) from secondline_rules.ticket_candidate(now(), \(ticket)) group by 1 order by 1"
            )
            #expect(kept.contains("not_manager|2") && kept.count == 2)
        }
        #expect(try await line.audited() == [])
        // nothing is said twice
        line.desk.recorded.forget()
        try await line.desk.assign()
        #expect(line.desk.recorded.lines == [])
        try await line.desk.close()
    }

    @Test("what waits for a manager goes to them when they come back, and its wait is over")
    func comesBack() async throws {
        let line = try await Line(["secondline.pause_workday({manager})"])
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        try await line.desk.assign()
        try await line.run(["secondline.resume_workday({manager})"])
        try await line.desk.assign()
        #expect(try await line.assignee(of: ticket) == "manager")
        #expect(
            try await line.desk.lines("select reason, ended_at is null from secondline.blocker")
                == ["awaits_manager|f"])
        try await line.desk.close()
    }

    @Test("who declined their client's ticket is not asked again, and it says that")
    func declined() async throws {
        let line = try await Line()
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        try await line.desk.assign()
        try await line.run(["secondline.decline_ticket(\(ticket), {manager}, 'no')"])
        try await line.desk.assign()
        #expect(
            try await line.desk.value("select blocked_by from secondline.queue_now where ticket_id = \(ticket)")
                == "declined")
        #expect(try await line.audited() == [])
        try await line.desk.close()
    }

    @Test(
        "however many tickets wait for a manager, those of others are found behind them",
        arguments: ["secondline.pause_workday({manager})", "load {manager} 200", "declined"])
    func page(call: String) async throws {
        let line = try await Line(call == "declined" ? [] : [call])
        let client = try await line.desk.session.id(line("secondline.add_client('Another', {other})"))
        try await line.desk.session.script(
            line(
                """
                insert into secondline.ticket (queue, title, client_id, priority)
                select {queue}, 'title', {client}, 'urgent' from generate_series(1, 300);
                update secondline.ticket set declined_by = \(call == "declined" ? "array[{manager}]" : "null") where status = 'new';
                """))
        let ticket = try await line.desk.session.id(
            line("secondline.submit_ticket({queue}, 'title', '', client => \(client))"))
        // a page of at most 200
        let duty = AssignmentDuty(log: line.desk.recorded.log, batchSize: 10)
        _ = try await duty.run(line.desk.session)
        #expect(try await line.assignee(of: ticket) == "other")
        try await line.desk.close()
    }

    @Test("a ticket that starves keeps room with its manager, also behind many of others")
    func starves() async throws {
        let line = try await Line([
            "load {manager} 200", "load {other} 100", "secondline.set_starvation_bound({queue}, '0')",
        ])
        let client = try await line.desk.session.id(line("secondline.add_client('Another', {other})"))
        let large = try await line.desk.department.ticket(in: line.desk.session)
        let small = try await line.desk.department.ticket(in: line.desk.session, effort: 15)
        let others = try await line.desk.session.id(
            line("secondline.submit_ticket({queue}, 'title', '', client => \(client))"))
        try await line.desk.assign()
        #expect(
            try await line.desk.lines(
                "select ticket_id, blocked_by from secondline.queue_now order by ticket_id")
                == ["\(large)|reserving", "\(small)|awaits_manager"])
        #expect(try await line.assignee(of: others) == "other")
        try await line.desk.close()
    }

    @Test("a ticket that waits beside its free manager is told by the audit, one beside somebody else is not")
    func audit() async throws {
        let line = try await Line(["secondline.pause_workday({manager})"])
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        #expect(try await line.audited() == [])
        try await line.run(["secondline.resume_workday({manager})"])
        #expect(try await line.audited() == [line("\(ticket)|{manager}")])
        // another one may have it as well
        try await line.desk.session.script(line("update secondline.ticket set preferred_id = {other}"))
        try await line.run(["secondline.pause_workday({manager})"])
        #expect(try await line.audited() == [line("\(ticket)|{other}")])
        // nobody's: anybody
        try await line.desk.session.script(
            "update secondline.ticket set preferred_id = null; update secondline.client set account_manager_id = null")
        #expect(try await line.audited() == [line("\(ticket)|{substitute}")])
        // the manager is absent since half a minute only
        try await line.desk.session.script(
            line(
                "update secondline.client set account_manager_id = {manager}; update secondline.queue set changed_at = now()"
            ))
        try await line.run([
            "secondline.set_substitute({manager}, {substitute})",
            "secondline.record_absence_hours({manager}, 'sick', now() - interval '30 s', now() + interval '1 hour')",
        ])
        #expect(try await line.audited() == [])
        try await line.desk.close()
    }

    @Test("whom a ticket prefers gets it if they can, once")
    func preferred() async throws {
        let line = try await Line(["secondline.set_routing({queue}, 'load')", "load {other} 150"])
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        let late = try await line.desk.department.ticket(in: line.desk.session, effort: 100)
        try await line.desk.session.script(
            line("update secondline.ticket set preferred_id = {other} where status = 'new'"))
        try await line.desk.assign()
        #expect(try await line.assignee(of: ticket) == "other")
        #expect(try await line.assignee(of: late) == "manager")
        #expect(
            try await line.desk.lines(
                """
                select d.reason, t.preferred_id from secondline.decision d join secondline.ticket t using (ticket_id)
                 where ticket_id in (\(ticket), \(late)) order by ticket_id
                """) == ["substitute|-", "first_of_equals|-"])
        try await line.desk.close()
    }

    @Test("who left an offer untouched is asked again only when nobody else can take it; explain says so")
    func passed() async throws {
        let line = try await Line(["secondline.set_routing({queue}, 'load')", "secondline.pause_workday({other})"])
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        try await line.desk.session.script(line("update secondline.ticket set passed_by = array[{manager}]"))
        let candidates =
            "select person_id, obstacle from secondline_rules.ticket_candidate(now(), \(ticket)) order by 1"
        #expect(
            try await line.desk.lines(candidates).map { $0.split(separator: "|")[1] } == [
                "passed", "-", "paused",
            ])
        try await line.desk.assign()
        #expect(try await line.assignee(of: ticket) == "substitute")
        #expect(
            try await line.desk.value("select candidates -> 'excluded' ->> 'passed' from secondline.decision") == "1")
        try await line.run(["secondline.decline_ticket(\(ticket), {substitute}, 'no')"])
        #expect(
            try await line.desk.lines(candidates).map { $0.split(separator: "|")[1] } == [
                "-", "declined", "paused",
            ])
        try await line.desk.assign()
        #expect(try await line.assignee(of: ticket) == "manager")
        try await line.desk.close()
    }

    @Test(
        "where offers are accepted at once a ticket is accepted when it is given, and its popup stays until it is worked on"
    )
    func atOnce() async throws {
        let line = try await Line(["secondline.set_accept_within({queue}, '0')"])
        let ticket = try await line.desk.department.ticket(in: line.desk.session)
        try await line.desk.assign()
        let state = """
            select t.status, a.state, a.accepted_at = a.offered_at,
                   (select count(*) from secondline.inbox i where i.person_id = t.assignee_id and i.kind = 'ticket.offered')
              from secondline.ticket t join secondline.assignment a using (ticket_id) where ticket_id = \(ticket) and a.ended_at is null
            """
        #expect(try await line.desk.lines(state) == ["accepted|accepted|t|1"])
        #expect(
            try await line.desk.lines(
                "select event, from_status, to_status from secondline.journal where ticket_id = \(ticket) order by journal_id"
            )
                == ["submitted|-|new", "assigned|new|assigned", "accepted|assigned|accepted"])
        // by hand, too
        try await line.run(["secondline.reassign_ticket(\(ticket), {other}, {head}, 'please')"])
        #expect(try await line.desk.lines(state) == ["accepted|accepted|t|1"])
        try await line.run(["secondline.add_note(\(ticket), {other}, 'on it')"])
        #expect(try await line.desk.lines(state) == ["accepted|accepted|f|0"])
        #expect(try await LedgerCheck.faults(in: line.desk.session) == [])
        try await line.desk.close()
    }
}
