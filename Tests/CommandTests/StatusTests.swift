import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline status")
struct StatusTests {
    @Test("queues are shown with what waits and why, people with what they have in hand, and what was assigned")
    func picture() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 2)
            _ = try await department.assignedTicket(in: session)
            let waiting = try await department.ticket(in: session)
            try await session.script(
                """
                alter table secondline.ticket drop constraint ticket_title_printable_check;
                update secondline.ticket set title = E'\\u001b[2J boo', eligible_at = now() - interval '3 hours'
                 where ticket_id = \(waiting);
                insert into secondline.blocker (queue, skill, reason, since)
                values ('\(department.queue)', null, 'full', now() - interval '125 minutes');
                """)
            try await session.endDay(of: department.specialists[1])
            let run = await CommandRun(["status"], on: database.conninfo)
            #expect(run.status == .ok)
            #expect(run.output.contains("\(department.queue)        1     3 h  full for 2 h 5 min"))
            #expect(run.output.contains("2 people, 1 at work, 1 free\n"))
            #expect(run.output.contains("Specialist 0  free               1  [###.......]   75/240"))
            #expect(run.output.contains("Specialist 1  not_at_work        0  [..........]    0/240          never"))
            #expect(run.output.contains("1 ticket assigned in the last 10 min"))
            #expect(run.output.contains("least_loaded"))
            #expect(!run.output.contains("\u{1B}"))
        }
    }

    @Test("tickets with which others have the next move are counted")
    func elsewhere() async throws {
        try await withDatabase { database, session in
            let here = try await Department(in: session, specialists: 1, capacity: 10_000)
            let owner = here.specialists[0]
            var held: [Int64] = []
            for _ in 0..<10 { held.append(try await here.acceptedTicket(in: session)) }
            try await session.script(
                """
                select secondline.wait_for_client(t, \(owner), 'what?') from unnest(array[\(held[0]), \(held[1]), \(held[2])]::bigint[]) t;
                select secondline.add_queue('zz', 3);
                select secondline.escalate_ticket(t, \(owner), 'bug', 'normal', 'broken')
                  from unnest(array[\(held[3]), \(held[4]), \(held[5])]::bigint[]) t;
                update secondline.ticket set status = 'to_verify' where ticket_id = \(held[5]);
                select secondline.resolve_ticket(\(held[6]), \(owner), 'done');
                select secondline.set_regulation('\(here.queue)', description_length => 10);
                select secondline.add_queue('z');
                """)
            _ = try await here.ticket(in: session)
            let lines = await CommandRun(["status"], on: database.conninfo).output.split(separator: "\n")
            #expect(lines[0].hasSuffix("WITH OTHERS"))
            #expect(lines[1].hasSuffix("3 with clients, 2 with developers, 1 to verify, 1 returned"))
            // those that wait for a person are counted where they were
            #expect(lines[1].contains("\(here.queue)        0  "))
            #expect(lines[2] == "z\(String(repeating: " ", count: here.queue.count - 1))        0")
        }
    }

    @Test("alerts are counted while they are not settled")
    func alerts() async throws {
        try await withDatabase { database, session in
            let here = try await Department(in: session, specialists: 1, atWork: false)
            func line() async -> String? {
                await CommandRun(["status"], on: database.conninfo).output.split(separator: "\n").first {
                    $0.hasPrefix("alerts: ")
                }.map(String.init)
            }
            #expect(await line() == nil)
            for _ in 0..<2 { _ = try await here.ticket(in: session) }
            try await session.script(
                """
                select secondline_rules.run_clocks(clock_timestamp() + interval '3 hours', 10);
                update secondline.alert set raised_at = now() - interval '2 hours';
                select secondline.acknowledge_alert(1, \(here.head))
                """)
            #expect(
                await line()
                    == "alerts: 2, 1 that nobody looks after, the oldest for 2 h: see secondline.alert_now")
            try await session.script("select secondline.acknowledge_alert(2, \(here.head))")
            #expect(await line() == "alerts: 2: see secondline.alert_now")
        }
    }

    @Test("columns are aligned, and a paused queue tells the reason as it was given")
    func paused() async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1, atWork: false)
            for _ in 0..<3 { _ = try await department.ticket(in: session) }
            try await session.script(
                "select secondline.pause_queue('\(department.queue)', E'flood \\u009b31m'), secondline.add_queue('z')")
            let lines = await CommandRun(["status"], on: database.conninfo).output.split(separator: "\n")
            #expect(lines[1].contains("paused for 0 s: flood \\u{9B}31m"))
            // The heading ends where the numbers do.
            let heading = try #require(lines[0].firstRange(of: "WAITING"))
            let width = lines[0].distance(from: lines[0].startIndex, to: heading.upperBound)
            #expect(lines[1].prefix(width).hasSuffix(" 3"))
            #expect(lines[2].prefix(width).hasSuffix(" 0"))
        }
    }

    @Test("an empty department is told what to call")
    func empty() async throws {
        try await withDatabase { database, _ in
            let run = await CommandRun(["status"], on: database.conninfo)
            #expect(run.status == .ok)
            #expect(run.output.contains("secondline.add_team"))
            #expect(run.output.contains("Nothing was assigned in the last 10 min."))
        }
    }

    @Test("a reader may see it")
    func reader() async throws {
        try await withDatabase { database, session in
            _ = try await Department(in: session)
            try await withLogin(database, session, in: ["secondline_reader"]) { conninfo in
                #expect(await CommandRun(["status"], on: conninfo).status == .ok)
            }
        }
    }

    @Test("messages are a line, with one more for each channel in trouble that something waits for")
    func messages() async throws {
        try await withDatabase { database, session in
            let person = try await Department(in: session, specialists: 1).specialists[0]
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                func tail() async -> String {
                    let output = await CommandRun(["status"], on: conninfo).output
                    return output.firstRange(of: "messages: ").map { String(output[$0.lowerBound...]) } ?? output
                }
                try await session.script(
                    """
                    select secondline.set_contact(\(person), 'mail', 'here', 'low'),
                           secondline.set_contact(\(person), 'chat', 'here', 'critical');
                    select secondline_rules.report_channel(now(), 'mail', 'w', null, 0, null)
                    """)
                #expect(await tail() == "messages: none waiting\n")
                try await session.script(
                    "select secondline.send_message(\(person), 'note', '{\"text\": \"x\"}') from generate_series(1, 1205)"
                )
                #expect(await tail() == "messages: 1,205 waiting\n")
                try await session.script(
                    """
                    update secondline.message set state = 'set_aside', send_at = 'infinity'
                     where message_id in (select m.message_id from secondline.message m where m.channel = 'mail' limit 3);
                    select secondline.send_message(\(person), 'note', '{"text": "x", "severity": "critical"}');
                    select secondline_rules.report_channel(now(), 'mail', 'w', 725, 9, E'no\\nmessages: \\u001b[2J')
                    """)
                #expect(
                    await tail() == """
                        messages: 1,204 waiting, 3 set aside: see "secondline messages --set-aside"
                          chat: 1 waiting; no running daemon has it: add [channel.chat] to the daemon's configuration
                          mail: 1,203 waiting; failing for 12 min: no\\nmessages: \\e[2J

                        """)
            }
        }
    }

    @Test("of many channels in trouble a few are shown, of what they say a line")
    func manyChannels() async throws {
        try await withDatabase { database, session in
            try await session.script(
                """
                select secondline_rules.report_channel(now(), 'c' || n, 'w', 1, 1, repeat('long ', 400))
                  from generate_series(1, 40) n
                """)
            let lines = await CommandRun(["status"], on: database.conninfo).output.split(separator: "\n").suffix(7)
            #expect(lines.first == "messages: none waiting")
            #expect(lines.last == "… and 35 more: see \"secondline channels\"")
            #expect(lines.allSatisfy { $0.count <= 160 })
        }
    }

    @Test("what was sent is not read for it")
    func messagePlan() async throws {
        try await withDatabase { _, session in
            let plan = try await session.simpleQuery("explain \(MessageStatus.sql)").map { $0[0] ?? "" }
            #expect(plan.contains { $0.contains("on message m") || $0.contains("on message x") })
            #expect(!plan.contains { $0.contains("message_history") || $0.contains("message_attempt") })
        }
    }

    @Test("it is shown on a server that cannot be written to")
    func readOnly() async throws {
        try await withDatabase { database, _ in
            let conninfo = try Conninfo(parsing: database.conninfo)
                .with("options", "-c default_transaction_read_only=on")
            let run = await CommandRun(["status"], on: conninfo)
            #expect(run.status == .ok)
            #expect(run.output.hasSuffix("messages: none waiting\n"))
            #expect(await CommandRun(["channels"], on: conninfo).status == .ok)
        }
    }

    @Test("a picture for a small terminal counts the people who do not fit")
    func height() async throws {
        try await withDatabase { database, session in
            _ = try await Department(in: session, specialists: 9)
            let picture = try await StatusPicture.take(from: session)
            let file = ScratchFile()
            let text = picture.text(for: Terminal(descriptor: file.descriptor, environment: [:]), height: 12)
            #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 13)
            #expect(text.contains("more\n"))
        }
    }

    @Test("it is shown again and again until Ctrl-C, which is no failure")
    func watch() async throws {
        try await withDatabase { database, _ in
            let process = try CommandProcess(["status", "--every", "100ms", "-d", database.conninfo])
            _ = await process.readOutput(until: "QUEUE", times: 3)
            process.interrupt()
            let (status, errors) = try await process.end()
            #expect(status == 0)
            #expect(errors.isEmpty)
        }
    }

    @Test("an interval that is none is a mistake of the command line")
    func interval() async {
        let run = await CommandRun(["status", "--every", "2"], on: "host=/nonexistent")
        #expect(run.status == .usage)
        #expect(run.errors.contains("2 has no unit"))
    }

    @Test(
        "figures are short",
        arguments: [
            (0.4, "0 s"), (38, "38 s"), (60, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"), (86_400, "1 d"),
            (273_600, "3 d 4 h"), (-5, "0 s"),
        ])
    func times(_ seconds: Double, _ expected: String) {
        #expect(Figures.time(seconds) == expected)
    }

    @Test("numbers are grouped", arguments: [(0, "0"), (999, "999"), (4701, "4,701"), (-1_000_000, "-1,000,000")])
    func grouped(_ number: Int, _ expected: String) {
        #expect(Figures.grouped(number) == expected)
    }

    @Test("the bar is full at the capacity and never empty with work in hand")
    func bar() {
        #expect(Figures.bar(0, of: 240) == "[..........]")
        #expect(Figures.bar(1, of: 240) == "[#.........]")
        #expect(Figures.bar(240, of: 240) == "[##########]")
        #expect(Figures.bar(900, of: 240) == "[##########]")
        #expect(Figures.bar(5, of: 0) == "[##########]")
    }
}
