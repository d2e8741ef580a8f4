import Postgres
import TestSupport
import Testing

/// Closed tickets whose time is over: all that is theirs goes, in small pieces, and nothing else.
@Suite(.serialized, .ownDatabase) struct RetentionTests {
    /// A year from now, of all that has ended by then a page and so many.
    private func remove(after: Int64 = 0, page: Int = 1000, limit: Int = 100) async throws -> [String] {
        try await db.lines(
            """
            select removed, last_seen from secondline_rules.remove_tickets(
                now() + interval '500 days', '400 days', \(after), \(page), \(limit))
            """)
    }

    /// What is left of this ticket, by table; also where it is only named.
    private func traces(_ ticket: Int64) async throws -> [String] {
        let tables = try await db.lines(
            """
            select c.conrelid::regclass, a.attname from pg_constraint c
              join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
             where c.confrelid = 'secondline.ticket'::regclass and c.contype = 'f'
            """
        ).map { $0.split(separator: "|") }
        #expect(tables.count >= 11)
        var found: [String] = []
        for table in tables + [["secondline.ticket", "ticket_id"]] {
            if try await db.value("select count(*) from \(table[0]) where \(table[1]) = \(ticket)") != "0" {
                found.append("\(table[0])")
            }
        }
        return found
    }

    /// But for decisions, which are made here without candidates.
    private func faults() async throws -> [String] {
        try await LedgerCheck.faults(in: db).filter { !$0.hasPrefix("an assignment has no decision that explains it") }
    }

    /// A ticket that was worked on, with a trace in every table there is.
    private func solved(_ department: Department) async throws -> Int64 {
        let ticket = try await department.acceptedTicket(in: db, effort: 5)
        try await db.script(
            """
            insert into secondline.alarm values (\(ticket), 'stalled', now(), now());
            insert into secondline.alert (ticket_id, alarm, since, team_id, told, raised_at, ended_at)
            select ticket_id, alarm, since, \(department.team), 'head', now(), now() from secondline.alarm where ticket_id = \(ticket);
            insert into secondline.blocker (queue, ticket_id, reason, since, ended_at)
            values ('\(department.queue)', \(ticket), 'declined', now(), now());
            insert into secondline.estimate (ticket_id, made_at, estimated_at, closed_at) values (\(ticket), now(), now(), now())
                on conflict do nothing;
            insert into secondline.ticket_fault values (\(ticket), 1, now(), 'x');
            select secondline.resolve_ticket(\(ticket), \(department.specialists[0]), 'done')
            """)
        return ticket
    }

    @Test(
        "a ticket goes with all that is its own and leaves no trace; people's tasks stay, and what is open or younger")
    func whole() async throws {
        let here = try await Department(in: db)
        let old = try await solved(here)
        let young = try await solved(here)
        let open = try await here.acceptedTicket(in: db, effort: 5)
        try await db.script(
            "update secondline.ticket set ended_at = now() + interval '101 days' where ticket_id = \(young)")
        #expect(try await traces(old).count >= 8)
        let tasks = try await db.value("select count(*) from secondline.task")
        let load = try await db.value("select sum(load_minutes) from secondline.person")
        #expect(try await remove() == ["1|-"])
        #expect(try await traces(old) == [])
        #expect(try await traces(young).count >= 8)
        #expect(try await traces(open).contains("secondline.ticket"))
        #expect(try await db.value("select count(*) from secondline.task") == tasks)
        #expect(try await db.value("select sum(load_minutes) from secondline.person") == load)
        #expect(try await faults() == [])
        #expect(try await remove() == ["0|-"])
        try await db.script(
            """
            select secondline.resolve_ticket(\(open), \(here.specialists[0]), 'done');
            update secondline.ticket set ended_at = now() where ticket_id = \(young);
            """)
        #expect(try await remove() == ["2|-"])
    }

    @Test("every table that refers to tickets is known here, and finds them by an index")
    func complete() async throws {
        let without = try await db.lines(
            """
            select c.conrelid::regclass, a.attname from pg_constraint c
              join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
             where c.contype = 'f' and c.confrelid in ('secondline.ticket'::regclass, 'secondline.alarm'::regclass, 'secondline.escalation'::regclass)
               and not exists (select from pg_index i
                                where i.indrelid = c.conrelid and i.indkey[0] = a.attnum and i.indisvalid
                                  and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) = format('(%s IS NOT NULL)', a.attname)))
            """)
        #expect(without == [])
    }

    @Test("a ticket for which developers worked goes when theirs is old too, both at once")
    func escalated() async throws {
        let here = try await Department(in: db)
        let developer = try await db.id("secondline.add_person(\(here.team), 'developer', 'Dev')")
        let (owner, queue) = (here.specialists[0], "developers \(here.team)")
        try await db.script(
            """
            select secondline.add_queue('\(queue)', 3); select secondline.add_member('\(queue)', \(developer));
            select secondline.start_workday(\(developer));
            """)
        let ticket = try await here.acceptedTicket(in: db, effort: 5)
        let escalation = try await db.id(
            "secondline.escalate_ticket(\(ticket), \(owner), 'bug', 'high', 'x', '\(queue)')")
        let work = try await db.id("developer_ticket_id from secondline.escalation where escalation_id = \(escalation)")
        try await db.assign([(work, developer)])
        try await db.script(
            """
            select secondline.acknowledge_escalation(\(escalation), \(developer));
            select secondline.finish_escalation(\(escalation), \(developer), 'fixed', 'done');
            """)
        // theirs is closed, and its owner has yet to verify it
        #expect(try await remove() == ["0|-"])
        try await db.script(
            """
            select secondline.confirm_fix(\(ticket), \(owner)); select secondline.resolve_ticket(\(ticket), \(owner), 'done');
            update secondline.ticket set ended_at = now() + interval '101 days' where ticket_id = \(work);
            """)
        #expect(try await remove() == ["0|-"])
        try await db.script("update secondline.ticket set ended_at = now() where ticket_id = \(work)")
        #expect(try await remove() == ["2|-"])
        #expect(try await traces(ticket) + traces(work) == [])
        #expect(try await faults() == [])
    }

    @Test("what somebody is at, or others refer to, stays, and holds nothing else up")
    func held() async throws {
        let here = try await Department(in: db)
        let (busy, foreign, free) = (try await solved(here), try await solved(here), try await solved(here))
        try await db.script(
            """
            create table crm_link (ticket_id bigint references secondline.ticket);
            insert into crm_link values (\(foreign))
            """)
        // nobody waits for anybody: here, with a limit to find out
        try await db.script("set lock_timeout = '10s'")
        let removed = try await whileHolding(
            "select from secondline.ticket where ticket_id = \(busy) for no key update"
        ) {
            try await self.remove()
        }
        try await db.script("reset lock_timeout")
        #expect(removed == ["1|-"])
        #expect(try await traces(free) == [])
        #expect(try await traces(busy).count >= 8)
        #expect(try await traces(foreign).count >= 8)
        try await db.script("drop table crm_link")
        #expect(try await remove() == ["2|-"])
    }

    @Test("it goes page by page and so many at a time, and comes to the end")
    func pages() async throws {
        let here = try await Department(in: db)
        var tickets: [Int64] = []
        for _ in 1...5 { tickets.append(try await solved(here)) }
        let open = try await here.ticket(in: db)
        #expect(try await remove(after: tickets[0] - 1, page: 10, limit: 2) == ["2|\(tickets[1])"])
        #expect(try await remove(after: tickets[1], page: 2, limit: 10) == ["2|\(tickets[3])"])
        #expect(try await remove(after: tickets[3], page: 2, limit: 10) == ["1|\(open)"])
        #expect(try await remove(after: open, page: 2, limit: 10) == ["0|-"])
        try await db.script("select secondline.cancel_ticket(\(open), \(here.head), 'no')")
    }

    @Test("why whole queues waited is kept as long, and what still keeps them waiting stays")
    func blockers() async throws {
        let here = try await Department(in: db)
        try await db.script(
            """
            insert into secondline.blocker (queue, skill, reason, since, ended_at)
            select '\(here.queue)', 's', 'no_room', now() - i * interval '1 day' + interval '1 hour', now() - i * interval '1 day' + interval '1 hour' from generate_series(1, 500) i;
            insert into secondline.blocker (queue, skill, reason, since) values ('\(here.queue)', 's', 'no_room', now() - interval '600 days')
            """)
        let remove = "select secondline_rules.remove_blockers(now(), '400 days', 70)"
        #expect(try await db.value(remove) == "70")
        #expect(try await db.value(remove) == "30")
        #expect(try await db.value(remove) == "0")
        #expect(try await db.value("select count(*) from secondline.blocker where queue = '\(here.queue)'") == "401")
    }
}
