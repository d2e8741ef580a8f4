import Postgres
import TestSupport
import Testing

/// What clients see of their tickets, and what they are told.
@Suite(.serialized, .ownDatabase) struct ClientViewTests {
    /// A department whose client is reached by mail.
    func reached() async throws -> Department {
        let here = try await Department(in: db, specialists: 2)
        try await db.script(
            """
            insert into secondline.channel (name) values ('mail') on conflict do nothing;
            select secondline.set_client_contact(\(here.client), 'mail', 'client@example.org');
            """)
        return here
    }

    func row(_ ticket: Int64, _ columns: String) async throws -> String? {
        try await db.lines("select \(columns) from secondline.client_ticket where ticket_id = \(ticket)").first
    }

    func told(_ here: Department) async throws -> [String] {
        try await db.lines(
            "select kind, coalesce(data ->> 'person', data ->> 'text', '-') from secondline.message where client_id = \(here.client) order by message_id"
        )
    }

    @Test("every state has its words, in both languages")
    func words() async throws {
        let states = "unnest(enum_range(null::secondline.ticket_status)) s"
        #expect(
            try await db.lines(
                "select s from \(states) where secondline_rules.state_text(s, 'en') is null or secondline_rules.state_text(s, 'ru') is null"
            ) == [])
        #expect(
            try await db.value(
                "select count(distinct secondline_rules.state_text(s, l)) = 2 * count(distinct s) from \(states) cross join unnest(array['en', 'ru_RU']) l"
            ) == "t")
        let here = try await reached()
        let ticket = try await here.ticket(in: db)
        #expect(try await row(ticket, "state") == "Waiting for a specialist")
        try await db.script("select secondline.set_team_locale(\(here.team), 'ru')")
        #expect(try await row(ticket, "state") == "Ожидает специалиста")
        try await db.script("select secondline.set_client_locale(\(here.client), 'de')")
        #expect(try await row(ticket, "state") == "Waiting for a specialist")
    }

    @Test("a ticket's life as its client sees it: place, specialist, news; never what colleagues say among themselves")
    func life() async throws {
        let here = try await reached()
        let (owner, other) = (here.specialists[0], here.specialists[1])
        let before = try await here.ticket(in: db)
        let ticket = try await here.ticket(in: db)
        let seen =
            "state, specialist, place, last_news, work_starts_at is not null, last_news_at is not null, ended_at is not null"
        #expect(try await row(ticket, seen) == "Waiting for a specialist|-|2|-|t|f|f")
        #expect(try await row(before, "place") == "1")
        try await db.assign([(ticket, other)])
        #expect(try await row(ticket, seen) == "Given to a specialist|Specialist 1|-|-|f|f|f")
        try await db.script(
            """
            select secondline.add_note(\(ticket), \(here.manager), 'internal one');
            select secondline.decline_ticket(\(ticket), \(other), 'internal two');
            """)
        #expect(try await row(ticket, seen) == "Waiting for a specialist|-|2|-|t|f|f")
        try await db.assign([(ticket, owner)])
        try await db.script("select secondline.accept_ticket(\(ticket), \(owner))")
        #expect(try await row(ticket, seen) == "A specialist is working on it|Specialist 0|-|-|f|f|f")
        try await db.script(
            """
            select secondline.reply_to_client(\(ticket), \(owner), 'We look into it.');
            select secondline.reply_to_client(\(ticket), \(owner));
            select secondline.add_note(\(ticket), \(owner), 'internal three');
            """)
        #expect(try await row(ticket, seen) == "A specialist is working on it|Specialist 0|-|We look into it.|f|t|f")
        try await db.script("select secondline.wait_for_client(\(ticket), \(owner), 'Which version?')")
        #expect(try await row(ticket, seen) == "We are waiting for your answer|Specialist 0|-|Which version?|f|t|f")
        try await db.script(
            """
            select secondline.client_replied(\(ticket), 'The last one.');
            select secondline.resolve_ticket(\(ticket), \(owner), 'Updated.');
            """)
        #expect(try await row(ticket, seen) == "Solved|Specialist 0|-|Updated.|f|t|t")
        try await db.script("select secondline.reopen_ticket(\(ticket), \(here.manager), 'internal four')")
        #expect(try await row(ticket, seen) == "A specialist is working on it|Specialist 0|-|Which version?|f|t|f")
        try await db.script("select secondline.cancel_ticket(\(ticket), \(here.manager), 'internal five')")
        #expect(try await row(ticket, seen) == "Cancelled|Specialist 0|-|Which version?|f|t|t")
        #expect(
            try await told(here) == [
                "client.taken|Specialist 0", "client.question|Which version?", "client.solved|Updated.",
                "client.reopened|-", "client.cancelled|-",
            ])
        #expect(
            try await db.value(
                "select count(*) from secondline.message where client_id is not null and data::text like '%internal%'")
                == "0")
    }

    @Test("what the client was told of the start is news, in their words")
    func estimateIsNews() async throws {
        let here = try await reached()
        let ticket = try await here.ticket(in: db)
        try await db.script("select secondline_rules.run_estimates(clock_timestamp(), 1000000)")
        let news = try #require(try await row(ticket, "last_news"))
        #expect(news.hasPrefix("We have received your request \(ticket). Work on it should start: "))
        #expect(!news.contains("—"))
        try await db.assign([(ticket, here.specialists[0])])
        try await db.script("select secondline.reply_to_client(\(ticket), \(here.specialists[0]), 'Hello.')")
        #expect(try await row(ticket, "last_news") == "Hello.")
    }

    @Test("a client without a contact costs no message, and nothing in the history")
    func withoutContact() async throws {
        let here = try await Department(in: db)
        let owner = here.specialists[0]
        let ticket = try await here.acceptedTicket(in: db)
        try await db.script(
            """
            select secondline.resolve_ticket(\(ticket), \(owner), 'done');
            select secondline.reopen_ticket(\(ticket), \(here.manager), 'not yet');
            select secondline.cancel_ticket(\(ticket), \(here.manager), 'no');
            """)
        for table in ["message", "message_history"] {
            #expect(
                try await db.value("select count(*) from secondline.\(table) where client_id = \(here.client)") == "0")
        }
    }

    @Test("account managers see their clients' tickets, heads and programs all, others none")
    func sight() async throws {
        let here = try await Department(in: db)
        let elsewhere = try await Department(in: db)
        let nobodys = try await db.id("secondline.add_client('Nobody''s')")
        let ticket = try await here.ticket(in: db)
        _ = try await elsewhere.ticket(in: db)
        _ = try await db.id("secondline.submit_ticket('\(here.queue)', 'title', '', client => \(nobodys))")
        _ = try await db.id("secondline.submit_ticket('\(here.queue)', 'no client''s', '')")
        let login = "sl_test_sight_\(UInt32.random(in: 0 ... .max))"
        let all = try await db.lines("select ticket_id from secondline.ticket where client_id is not null order by 1")
        let seen: [(role: String, person: Int64?, tickets: [String])] = [
            ("member", here.manager, ["\(ticket)"]), ("head", here.head, all), ("member", here.specialists[0], []),
            ("app", nil, all), ("reader", nil, []), ("client", nil, []), ("daemon", nil, all),
        ]
        for (role, person, tickets) in seen {
            try await db.script("create role \(login) login in role secondline_\(role)")
            if let person {
                try await db.script("update secondline.person set login = '\(login)' where person_id = \(person)")
            }
            try await withSession(as: login) { (session) async throws in
                #expect(
                    try await session.lines("select ticket_id from secondline.client_ticket order by 1") == tickets,
                    "\(role)")
            }
            try await db.script(
                "update secondline.person set login = null where login = '\(login)'; drop role \(login)")
        }
    }

    @Test("one client's tickets are looked up, however many there are")
    func plan() async throws {
        let here = try await Department(in: db)
        try await db.script(
            """
            insert into secondline.client (name) select 'c ' || n from generate_series(1, 1000) n;
            insert into secondline.ticket (queue, title, client_id)
            select '\(here.queue)', 't', c.client_id from secondline.client c cross join generate_series(1, 20);
            analyze secondline.ticket; analyze secondline.client;
            """)
        let login = "sl_test_plan_\(UInt32.random(in: 0 ... .max))"
        try await db.script(
            """
            create role \(login) login in role secondline_client;
            select secondline.set_client_login(\(here.client), '\(login)');
            """)
        let condition = [
            "", "where client_id = \(here.client)", "where client_id = \(here.client) and ended_at is null",
        ]
        for condition in condition {
            let plan = try await db.lines("explain select * from secondline.client_ticket \(condition)")
            #expect(plan.contains { $0.contains("ticket_of_client_index") }, "\(condition): \(plan)")
        }
        try await withSession(as: login) { (session) async throws in
            #expect(try await session.value("select count(*) from secondline.client_ticket") == "20")
        }
        try await db.script("drop role \(login)")
    }
}
