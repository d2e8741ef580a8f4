import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct SubmitTests {
    @Test("a submitted ticket waits, with what its queue decides filled in and no priority invented")
    func submitted() async throws {
        let here = try await Department(in: db, effort: 50, skill: "french")
        let ticket = try await db.id("secondline.submit_ticket('\(here.queue)', 'Help', null)")
        #expect(
            try await db.lines(
                """
                select queue, status, priority, kind, skill, effort_minutes, description, author_id, assignee_id,
                       submitted_at = eligible_at, external_key from secondline.ticket where ticket_id = \(ticket)
                """) == ["\(here.queue)|new|-|question|french|50||-|-|t|-"])
        #expect(
            try await db.lines(
                "select event, person_id, from_status, to_status from secondline.journal where ticket_id = \(ticket)")
                == ["submitted|-|-|new"])
    }

    @Test("enum arguments may be varchar, as drivers send them")
    func varchar() async throws {
        let here = try await Department(in: db, specialists: 0)
        let ticket = try await db.id(
            "secondline.submit_ticket('\(here.queue)'::varchar, 'Help'::varchar, ''::varchar, 'high'::varchar, 'bug'::varchar)"
        )
        #expect(
            try await db.lines("select priority, kind from secondline.ticket where ticket_id = \(ticket)") == [
                "high|bug"
            ])
        let person = try await db.id("secondline.add_person(\(here.team), 'specialist'::varchar, 'Vera')")
        _ = try await db.id("secondline.record_absence(\(person), 'sick'::varchar, '2030-01-01', '2030-01-02')")
        try await db.script("select secondline.set_head_start('\(here.queue)', 'urgent'::varchar, '9 days')")
    }

    static let refusals: [Refused] = [
        Refused("P0002", "submit_ticket('nowhere', 'title', '')"),
        Refused("P0002", "submit_ticket(null, 'title', '')"),
        Refused("P0002", "submit_ticket({queue}, 'title', '', client => -1)"),
        Refused("P0002", "submit_ticket({queue}, 'title', '', author => -1)"),
        Refused("23514", "submit_ticket({queue}, '', '')", constraint: "ticket_title_not_blank_check"),
        Refused("23514", "submit_ticket({queue}, null, '')", constraint: "ticket_title_not_blank_check"),
        Refused("23514", "submit_ticket({queue}, E' \\n\\t', '')", constraint: "ticket_title_not_blank_check"),
        Refused("23514", "submit_ticket({queue}, repeat('x', 501), '')", constraint: "ticket_title_not_blank_check"),
        Refused("23514", "submit_ticket({queue}, E'two\\nlines', '')", constraint: "ticket_title_printable_check"),
        Refused("23514", "submit_ticket({queue}, E'\\x1b[31mred', '')", constraint: "ticket_title_printable_check"),
        Refused(
            "23514", "submit_ticket({queue}, 'title', repeat('x', 262145))",
            constraint: "ticket_description_length_check"),
        Refused(
            "23514", "submit_ticket({queue}, 'title', E'a\\x01b')", constraint: "ticket_description_printable_check"),
        Refused("23514", "submit_ticket({queue}, 'title', E'\\x7f')", constraint: "ticket_description_printable_check"),
        Refused(
            "23514", "submit_ticket({queue}, 'title', '', effort_minutes => 0)",
            constraint: "ticket_effort_positive_check",
            hint: false),
        Refused(
            "23514", "submit_ticket({queue}, 'title', '', effort_minutes => 100001)",
            constraint: "ticket_effort_positive_check", hint: false),
        Refused(
            "23514", "submit_ticket({queue}, 'title', '', external_key => '')",
            constraint: "ticket_external_key_length_check", hint: false),
        Refused("22P02", "submit_ticket({queue}, 'title', '', 'asap')", hint: false),
        Refused("22P02", "submit_ticket({queue}, 'title', '', kind => 'complaint')", hint: false),
    ]

    @Test("a ticket that cannot be is refused with what to do", arguments: refusals)
    func refused(_ one: Refused) async throws {
        try await one.check(Scene(in: db))
    }

    @Test(
        "what is long or unusual but text is kept as it is",
        arguments: [
            ("repeat('ä', 500)", "repeat('ß', 262144)"), ("'emoji 🙂 and עברית'", "E'tab\\tand\\r\\nlines'"),
            ("'it''s; drop table ticket --'", "'$1 %s \\ {}'"),
        ])
    func kept(title: String, description: String) async throws {
        let here = try await Department(in: db, specialists: 0)
        let ticket = try await db.id("secondline.submit_ticket('\(here.queue)', \(title), \(description))")
        #expect(
            try await db.lines(
                "select title = \(title), description = \(description) from secondline.ticket where ticket_id = \(ticket)"
            )
                == ["t|t"])
    }

    @Test("the same external key again returns the first ticket, changes nothing and burns no id")
    func idempotent() async throws {
        let here = try await Department(in: db, specialists: 0)
        let call = "secondline.submit_ticket('\(here.queue)', 'first', '', external_key => '\(here.queue)')"
        let first = try await db.id(call)
        let state = "select t::text, (select count(*) from secondline.journal j where j.ticket_id = t.ticket_id)"
        let before = try await db.lines("\(state) from secondline.ticket t where ticket_id = \(first)")
        #expect(try await db.id(call.replacing("first", with: "second")) == first)
        #expect(try await db.lines("\(state) from secondline.ticket t where ticket_id = \(first)") == before)
        #expect(try await here.ticket(in: db) == first + 1)
    }

    @Test("two programs that submit the same external key at once get the same ticket", arguments: 0..<10)
    func concurrently(round: Int) async throws {
        let here = try await Department(in: db, specialists: 0)
        let call = "secondline.submit_ticket('\(here.queue)', 'first', '', external_key => '\(here.queue)')"
        let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<3 { group.addTask { try await withSession { try await $0.id(call) } } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(ids).count == 1)
        #expect(
            try await db.value("select count(*) from secondline.ticket where external_key = '\(here.queue)'") == "1")
        #expect(
            try await db.value("select count(*) from secondline.journal where ticket_id = \(ids[0])") == "1")
    }

    @Test("one who waits for the other's commit finds the other's ticket")
    func waitsForCommit() async throws {
        let here = try await Department(in: db, specialists: 0)
        let call = "secondline.submit_ticket('\(here.queue)', 'first', '', external_key => '\(here.queue)')"
        let second = try await whileHolding("select \(call)") {
            let second = Task { try await withSession { try await $0.id(call) } }
            try await untilWaiting(1)
            return second
        }
        #expect(try await second.value == db.id(call))
    }

    @Test("a plain insert by a program is journalled and filled in, also many in one statement")
    func plainInsert() async throws {
        let here = try await Department(in: db, effort: 40, skill: "french")
        try await db.script(
            """
            begin; set local role secondline_app;
            insert into secondline.ticket (queue, title, description, priority)
            select '\(here.queue)', 'ticket ' || n, 'text', 'low' from generate_series(1, 3) n;
            commit;
            """)
        #expect(
            try await db.lines(
                """
                select t.status, t.priority, t.kind, t.skill, t.effort_minutes, string_agg(j.event || j.to_status::text, ',')
                  from secondline.ticket t join secondline.journal j using (ticket_id)
                 where t.queue = '\(here.queue)' group by t.ticket_id
                """) == Array(repeating: "new|low|question|french|40|submittednew", count: 3))
    }

    @Test(
        "a plain insert is refused as clearly as the function",
        arguments: [
            ("P0002", "queue, title", "'nowhere', 'title'"), ("23514", "queue, title", "{queue}, ' '"),
            ("23503", "queue, title, client_id", "{queue}, 'title', -1"),
            ("23503", "queue, title, author_id", "{queue}, 'title', -1"),
            ("23503", "queue, title, skill", "{queue}, 'title', 'unheard of'"),
            ("42501", "queue, title, status", "{queue}, 'title', 'resolved'"),
            ("42501", "queue, title, assignee_id", "{queue}, 'title', {owner}"),
            ("42501", "queue, title, eligible_at", "{queue}, 'title', '2001-01-01'"),
            ("42501", "queue, title, submitted_at", "{queue}, 'title', '2001-01-01'"),
            ("42501", "queue, title, declined_by", "{queue}, 'title', '{1}'"),
        ])
    func plainRefused(state: String, columns: String, values: String) async throws {
        let scene = try await Scene(in: db)
        await db.expectRefusal(
            SQLState(state), hint: state == "P0002" || state == "23514",
            scene(
                "set local role secondline_app; insert into secondline.ticket (\(columns)) values (\(values))"))
    }

    @Test("a program that writes tickets in a long transaction keeps no other from writing")
    func skillsInAnyOrder() async throws {
        let french = try await Department(in: db, specialists: 0, skill: "french")
        try await db.script("update secondline.skill set last_wanted_at = null")
        let submit = "select secondline.submit_ticket('\(french.queue)', 'title', '')"
        try await whileHolding(submit) {
            try await db.script("begin; set local lock_timeout = '1s'; \(submit); commit")
        }
        #expect(
            try await db.value("select last_wanted_at is not null from secondline.skill where name = 'french'") == "t")
    }
}
