import Postgres
import TestSupport
import Testing

/// Whose tickets are, as the database has it, and what managers see of them.
@Suite(.serialized, .ownDatabase) struct RoutingTests {
    @Test(
        "whole days of an absence are those of the person's own zone, hours are instants",
        arguments: [
            ("2026-03-02 10:59Z", "manager"), ("2026-03-02 11:00Z", "substitute"), ("2026-03-03 10:59Z", "substitute"),
            ("2026-03-03 11:00Z", "manager"), ("2026-03-05 08:00Z", "substitute"), ("2026-03-05 09:00Z", "manager"),
            ("2026-03-05 07:59Z", "manager"),
        ])
    func absence(at: String, who: String) async throws {
        let here = try await Department(in: db, atWork: false)
        let (manager, substitute) = (here.specialists[0], here.specialists[1])
        try await db.script(
            """
            update secondline.person set time_zone = 'Pacific/Auckland' where person_id = \(manager);
            select secondline.set_substitute(\(manager), \(substitute)),
                   secondline.record_absence(\(manager), 'vacation', '2026-03-03', '2026-03-03'),
                   secondline.record_absence_hours(\(manager), 'training', '2026-03-05 08:00Z', '2026-03-05 09:00Z');
            """)
        let found = try await db.value(
            "select secondline_rules.routed_person('\(at)', '\(here.queue)', null, \(manager))")
        #expect(found == "\(who == "manager" ? manager : substitute)")
    }

    @Test("the chain of substitutes ends at who is there, at the tenth, or in a cycle")
    func chain() async throws {
        let here = try await Department(in: db, specialists: 12, atWork: false)
        let people = here.specialists
        for (one, next) in zip(people, people.dropFirst()) {
            try await db.script("select secondline.set_substitute(\(one), \(next))")
        }
        let routed = "select secondline_rules.routed_person(now(), '\(here.queue)', null, \(people[0]))"
        for place in 0..<12 {
            #expect(try await db.value(routed) == (place < 10 ? "\(people[place])" : nil))
            try await db.script("select secondline.remove_member('\(here.queue)', \(people[place]))")
        }
        try await db.script("select secondline.set_substitute(\(people[1]), \(people[0]))")
        #expect(try await db.value(routed) == nil)
        #expect(try await db.value(routed.replacing("'\(here.queue)'", with: "null")) == "\(people[0])")
    }

    @Test("the second look drops a pair when the ticket has become another's, and keeps the one of whom it prefers")
    func secondLook() async throws {
        let here = try await Department(in: db, specialists: 3)
        let (manager, other, third) = (here.specialists[0], here.specialists[1], here.specialists[2])
        try await db.script(
            """
            update secondline.client set account_manager_id = \(manager) where client_id = \(here.client);
            select secondline.set_routing('\(here.queue)', 'account_manager');
            """)
        let tickets = [
            try await here.ticket(in: db), try await here.ticket(in: db), try await here.ticket(in: db),
        ]
        try await db.script("update secondline.ticket set preferred_id = \(third) where ticket_id = \(tickets[2])")
        #expect(try await db.assign([(tickets[0], other)]) == [])
        #expect(try await db.assign([(tickets[0], manager)]) == [tickets[0]])
        #expect(try await db.assign([(tickets[2], third)]) == [tickets[2]])
        try await db.script(
            """
            select secondline.set_substitute(\(manager), \(other)),
                   secondline.record_absence_hours(\(manager), 'sick', now() - interval '1 hour', now() + interval '1 hour')
            """)
        #expect(try await db.assign([(tickets[1], third)]) == [])
        #expect(try await db.assign([(tickets[1], other)]) == [tickets[1]])
        try await expectLoadsToAddUp()
        try await expectHandsToMatch()
    }

    @Test(
        "whom a ticket passed by, and whom it prefers, is forgotten in another queue and when it comes anew",
        arguments: [
            "move_ticket({ticket}, {other_queue}, {manager}, 'theirs')", "reopen_ticket({ticket}, {manager}, 'again')",
        ])
    func forgets(call: String) async throws {
        let here = try await Department(in: db)
        let other = try await Department(in: db, specialists: 0)
        let (one, two) = (here.specialists[0], here.specialists[1])
        let ticket = try await here.acceptedTicket(in: db)
        if call.hasPrefix("reopen") {
            try await db.script(
                "select secondline.resolve_ticket(\(ticket), \(one), 'done'), secondline.deactivate_person(\(one))")
        }
        try await db.script(
            """
            update secondline.ticket set passed_by = array[\(two)], declined_by = array[\(two)], preferred_id = \(two)
             where ticket_id = \(ticket)
            """)
        let words = ["ticket": "\(ticket)", "manager": "\(here.manager)", "other_queue": "'\(other.queue)'"]
        try await db.script("select secondline." + words.reduce(call) { $0.replacing("{\($1.key)}", with: $1.value) })
        #expect(
            try await db.lines(
                "select status, passed_by, declined_by, preferred_id from secondline.ticket where ticket_id = \(ticket)"
            )
                == ["new|-|-|\(call.hasPrefix("reopen") ? "\(two)" : "-")"])
    }

    @Test(
        "managers follow their clients' tickets wherever they are, substitutes while they stand in, heads those of their people"
    )
    func myClients() async throws {
        let logins = try await RightsTests.Logins()
        let (here, other) = (logins.here, logins.other)
        // the colleague stands in for the member, who is a manager here
        let (member, colleague) = (here.specialists[0], here.specialists[1])
        try await db.script(
            """
            update secondline.client set account_manager_id = \(member) where client_id = \(here.client);
            select secondline.set_substitute(\(member), \(colleague));
            """)
        let open = try await here.ticket(in: db)
        let ended = try await here.ticket(in: db)
        let old = try await here.ticket(in: db)
        let theirs = try await other.ticket(in: db)
        try await db.assign([(open, colleague)])
        try await db.script(
            """
            select secondline.cancel_ticket(t, \(here.head), 'no') from unnest(array[\(ended), \(old)]) t;
            update secondline.ticket set submitted_at = now() - interval '32 days', ended_at = now() - interval '31 days' where ticket_id = \(old);
            select secondline.reply_to_client(\(open), \(colleague), 'on it');
            """)
        let mine = """
            select ticket_id, line, status, assignee, last_event, client_waits, client_waits_since is null
              from secondline.my_clients where ticket_id in (\(open), \(ended), \(old), \(theirs)) order by 1
            """
        let rows = ["\(open)|2|accepted|Specialist 1|replied|f|t", "\(ended)|2|cancelled|-|cancelled|f|t"]
        let others = "\(theirs)|2|new|-|submitted|t|f"
        let sees = { (login: String) in
            try await withSession(as: logins.names[login]!) { try await $0.lines(mine) }
        }
        #expect(try await sees("member") == rows)
        #expect(try await sees("head") == rows)
        #expect(try await sees("deputy") == rows)
        #expect(try await sees("program") == rows + [others])
        #expect(try await sees("other_head") == [others])
        #expect(try await sees("colleague") == [])
        #expect(try await sees("reader") == [])
        #expect(try await sees("nobody") == [])
        try await db.script(
            "select secondline.record_absence_hours(\(member), 'sick', now() - interval '1 hour', now() + interval '1 hour')"
        )
        #expect(try await sees("colleague") == rows)
        #expect(try await sees("member") == rows)
        try await logins.drop()
    }
}
