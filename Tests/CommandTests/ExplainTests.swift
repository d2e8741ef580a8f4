import Policy
import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("secondline explain")
struct ExplainTests {
    @Test("a decision is told with the chosen, the others with their loads, and how many were excluded and why")
    func decision() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 2)
            let ticket = try await department.ticket(in: session, priority: "urgent")
            let (first, second) = (department.specialists[0], department.specialists[1])
            try await session.assign([(ticket, second)])
            try await session.script(
                """
                update secondline.decision set reason = 'knows_client', candidates = '
                  {"considered": [{"person_id": \(second), "load": 15, "capacity": 240, "knows_client": true},
                                  {"person_id": \(first), "load": 30, "capacity": 200, "spared": true}],
                   "excluded": {"full": 3, "not_at_work": 12}}'
                 where ticket_id = \(ticket)
                """)
            let run = await CommandRun(["explain", "\(ticket)"], on: database.conninfo)
            #expect(run.status == .ok)
            for text in [
                "Ticket \(ticket): title\n", "queue \(department.queue), priority urgent, kind question, effort 75 min",
                "by Max Manager, for the client client ", "assigned: Specialist 1 has it", "assigned to Specialist 1\n",
                "knows_client: among the equally free, last worked for this client",
                "chosen  Specialist 1 with 15/240 min, last worked for this client\n",
                "next    Specialist 0 with 30/200 min, counted one ticket fuller",
                "not 12: not_at_work: is not at work\n    not 3: full: has no capacity left",
                "submitted (new)  Max Manager", "assigned (new → assigned)  Specialist 1",
            ] {
                #expect(run.output.contains(text), "\(text)")
            }
            #expect(!run.output.contains("\nNow\n"))
        }
    }

    @Test("of a waiting ticket it says the place in the queue and, person by person, who is not eligible and why")
    func waiting() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 4)
            for priority in ["low", "normal"] { _ = try await department.ticket(in: session, priority: priority) }
            let ticket = try await department.ticket(in: session, effort: 200)
            _ = try await department.ticket(in: session, priority: "urgent")
            let people = department.specialists
            try await session.assign([(try await department.ticket(in: session), people[0])])
            try await session.script("select secondline.pause_workday(\(people[1]))")
            try await session.endDay(of: people[2])
            let run = await CommandRun(["explain", "\(ticket)"], on: database.conninfo)
            // The urgent one and the older normal one come before it, the low one after it.
            #expect(run.output.contains("number 3 of 4 waiting in \(department.queue)\n"))
            #expect(run.output.contains("1 of 4 members could take it\n"))
            #expect(run.output.contains("Specialist 0  75/240  no_room      has room, but not for"))
            #expect(run.output.contains("Specialist 1   0/240  paused       has a pause\n"))
            #expect(run.output.contains("Specialist 2   0/240  not_at_work  is not at work\n"))
            #expect(run.output.contains("Specialist 3   0/240  none         could take it\n"))
        }
    }

    @Test("the place is that of queue_now for every ticket of a mixed queue")
    func places() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1, atWork: false)
            try await session.script(
                """
                insert into secondline.ticket (queue, title, priority, skill, effort_minutes, submitted_at, eligible_at)
                select '\(department.queue)', 't', (array['urgent','high','normal','low',null])[1 + n % 5]::secondline.priority,
                       null, 30, t, t
                  from generate_series(1, 60) n, lateral (select now() - (n * 37 % 11) * interval '1 day') x (t)
                """)
            let rows = try await session.simpleQuery("select ticket_id, position from secondline.queue_now")
            #expect(rows.count == 60)
            for row in rows.prefix(20) {
                let run = await CommandRun(["explain", row[0] ?? ""], on: database.conninfo)
                #expect(run.output.contains("number \(row[1] ?? "") of 60 waiting"))
            }
        }
    }

    @Test("what it waited for is summed over its stretches of waiting only")
    func waits() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1)
            let ticket = try await department.ticket(in: session)
            try await session.script(
                """
                select secondline.add_queue('other');
                update secondline.journal set at = now() - interval '10 hours' where ticket_id = \(ticket);
                insert into secondline.journal (ticket_id, at, event, from_status, to_status) values
                    (\(ticket), now() - interval '8 hours', 'assigned', 'new', 'assigned'),
                    (\(ticket), now() - interval '5 hours', 'declined', 'assigned', 'new'),
                    (\(ticket), now() - interval '4 hours', 'assigned', 'new', 'assigned');
                insert into secondline.blocker (queue, ticket_id, reason, since, ended_at) values
                    ('\(department.queue)', null, 'full', now() - interval '9 hours', now() - interval '4 hours 30 minutes'),
                    ('\(department.queue)', \(ticket), 'no_room', now() - interval '10 hours', now() - interval '9 hours'),
                    ('other', null, 'paused', now() - interval '10 hours', now() - interval '1 hour');
                """)
            let output = await CommandRun(["explain", "\(ticket)"], on: database.conninfo).output
            #expect(output.contains("Waited 3 h in 2 stretches\n"))
            #expect(output.contains("  1 h 30 min in 2 stretches, its queue: full: has no capacity left\n"))
            #expect(output.contains("  1 h, the ticket itself: no_room: "))
            #expect(!output.contains("has a pause"))
        }
    }

    @Test("of a returned ticket it says who is asked to complete it, of one that waits for its client since when")
    func standing() async throws {
        try await withDatabase { database, session in
            let here = try await Department(in: session, specialists: 1)
            let owner = here.specialists[0]
            let ticket = try await here.acceptedTicket(in: session)
            try await session.script(
                """
                select secondline.set_regulation('\(here.queue)', description_length => 10);
                select secondline_rules.wait_for_client('2030-01-02 03:04:05', \(ticket), \(owner), 'which one?');
                """)
            let returned = try await here.ticket(in: session)
            let at = try await session.simpleQuery(
                "select to_char(submitted_at, 'YYYY-MM-DD HH24:MI:SS') from secondline.ticket where ticket_id = \(returned)"
            )
            func output(_ ticket: Int64) async -> String {
                await CommandRun(["explain", "\(ticket)"], on: database.conninfo).output
            }
            #expect(await output(returned).contains("  returned \(at[0][0]!): Max Manager is asked to complete it\n"))
            #expect(
                await output(returned).contains(
                    "returned (new → returned)  Max Manager  it breaks the regulation of its queue; whoever is named here is asked to complete it  “• The description has fewer"
                ))
            #expect(
                await output(ticket).contains(
                    "  waiting_for_client since 2030-01-02 03:04:05: Specialist 0 has it, and has asked\n"))
            #expect(
                await output(ticket).contains(
                    "waiting (accepted → waiting_for_client)  Specialist 0  the client was asked: the next move is theirs  “which one?”"
                ))
            #expect(!(await output(ticket)).contains("it waited for its client before"))
            try await session.script(
                "select secondline_rules.client_replied('2030-01-02 05:04:05', \(ticket), null, 'that')")
            #expect(await output(ticket).contains("it waited for its client before, for 2 h of business time\n"))
            try await session.script(
                "select secondline.add_queue('developers', 3); select secondline.escalate_ticket(\(ticket), \(owner), 'bug', 'normal', 'broken')"
            )
            for (status, words) in [
                ("with_developer", "with_developer: Specialist 0 has it, and a developer works on the cause\n"),
                ("to_verify", "to_verify: Specialist 0 has it, and is to see whether the developer's work did it\n"),
            ] {
                try await session.script(
                    "update secondline.ticket set status = '\(status)' where ticket_id = \(ticket)")
                #expect(await output(ticket).contains(words))
            }
        }
    }

    @Test("every act of the state machine is told in words, unless its name says it all")
    func events() async throws {
        try await withDatabase { _, session in
            let plain = [
                "assigned", "accepted", "declined", "resolved", "cancelled", "reopened", "note",
            ]
            for row in try await session.simpleQuery("select distinct event from secondline.ticket_step") {
                let event = row[0] ?? ""
                #expect((CodeWords.words(forEvent: event) == nil) == plain.contains(event), "\(event)")
            }
        }
    }

    @Test("nothing that a ticket says reaches the terminal as it is, or passes for a line of ours")
    func hostile() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1)
            let ticket = try await department.assignedTicket(in: session)
            try await session.script(
                """
                alter table secondline.ticket drop constraint ticket_title_printable_check,
                    drop constraint ticket_description_printable_check;
                update secondline.ticket set title = E'\\u001b]0;owned\\u0007 \\u202etitle',
                       description = E'one\\nDecisions\\n  forged \\u001b[2J\\r\\u0085two'  where ticket_id = \(ticket);
                update secondline.person set full_name = 'Eve' || U&'\\202E' where person_id = \(department.specialists[0]);
                select secondline.decline_ticket(\(ticket), \(department.specialists[0]), E'no\\nJournal\\u001b[31m');
                """)
            let run = await CommandRun(["explain", "\(ticket)"], on: database.conninfo)
            #expect(run.status == .ok)
            for scalar in run.output.unicodeScalars {
                #expect(scalar == "\n" || (scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)))
                #expect(scalar.value != 0x202E)
            }
            let lines = run.output.split(separator: "\n")
            #expect(lines.count { $0 == "Decisions" } == 1)
            #expect(lines.count { $0 == "Journal" } == 1)
            #expect(lines.contains("  | Decisions"))
        }
    }

    @Test("a ticket that does not exist is status 65, and what is no number is status 64")
    func unknown() async throws {
        try await withDatabase { database, _ in
            let run = await CommandRun(["explain", "4711"], on: database.conninfo)
            #expect(run.status == .dataError)
            #expect(run.errors.contains("there is no ticket 4711"))
        }
        for word in ["abc", "0", "1.5", "99999999999999999999", ""] {
            let run = await CommandRun(["explain", word], on: "host=/nonexistent")
            #expect(run.status == .usage)
            #expect(run.errors.contains("\"\(word)\" is not the number of a ticket"))
        }
    }

    @Test("a reader may ask for it")
    func reader() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session)
            let ticket = try await department.ticket(in: session)
            try await withLogin(database, session, in: ["secondline_reader"]) { conninfo in
                #expect(await CommandRun(["explain", "\(ticket)"], on: conninfo).status == .ok)
            }
        }
    }

    @Test("every code has words that say more than the code")
    func words() {
        let codes = Obstacle.allCases.map(\.rawValue) + Reason.allCases.map(\.rawValue)
        for code in codes + ["chosen_by_hand", "overruled_by_head"] {
            #expect(CodeWords.explained(code).hasPrefix("\(code): "))
        }
        #expect(CodeWords.explained("new_code") == "new_code")
    }
}
