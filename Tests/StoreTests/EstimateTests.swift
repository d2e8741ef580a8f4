import Postgres
import TestSupport
import Testing

/// When work on a waiting ticket should begin, against cases computed by hand; and what clients hear of it.
@Suite(.serialized, .ownDatabase) struct EstimateTests {
    /// Two specialists from nine to six, Mondays to Fridays, in October 2026; a client with a mail contact.
    struct Office: Sendable {
        let here: Department

        init(specialists: Int = 2) async throws {
            here = try await Department(in: db, specialists: specialists, zone: "UTC", atWork: false, reminders: false)
            try await db.script(
                """
                -- the duty looks at everything: what other tests left is no client's
                update secondline.ticket set client_id = null;
                update secondline.estimate set closed_at = made_at where closed_at is null;
                insert into secondline.channel (name) values ('mail') on conflict do nothing;
                select secondline.set_client_contact(\(here.client), 'mail', 'client@example.org');
                select secondline.set_queue_team('\(here.queue)', \(here.team));
                """)
            for person in here.specialists {
                try await db.script(
                    "select secondline.set_working_hours(\(person), day, '09:00', '18:00') from generate_series(1, 5) day"
                )
            }
            try await compile()
        }

        /// As if everything had been set up in September.
        func compile() async throws {
            let people = here.specialists.map(String.init).joined(separator: ",")
            try await db.script(
                """
                delete from secondline.planned_shift where person_id in (\(people));
                delete from secondline.calendar where person_id in (\(people)) or team_id = \(here.team);
                update secondline.person set changed_at = '2026-09-01' where person_id in (\(people));
                select secondline_rules.compile_person('2026-10-01 00:00+00', p) from unnest(array[\(people)]) p;
                select secondline_rules.compile_team('2026-10-01 00:00+00', \(here.team));
                """)
        }

        /// A ticket that came in at this instant of October, as 12 09:30.
        @discardableResult
        func ticket(_ at: String, effort: Int = 60, priority: String = "null", client: Bool = true) async throws
            -> Int64
        {
            try await db.id(
                """
                secondline_rules.submit('2026-10-\(at)+00', '\(here.queue)', 'title', '', \(priority), 'question',
                    \(client ? "\(here.client)" : "null"), null, \(effort), null)
                """)
        }

        func start(_ at: String, _ person: Int) async throws {
            try await db.script(
                "select secondline_rules.start_workday('2026-10-\(at)+00', \(here.specialists[person]))")
        }

        /// Place and start of a ticket, as seen at an instant.
        func expected(_ ticket: Int64, at: String) async throws -> String? {
            try await db.lines(
                """
                select place, to_char(starts_at at time zone 'UTC', 'DD HH24:MI:SS')
                  from secondline_rules.expected('2026-10-\(at)+00', \(ticket))
                """
            ).first
        }

        /// Runs the duty's function; what it says to whom.
        @discardableResult
        func run(_ at: String, limit: Int = 1_000) async throws -> [String] {
            try await db.lines(
                "select event, ticket_id, due_in from secondline_rules.run_estimates('2026-10-\(at)+00', \(limit))")
        }

        /// What the client was told, in order.
        func told(_ ticket: Int64) async throws -> [String] {
            try await db.lines(
                """
                select kind, coalesce(to_char((data ->> 'starts_at')::timestamptz at time zone 'UTC', 'DD HH24:MI'), '-')
                  from secondline.message where ticket_id = \(ticket) and client_id = \(here.client) order by message_id
                """)
        }
    }

    @Test("the business time of the queue, over the work before it, by the people who are there")
    func byHand() async throws {
        let office = try await Office()
        let first = try await office.ticket("12 10:00", effort: 60)
        let second = try await office.ticket("12 10:01", effort: 240)
        let third = try await office.ticket("12 10:02", effort: 840)
        let fourth = try await office.ticket("12 10:03", effort: 60)
        // 60, 300 and 1140 minutes before them, by two
        #expect(try await office.expected(first, at: "12 12:00") == "1|12 12:00:00")
        #expect(try await office.expected(second, at: "12 12:00") == "2|12 12:30:00")
        #expect(try await office.expected(third, at: "12 12:00") == "3|12 14:30:00")
        // 570 minutes from noon: 360 that day
        #expect(try await office.expected(fourth, at: "12 12:00") == "4|13 12:30:00")
        // at night, and on a Saturday, from the next shift on; what ends with a shift begins with the next
        #expect(try await office.expected(first, at: "12 23:00") == "1|13 09:00:00")
        #expect(try await office.expected(second, at: "17 12:00") == "2|19 09:30:00")
        #expect(try await office.expected(second, at: "16 17:30") == "2|19 09:00:00")
        // an urgent one goes before them all
        let urgent = try await office.ticket("12 10:30", effort: 20, priority: "'urgent'")
        #expect(try await office.expected(urgent, at: "12 12:00") == "1|12 12:00:00")
        #expect(try await office.expected(first, at: "12 12:00") == "2|12 12:10:00")
        // a larger load than leaves room for a usual ticket: 240 + 75 - 240, by two
        try await db.script("select secondline.set_capacity(\(office.here.specialists[0]), 240)")
        let taken = try await office.ticket("12 09:00", effort: 240, client: false)
        try await office.start("12 09:00", 0)
        try await db.assign([(taken, office.here.specialists[0])], at: "'2026-10-12 09:10+00'::timestamptz")
        #expect(try await office.expected(urgent, at: "12 12:00") == "1|12 12:37:30")
    }

    @Test("who is away does not count, and where nobody is expected nobody can say")
    func away() async throws {
        let office = try await Office()
        let (one, other) = (office.here.specialists[0], office.here.specialists[1])
        try await office.ticket("12 10:00", effort: 60)
        let ticket = try await office.ticket("12 10:01")
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|12 12:30:00")
        try await db.script(
            "insert into secondline.absence (person_id, kind, first_day, last_day) values (\(one), 'sick', '2026-10-12', '2026-10-14')"
        )
        try await office.compile()
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|12 13:00:00")
        try await db.script(
            "insert into secondline.absence (person_id, kind, first_day, last_day) values (\(other), 'sick', '2026-10-12', '2026-10-13')"
        )
        try await office.compile()
        // the first who comes back
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|14 10:00:00")
        // somebody is there although nobody expected them
        try await db.script("delete from secondline.working_hours where person_id = \(other)")
        try await db.script("delete from secondline.absence where person_id = \(other)")
        try await office.compile()
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|15 10:00:00")
        try await office.start("12 09:00", 1)
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|12 13:00:00")
        try await db.script("select secondline.pause_queue('\(office.here.queue)', 'moving')")
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|-")
        try await db.script(
            """
            select secondline.resume_queue('\(office.here.queue)');
            select secondline.remove_member('\(office.here.queue)', p) from unnest(array[\(one), \(other)]) p;
            """)
        #expect(try await office.expected(ticket, at: "12 12:00") == "2|-")
    }

    @Test("one ticket alone and all at once are estimated the same, and never the earlier the later their rank")
    func sameForAll() async throws {
        let office = try await Office(specialists: 3)
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(seed: seed)
        let priorities = ["null", "'urgent'", "'high'", "'normal'", "'low'"]
        try await db.script("select secondline.grant_skill(\(office.here.specialists[0]), 'sql')")
        for _ in 0..<120 {
            // also at night and on Sundays, when the clock stands still and ranks are equal
            let at =
                "\(Int.random(in: 10...19, using: &generator)) \(Int.random(in: 0...2, using: &generator) * 8 + 7):00"
            let ticket = try await office.ticket(
                at, effort: Int.random(in: 1...300, using: &generator),
                priority: priorities.randomElement(using: &generator)!)
            if Bool.random(using: &generator) {
                try await db.script("update secondline.ticket set skill = 'sql' where ticket_id = \(ticket)")
            }
        }
        let at = "'2026-10-20 11:00+00'::timestamptz"
        #expect(
            try await db.value(
                """
                select count(*) from secondline_rules.estimate(\(at)) e
                  join secondline.ticket t using (ticket_id)
                 cross join lateral secondline_rules.expected(\(at), e.ticket_id) x
                 where t.queue = '\(office.here.queue)' and (x.place, x.starts_at) is distinct from (e.place, e.starts_at)
                """) == "0", "seed \(seed)")
        // the order of secondline.queue_now
        let falls = """
            select count(*), count(*) filter (where e.starts_at < e.before or e.starts_at is null or e.place <> e.position)
              from (select x.*, lag(x.starts_at) over (partition by n.skill order by n.position) as before,
                           row_number() over (partition by n.skill order by n.position) as position
                      from secondline.queue_now n join secondline_rules.estimate(\(at)) x using (ticket_id)
                     where n.queue = '\(office.here.queue)') e
            """
        #expect(try await db.lines(falls) == ["120|0"], "seed \(seed)")
    }

    @Test("the client hears that it was received and when work should start; and once of each move by more than half")
    func moves() async throws {
        let office = try await Office(specialists: 1)
        try await office.ticket("12 09:30", effort: 120, client: false)
        let ticket = try await office.ticket("12 10:00")
        #expect(try await office.run("12 10:00") == ["received|\(ticket)|-", "due|-|-"])
        #expect(try await office.told(ticket) == ["client.received|12 12:00"])
        // nothing happens: after 50 minutes it is 50 later, less than half of two hours
        #expect(try await office.run("12 10:50") == ["due|-|-"])
        #expect(try await office.run("12 11:00") == ["due|-|-"])
        #expect(try await office.run("12 11:01") == ["estimate|\(ticket)|-", "due|-|-"])
        #expect(try await office.run("12 11:01") == ["due|-|-"])
        #expect(try await office.run("12 11:02") == ["due|-|-"])
        #expect(try await office.told(ticket) == ["client.received|12 12:00", "client.estimate|12 13:01"])
        // what was before it is gone: two hours earlier than the two hours told
        try await db.script(
            "update secondline.ticket set effort_minutes = 1 where queue = '\(office.here.queue)' and ticket_id <> \(ticket)"
        )
        #expect(try await office.run("12 11:05") == ["estimate|\(ticket)|-", "due|-|-"])
        #expect(try await office.told(ticket).last == "client.estimate|12 11:06")
        // a minute told: more than half of it is not enough, and half an hour over lunch is
        #expect(try await office.run("12 11:10") == ["due|-|-"])
        #expect(try await office.run("12 11:34") == ["due|-|-"])
        #expect(try await office.run("12 11:35") == ["estimate|\(ticket)|-", "due|-|-"])
        // a night is no business time
        #expect(try await office.run("12 17:58") == ["estimate|\(ticket)|-", "due|-|-"])
        #expect(try await office.told(ticket).last == "client.estimate|12 17:59")
        #expect(try await office.run("12 23:00") == ["due|-|-"])
        #expect(
            try await db.lines(
                "select to_char(first_starts_at at time zone 'UTC', 'HH24:MI'), to_char(work_starts_at at time zone 'UTC', 'DD HH24:MI') from secondline.estimate where ticket_id = \(ticket)"
            ) == ["12:00|13 09:01"])
    }

    @Test(
        "what came in more than a day before was imported: its client hears nothing; who has no contact leaves no trace"
    )
    func silent() async throws {
        let office = try await Office(specialists: 1)
        let old = try await office.ticket("12 09:00")
        #expect(try await office.run("13 09:01") == ["due|-|-"])
        try await office.ticket("13 09:00", effort: 600, priority: "'urgent'", client: false)
        #expect(try await office.run("13 09:02") == ["due|-|-"])
        #expect(try await office.told(old) == [])
        #expect(try await db.value("select told_at is null from secondline.estimate where ticket_id = \(old)") == "t")
        let new = try await office.ticket("13 09:02")
        try await db.script("select secondline.set_client_contact(\(office.here.client), 'mail', null)")
        #expect(try await office.run("13 09:03") == ["due|-|-"])
        #expect(
            try await db.value("select told_starts_at is not null from secondline.estimate where ticket_id = \(new)")
                == "t")
        for table in ["message", "message_history"] {
            #expect(
                try await db.value("select count(*) from secondline.\(table) where client_id = \(office.here.client)")
                    == "0")
        }
        // whose contact wants only what matters more
        try await db.script(
            "select secondline.set_client_contact(\(office.here.client), 'mail', 'a@example.org', 'normal')")
        try await office.ticket("13 09:04")
        #expect(try await office.run("13 09:05") == ["due|-|-"])
    }

    @Test(
        "a ticket that somebody was given at once starts now; one that was taken up says no more; one handed on is told anew"
    )
    func spells() async throws {
        let office = try await Office(specialists: 1)
        let (here, owner) = (office.here, office.here.specialists[0])
        try await office.start("12 09:00", 0)
        let given = try await office.ticket("12 09:30")
        try await db.assign([(given, owner)], at: "'2026-10-12 09:30+00'::timestamptz")
        #expect(try await office.run("12 09:31") == ["received|\(given)|-", "due|-|-"])
        #expect(try await office.told(given) == ["client.received|12 09:31"])
        let line = "line \(here.team)"
        try await db.script(
            """
            select secondline.add_queue('\(line)', team => \(here.team));
            select secondline.add_member('\(line)', \(owner));
            select secondline_rules.accept('2026-10-12 09:40+00', \(given), \(owner));
            """)
        #expect(try await office.run("12 12:00") == ["due|-|-"])
        try await db.script(
            "select secondline_rules.hand_over('2026-10-12 12:00+00', \(given), '\(line)', \(owner), 'theirs')")
        #expect(try await office.run("12 12:01") == ["estimate|\(given)|-", "due|-|-"])
        #expect(try await office.run("12 12:02") == ["due|-|-"])
        #expect(
            try await office.told(given) == ["client.received|12 09:31", "client.taken|-", "client.estimate|12 12:01"])
        #expect(
            try await db.lines(
                "select to_char(begun_at at time zone 'UTC', 'HH24:MI') from secondline.estimate where ticket_id = \(given) order by made_at"
            ) == ["09:40", "-"])
    }

    @Test("a batch is bounded, and what is left over comes at once")
    func batches() async throws {
        let office = try await Office(specialists: 1)
        for _ in 0..<3 { try await office.ticket("12 09:30") }
        #expect(try await office.run("12 09:31", limit: 2).last == "due|-|0")
        #expect(try await office.run("12 09:31", limit: 2).count == 2)
        #expect(try await office.run("12 09:31", limit: 2) == ["due|-|-"])
    }

    @Test("what was said first is kept, and how far it was off is measured, per queue")
    func error() async throws {
        let office = try await Office(specialists: 1)
        let here = office.here
        // all hours count, and the last of them have just been
        try await db.script(
            """
            delete from secondline.working_hours where person_id = \(here.specialists[0]);
            select secondline.set_queue_team('\(here.queue)', null);
            update secondline.person set capacity_minutes = 10000 where person_id = \(here.specialists[0]);
            select secondline.start_workday(\(here.specialists[0]));
            create function pg_temp.ago(minutes int) returns timestamptz language sql return now() - make_interval(mins => minutes);
            """)
        var tickets: [Int64] = []
        for _ in 0..<4 {
            tickets.append(
                try await db.id(
                    "secondline_rules.submit(pg_temp.ago(600), '\(here.queue)', 't', '', null, 'question', \(here.client), null, 60, null)"
                ))
        }
        try await db.script("select secondline_rules.run_estimates(pg_temp.ago(600), 100)")
        // said: at once, after 60, 120 and 180 minutes
        for (ticket, minutes) in zip(tickets, [590, 540, 450]) {
            try await db.assign([(ticket, here.specialists[0])], at: "pg_temp.ago(\(minutes + 5))")
            try await db.script(
                "select secondline_rules.accept(pg_temp.ago(\(minutes)), \(ticket), \(here.specialists[0]))")
        }
        try await db.script(
            """
            select secondline_rules.cancel(pg_temp.ago(400), \(tickets[3]), \(here.manager), 'no');
            select secondline_rules.run_estimates(pg_temp.ago(399), 100);
            """)
        #expect(
            try await db.lines(
                """
                select ticket_id, round(extract(epoch from begun_at - first_starts_at) / 60), closed_at is not null
                  from secondline.estimate where ticket_id = any (array[\(tickets.map(String.init).joined(separator: ","))])
                 order by 1
                """) == ["\(tickets[0])|10|t", "\(tickets[1])|0|t", "\(tickets[2])|30|t", "\(tickets[3])|-|t"])
        #expect(
            try await db.lines(
                """
                select tickets, round(median_minutes), round(p90_minutes), round(bias_minutes::numeric, 1)
                  from secondline.estimate_error where queue = '\(here.queue)'
                """) == ["3|10|26|13.3"])
    }
}
