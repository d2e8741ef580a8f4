import Postgres
import TestSupport
import Testing

/// What a client's login may do: with its own tickets, and nothing else.
@Suite(.serialized, .ownDatabase) struct ClientLoginTests {
    /// Two clients of one department; the first has a login.
    struct Cabinet: Sendable {
        let here: Department
        let other: Int64
        let login: String
        let mine: Int64
        let theirs: Int64

        init() async throws {
            here = try await Department(in: db)
            login = "sl_test_client_\(here.team)_\(UInt32.random(in: 0 ... .max))"
            other = try await db.id("secondline.add_client('Another', \(here.manager))")
            mine = try await here.ticket(in: db)
            theirs = try await db.id(
                "secondline.submit_ticket('\(here.queue)', 'their secret', 'text', client => \(other), external_key => 'key \(here.team)')"
            )
            try await db.script(
                """
                create role \(login) login in role secondline_client;
                select secondline.set_client_login(\(here.client), '\(login)');
                select secondline.add_queue('developers \(here.team)', 3);
                """)
        }

        func words(_ text: String) -> String {
            let words = [
                "mine": "\(mine)", "theirs": "\(theirs)", "client": "\(here.client)", "other": "\(other)",
                "manager": "\(here.manager)", "owner": "\(here.specialists[0])", "queue": "'\(here.queue)'",
                "key": "'key \(here.team)'", "developers": "'developers \(here.team)'",
            ]
            return words.reduce(text) { $0.replacing("{\($1.key)}", with: $1.value) }
        }

        func drop() async throws { try await db.script("drop role \(login)") }
    }

    static let calls: [(refused: SQLState?, sql: String)] = [
        (nil, "select secondline.submit_ticket({queue}, 'title', 'text')"),
        (nil, "select secondline.submit_ticket({queue}, 'title', 'text', client => {client})"),
        (nil, "select secondline.client_replied({mine}, 'more')"),
        (nil, "select secondline.cancel_ticket({mine}, null, 'no need')"),
        ("SL006", "select secondline.reopen_ticket({mine}, null, 'again')"),
        ("42501", "select secondline.submit_ticket({queue}, 'title', 'text', client => {other})"),
        ("42501", "select secondline.submit_ticket({queue}, 'title', 'text', author => {manager})"),
        ("42501", "select secondline.submit_ticket({queue}, 'title', 'text', effort_minutes => 1)"),
        ("42501", "select secondline.submit_ticket({queue}, 'title', 'text', external_key => {key})"),
        // the way to developers is through a specialist
        ("P0002", "select secondline.submit_ticket({developers}, 'title', 'text')"),
        // the tickets of others are as if there were none
        ("P0002", "select secondline.client_replied({theirs}, 'more')"),
        ("P0002", "select secondline.client_replied(999999999, 'more')"),
        ("P0002", "select secondline.cancel_ticket({theirs}, null, 'no need')"),
        ("P0002", "select secondline.reopen_ticket({theirs}, null, 'again')"),
        // nor is it somebody else
        ("42501", "select secondline.client_replied({mine}, 'more', {manager})"),
        ("42501", "select secondline.cancel_ticket({mine}, {manager}, 'no need')"),
        ("42501", "select secondline.reopen_ticket({mine}, {owner}, 'again')"),
        ("42501", "select secondline.resolve_ticket({mine}, null, 'done')"),
        ("42501", "select secondline.add_note({mine}, {manager}, 'note')"),
        ("42501", "select secondline.set_priority({mine}, 'urgent', {manager})"),
        ("42501", "select secondline.check_ticket({queue}, 'title')"),
        ("42501", "select secondline.calendar_of_queue({queue})"),
        ("42501", "select secondline.set_client_login({client}, 'other')"),
        ("42501", "insert into secondline.ticket (queue, title) values ({queue}, 'title')"),
        ("42501", "select * from secondline.ticket"),
        ("42501", "select * from secondline.journal"),
        ("42501", "select full_name from secondline.person"),
        ("42501", "select name from secondline.queue"),
        ("42501", "select * from secondline.estimate"),
        ("42501", "select * from secondline_rules.client_news({theirs})"),
        ("42501", "select * from secondline_rules.expected(now(), {theirs})"),
        ("42501", "select secondline_rules.run_estimates(now(), 1)"),
    ]

    @Test("each call, allowed and refused")
    func calls() async throws {
        let cabinet = try await Cabinet()
        for call in Self.calls {
            try await withSession(as: cabinet.login) { (session) async throws in
                do throws(DatabaseError) {
                    // undone, so that no call meets the traces of another
                    try await session.transaction { (db) throws(DatabaseError) in
                        try db.script(cabinet.words(call.sql))
                        throw DatabaseError(.usage, "undo")
                    }
                } catch {
                    #expect(error.sqlState == call.refused, "\(call.sql): \(error)")
                    #expect(!"\(error)".contains("secret") && !"\(error.hint ?? "")".contains(cabinet.here.queue))
                }
            }
        }
        // not even the names of the queues
        try await withSession(as: cabinet.login) { (session) async throws in
            let error = await session.refusal("select secondline.submit_ticket('nothing', 'title', 'text')")
            #expect(error?.sqlState == "P0002" && error?.hint == "Ask your account manager.")
        }
        try await cabinet.drop()
    }

    @Test("of tables and views it reads client_ticket alone, and there its own rows")
    func reads() async throws {
        let cabinet = try await Cabinet()
        #expect(
            try await db.lines(
                """
                select c.relname from pg_class c
                 where c.relnamespace::regnamespace::text in ('secondline', 'secondline_rules')
                   and c.relkind in ('r', 'v', 'p', 'S', 'm') and (has_table_privilege('secondline_client', c.oid, 'select')
                        or c.relkind <> 'S' and has_any_column_privilege('secondline_client', c.oid, 'select, insert, update, references'))
                """) == ["client_ticket"])
        #expect(
            try await db.lines(
                """
                select w.what from unnest(array['insert', 'update', 'delete', 'truncate', 'trigger']) w (what)
                 where has_table_privilege('secondline_client', 'secondline.client_ticket', w.what)
                """) == [])
        #expect(
            try await db.lines(
                "select n.nspname from pg_namespace n where n.nspname like 'secondline%' and has_schema_privilege('secondline_client', n.oid, 'usage')"
            ) == ["secondline"])
        let own = "select ticket_id from secondline.client_ticket order by 1"
        try await withSession(as: cabinet.login) { (session) async throws in
            #expect(try await session.lines(own) == ["\(cabinet.mine)"])
            // a condition with a side effect of its own sees no row of others
            try await session.script(
                """
                set enable_nestloop = off; set enable_indexscan = off; set enable_bitmapscan = off;
                create function pg_temp.spy(text) returns boolean language plpgsql cost 0.0001 as $$
                begin if $1 = 'their secret' then raise exception 'seen'; end if; return true; end $$;
                """
            )
            #expect(
                try await session.lines(
                    "select title from secondline.client_ticket where ticket_id = \(cabinet.theirs) and pg_temp.spy(title)"
                ) == [])
        }
        try await db.script("select secondline.set_client_login(\(cabinet.here.client), null)")
        try await withSession(as: cabinet.login) { (session) async throws in
            #expect(try await session.lines(own) == [])
            await session.expectRefusal(
                "42501", "select secondline.submit_ticket('\(cabinet.here.queue)', 'title', 'text')")
        }
        try await cabinet.drop()
    }

    @Test("a client's own cancelling and reopening is theirs in the journal, and told to nobody but colleagues")
    func steers() async throws {
        let cabinet = try await Cabinet()
        let here = cabinet.here
        try await db.script(
            """
            insert into secondline.channel (name) values ('mail') on conflict do nothing;
            select secondline.set_client_contact(\(here.client), 'mail', 'client@example.org');
            """)
        let ticket = try await here.acceptedTicket(in: db)
        try await db.script("select secondline.resolve_ticket(\(ticket), \(here.specialists[0]), 'done')")
        try await withSession(as: cabinet.login) { (session) async throws in
            try await session.script(
                """
                select secondline.reopen_ticket(\(ticket), null, 'it is back');
                select secondline.client_replied(\(ticket), 'and worse');
                select secondline.cancel_ticket(\(ticket), null, 'gone again');
                """)
        }
        #expect(
            try await db.lines(
                "select event, person_id from secondline.journal where ticket_id = \(ticket) order by journal_id desc limit 3"
            ) == ["cancelled|-", "client_replied|-", "reopened|-"])
        #expect(
            try await db.lines(
                "select kind from secondline.message where client_id = \(here.client) and ticket_id = \(ticket) order by message_id"
            ) == ["client.taken", "client.solved"])
        try await cabinet.drop()
    }

    @Test("a login is one client's or one person's, and no program's")
    func oneLogin() async throws {
        let cabinet = try await Cabinet()
        let (team, client, login) = (cabinet.here.team, cabinet.here.client, cabinet.login)
        await db.expectRefusal("23505", hint: false, "select secondline.set_client_login(\(cabinet.other), '\(login)')")
        await db.expectRefusal("23505", "select secondline.add_person(\(team), 'specialist', 'Spy', '\(login)')")
        await db.expectRefusal(
            "23505", "update secondline.person set login = '\(login)' where person_id = \(cabinet.here.manager)")
        try await db.script(
            "update secondline.person set login = 'max_\(team)' where person_id = \(cabinet.here.manager)")
        await db.expectRefusal("23505", "select secondline.set_client_login(\(client), 'max_\(team)')")
        await db.expectRefusal("P0002", "select secondline.set_client_login(0, 'other')")
        await db.expectRefusal("P0002", "select secondline.set_client_login(null, 'other')")
        await db.expectRefusal("22023", "select secondline.set_client_login(\(client), ' ')")
        for group in ["app", "daemon", "member", "head", "reader", "owner"] {
            try await db.script("create role \(login)_\(group) login in role secondline_\(group)")
            await db.expectRefusal("42501", "select secondline.set_client_login(\(client), '\(login)_\(group)')")
            try await db.script("drop role \(login)_\(group)")
        }
        // whatever it is granted afterwards, it stays the client's
        try await db.script("grant secondline_app to \(login)")
        try await withSession(as: login) { (session) async throws in
            await session.expectRefusal(
                "42501", "select secondline.accept_ticket(\(cabinet.mine), \(cabinet.here.specialists[0]))")
            await session.expectRefusal("42501", "select secondline.add_team('mine', 'UTC')")
            #expect(
                try await session.lines("select ticket_id from secondline.client_ticket") == ["\(cabinet.mine)"])
        }
        try await cabinet.drop()
    }
}
