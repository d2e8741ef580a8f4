import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct RegulationTests {
    /// A department and the words for it; `{full}` is a description that is long enough.
    private func scene(rules: [String] = []) async throws -> Scene {
        let here = try await Department(in: db, specialists: 1)
        let other = try await Department(in: db, specialists: 1)
        let orphan = try await db.id("secondline.add_client('orphan \(here.team)')")
        try await db.script("select secondline.set_locale(\(here.head), 'ru')")
        let scene = Scene(words: [
            "queue": "'\(here.queue)'", "other_queue": "'\(other.queue)'", "head": "\(here.head)",
            "manager": "\(here.manager)", "owner": "\(here.specialists[0])", "stranger": "\(other.specialists[0])",
            "client": "\(here.client)", "orphan": "\(orphan)",
            "full": "'it stands still, it should run, it printed nothing'",
        ])
        for rule in rules { try await db.script(scene("select secondline.\(rule)")) }
        return scene
    }

    private static let everything = [
        "set_regulation({queue}, '{bug,question}', 20, '{client,effort}', true)",
        "set_misplaced_topic({queue}, 'invoice|billing', 'ask the accountants')",
    ]

    private func state(_ ticket: Int64) async throws -> String {
        try await db.lines("select status, returned_to from secondline.ticket where ticket_id = \(ticket)").joined()
    }

    private func submit(_ scene: Scene, _ rest: String) async throws -> Int64 {
        try await db.id(scene("secondline.submit_ticket({queue}, \(rest))"))
    }

    @Test("a queue asks for nothing until it is told to, and again when that is cleared")
    func off() async throws {
        let scene = try await scene()
        #expect(try await state(submit(scene, "'billing', '', author => {manager}")) == "new|-")
        for rule in Self.everything { try await db.script(scene("select secondline.\(rule)")) }
        #expect(try await state(submit(scene, "'billing', '', author => {manager}")) == scene("returned|{manager}"))
        try await db.script(scene("select secondline.clear_regulation({queue})"))
        #expect(try await state(submit(scene, "'billing', '', author => {manager}")) == "new|-")
        #expect(try await db.lines(scene("select * from secondline.check_ticket({queue}, 'billing')")) == [])
    }

    struct Rule: Sendable, CustomTestStringConvertible {
        let rule: String
        let set: String
        let bad: String
        let good: String
        var testDescription: String { "\(rule): \(set)" }

        static let all = [
            Rule(
                rule: "kind", set: "set_regulation({queue}, '{bug}')", bad: "'title', ''",
                good: "'title', '', kind => 'bug'"),
            Rule(
                rule: "description_length", set: "set_regulation({queue}, description_length => 5)",
                bad: "'title', '  1234  '", good: "'title', '12345'"),
            Rule(
                rule: "priority", set: "set_regulation({queue}, needs_priority => true)", bad: "'title', ''",
                good: "'title', '', priority => 'low'"),
            Rule(
                rule: "missing_client", set: "set_regulation({queue}, fields => array['client'])", bad: "'title', ''",
                good: "'title', '', client => {client}"),
            Rule(
                rule: "missing_effort", set: "set_regulation({queue}, fields => '{effort}')", bad: "'title', ''",
                good: "'title', '', effort_minutes => 75"),
            Rule(
                rule: "missing_description", set: "set_regulation({queue}, fields => '{description}')",
                bad: "'title', E' \\n'", good: "'title', 'words'"),
            Rule(
                rule: "topic", set: "set_misplaced_topic({queue}, 'invoice|billing', 'elsewhere')",
                bad: "'An INVOICE is lost', ''", good: "'A voice is lost', ''"),
            Rule(
                rule: "topic", set: "set_misplaced_topic({queue}, 'invoice|billing', 'elsewhere')",
                bad: "'lost', 'the Billing of May'", good: "'lost', 'the bill'"),
        ]
    }

    @Test("each rule, when a form asks and when the ticket comes", arguments: Rule.all)
    func rules(_ one: Rule) async throws {
        let scene = try await scene(rules: [one.set])
        let check = "select rule from secondline.check_ticket({queue}, "
        #expect(try await db.lines(scene("\(check)\(one.bad))")) == [one.rule])
        #expect(try await db.lines(scene("\(check)\(one.good))")) == [])
        #expect(try await state(submit(scene, "\(one.bad), author => {manager}")) == scene("returned|{manager}"))
        #expect(try await state(submit(scene, "\(one.good), author => {manager}")) == "new|-")
    }

    @Test("a skill that must be named is not the queue's own")
    func skill() async throws {
        let scene = try await scene()
        let queue = "deep \(scene("{head}"))"
        try await db.script(
            """
            select secondline.add_queue('\(queue)', required_skill => 'depth');
            select secondline.set_regulation('\(queue)', fields => '{skill}');
            """)
        let ticket = try await db.id(scene("secondline.submit_ticket('\(queue)', 'title', '', author => {manager})"))
        #expect(try await state(ticket) == scene("returned|{manager}"))
        // what the queue filled in is not an answer
        await db.expectRefusal(
            "SL007", scene("select secondline.resubmit_ticket(\(ticket), {manager}, title => 'more')"))
        try await db.script(scene("select secondline.resubmit_ticket(\(ticket), {manager}, skill => 'depth')"))
        #expect(try await state(ticket) == "new|-")
    }

    @Test(
        "the reasons are told to the author in their language, and stand in the journal",
        arguments: ["manager", "head"])
    func reasons(author: String) async throws {
        let scene = try await scene(rules: Self.everything)
        let ticket = try await submit(scene, "'billing', '', kind => 'task', author => {\(author)}")
        let text =
            author == "manager"
            ? [
                "• Only these kinds belong here: bug, question.",
                "• The description has fewer than 20 characters: what was done, what was expected, what happened?",
                "• Choose a priority.", "• Missing: client.", "• Missing: effort.",
                "• This belongs elsewhere: ask the accountants",
            ]
            : [
                "• Сюда относятся только заявки видов: bug, question.",
                "• Описание короче 20 знаков: что вы делали, что ожидали и что вышло?", "• Выберите приоритет.",
                "• Не указано: client.", "• Не указано: effort.", "• Этому здесь не место: ask the accountants",
            ]
        let entries = try await db.simpleQuery(
            "select event, person_id, from_status, to_status, note from secondline.journal where ticket_id = \(ticket) order by journal_id"
        )
        #expect(entries.map { $0[0] } == ["submitted", "returned"])
        #expect(entries.last?[1] == scene("{\(author)}"))
        #expect(Set(entries.last?[4]?.split(separator: "\n").map(String.init) ?? []) == Set(text))
        let popup = try await db.simpleQuery(
            scene(
                "select subject, text from secondline.inbox where person_id = {\(author)} and kind = 'ticket.returned'")
        )
        #expect(popup.count == 1)
        #expect(
            popup.first?[0]
                == (author == "manager"
                    ? "Ticket \(ticket) needs more: billing" : "Дополните заявку \(ticket): billing"))
        for line in text { #expect(popup.first?[1]?.contains(line) == true, "\(line)") }
    }

    @Test(
        "a client's ticket goes to the account manager, without one straight to support",
        arguments: [
            ("client => {client}", "returned|{manager}"), ("client => {orphan}", "new|-"), ("client => null", "new|-"),
        ])
    func client(given: String, leaves: String) async throws {
        let scene = try await scene(rules: Self.everything)
        #expect(try await state(submit(scene, "'billing', '', \(given)")) == scene(leaves))
    }

    @Test(
        "who has left is asked for nothing: neither the author, nor the manager, nor of what they had been asked before"
    )
    func left() async throws {
        let scene = try await scene(rules: Self.everything)
        let early = try await submit(scene, "'billing', '', author => {manager}")
        let age = "select eligible_at from secondline.ticket where ticket_id = \(early)"
        let before = try await db.value(age)
        try await db.script(scene("select secondline.deactivate_person({manager})"))
        #expect(try await state(early) == "new|-")
        #expect(try await db.value(age) == before)
        #expect(
            try await db.lines(
                "select event, from_status, to_status from secondline.journal where ticket_id = \(early) order by journal_id desc limit 1"
            ) == ["rehomed|returned|new"])
        let late = try await db.id(
            scene(
                """
                ticket_id from secondline.ticket where false union all
                select secondline_rules.submit(clock_timestamp(), {queue}, 'billing', '', null, 'question', {client}, {manager}, null, null)
                """))
        #expect(try await state(late) == "new|-")
    }

    @Test("a plain insert and an import are treated alike, row by row, and only what competes wakes the daemon")
    func insert() async throws {
        let scene = try await scene(rules: Self.everything)
        let heard = try await hints {
            try await db.script(
                scene("insert into secondline.ticket (queue, title, author_id) values ({queue}, 'alone', {manager})"))
        }
        #expect(heard == [])
        try await db.script(
            scene(
                """
                insert into secondline.ticket (queue, title, description, priority, client_id, effort_minutes, author_id) values
                    ({queue}, 'many good', {full}, 'low', {client}, 10, {manager}), ({queue}, 'many bad', {full}, 'low', {client}, null, {manager}),
                    ({queue}, 'many billing', {full}, 'low', {client}, 10, {manager}), ({queue}, 'many nobody''s', '', null, null, null, null);
                """))
        #expect(
            try await db.lines(
                scene("select title, status from secondline.ticket where queue = {queue} order by ticket_id"))
                == [
                    "alone|returned", "many good|new", "many bad|returned", "many billing|returned",
                    "many nobody's|new",
                ])
        #expect(
            try await db.value(
                scene(
                    "select count(*) from secondline.message where kind = 'ticket.returned' and person_id = {manager}"))
                == "3")
        #expect(try await db.lines("\(LedgerCheck.unknownSteps)") == [])
    }

    @Test("a completed ticket competes from then on; the one asked, the author, the manager or a head completes it")
    func resubmitted() async throws {
        let by = ["{manager}", "{head}"]
        for person in by {
            let scene = try await scene(rules: Self.everything)
            let ticket = try await submit(scene, "'billing', '', author => {manager}")
            await db.expectRefusal(
                "SL005", scene("select secondline.resubmit_ticket(\(ticket), {stranger}, title => 'x')"))
            let error = await db.refusal(
                scene("select secondline.resubmit_ticket(\(ticket), \(person), title => 'The printer')"))
            #expect(error?.sqlState == "SL007")
            #expect(error?.detail?.split(separator: "\n").count == 4, "\(error?.detail ?? "")")
            #expect(error?.hint?.isEmpty == false)
            let before = try await db.value("select clock_timestamp()")!
            try await db.script(
                scene(
                    """
                    select secondline.resubmit_ticket(\(ticket), \(person), 'The printer', {full}, 'high', 'bug', client => {client}, effort_minutes => 30)
                    """))
            #expect(
                try await db.lines(
                    scene(
                        """
                        select status, returned_to, title, description = {full}, priority, kind, client_id = {client}, effort_minutes,
                               eligible_at > '\(before)', submitted_at < '\(before)', client_waits_since = submitted_at
                          from secondline.ticket where ticket_id = \(ticket)
                        """)) == ["new|-|The printer|t|high|bug|t|30|t|t|t"])
            try await db.assign([(ticket, Int64(scene("{owner}"))!)])
            #expect(try await state(ticket) == "assigned|-")
        }
    }

    @Test("what the author said themselves stays said, also when it is what the queue would have said")
    func said() async throws {
        let scene = try await scene(rules: Self.everything)
        let rest = "'low', client => {client}, effort_minutes => 75, author => {manager}"
        let ticket = try await submit(scene, "'billing', {full}, \(rest)")
        #expect(try await state(ticket) == scene("returned|{manager}"))
        #expect(
            try await db.value("select note from secondline.journal where ticket_id = \(ticket) and event = 'returned'")
                == "• This belongs elsewhere: ask the accountants")
        try await db.script(scene("select secondline.resubmit_ticket(\(ticket), {manager}, 'The printer')"))
        #expect(try await state(ticket) == "new|-")
    }

    @Test("resubmitted into another queue it obeys that one, and takes its effort")
    func otherQueue() async throws {
        let scene = try await scene(rules: Self.everything)
        let ticket = try await submit(scene, "'billing', '', author => {manager}")
        let queue = "quick \(ticket)"
        try await db.script("select secondline.add_queue('\(queue)', effort_minutes => 20)")
        try await db.script(scene("select secondline.resubmit_ticket(\(ticket), {manager}, queue => '\(queue)')"))
        #expect(
            try await db.lines(
                "select status, queue, effort_minutes from secondline.ticket where ticket_id = \(ticket)")
                == ["new|\(queue)|20"])
    }

    @Test(
        "what cannot be is refused with a hint, and changes nothing",
        arguments: [
            Refused("P0002", "set_regulation('nowhere')"), Refused("P0002", "set_regulation(null)"),
            Refused("P0002", "clear_regulation('nowhere')"),
            Refused(
                "23514", "set_regulation({queue}, fields => '{shoe_size}')",
                constraint: "regulation_fields_known_check", hint: false),
            Refused("23514", "set_regulation({queue}, description_length => -1)", hint: false),
            Refused("23514", "set_regulation({queue}, description_length => 10001)", hint: false),
            Refused("P0002", "set_misplaced_topic('nowhere', 'a', 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, '(', 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, '*', 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, '^(.+)(.+)\\1\\2$', 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, ' ', 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, null, 'b')"),
            Refused("22023", "set_misplaced_topic({queue}, 'a', ' ')"),
            Refused("22023", "set_misplaced_topic({queue}, repeat('a', 501), 'b')"),
            Refused("P0002", "check_ticket('nowhere', 'title')"),
            Refused("P0002", "resubmit_ticket(-1, {manager})"), Refused("P0002", "resubmit_ticket({returned}, -1)"),
            Refused("P0002", "resubmit_ticket({returned}, {manager}, queue => 'nowhere')"),
            Refused("P0002", "resubmit_ticket({returned}, {manager}, client => -1)"),
            Refused("SL005", "resubmit_ticket({returned}, {stranger})"),
            Refused("SL006", "resubmit_ticket({new}, {manager})"),
            Refused("SL007", "resubmit_ticket({returned}, {manager}, 'The printer')"),
            Refused("22023", "resubmit_ticket({complete}, {manager}, '  ')"),
        ])
    func refused(_ one: Refused) async throws {
        var scene = try await scene(rules: Self.everything)
        let rest = "{full}, 'low', client => {client}, effort_minutes => 10, author => {manager}"
        scene.words["returned"] = "\(try await submit(scene, "'billing', '', author => {manager}"))"
        scene.words["complete"] = "\(try await submit(scene, "'billing', \(rest)"))"
        scene.words["new"] = "\(try await submit(scene, "'title', \(rest)"))"
        try await one.check(scene)
    }

    @Test("a topic is taken back with null")
    func takenBack() async throws {
        let scene = try await scene(rules: Self.everything)
        try await db.script(scene("select secondline.set_misplaced_topic({queue}, 'invoice|billing', null)"))
        #expect(
            try await db.lines(
                scene(
                    "select rule from secondline.check_ticket({queue}, 'billing', {full}, 'low', client => 1, effort_minutes => 1)"
                )) == [])
    }
}
