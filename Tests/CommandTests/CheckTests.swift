import Foundation
import Glibc
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline check")
struct CheckTests {
    @Test("with everything in order each check is a line that begins with ok, and the status is 0")
    func inOrder() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                let run = await CommandRun(["check"], on: conninfo)
                #expect(run.status == .ok, "\(run.output)")
                let lines = run.output.split(separator: "\n")
                let subjects = [
                    "configuration", "connection", "server version", "writing", "clock", "schema", "rights", "sessions",
                    "LISTEN",
                ]
                #expect(lines.count == subjects.count)
                for (line, subject) in zip(lines, subjects) { #expect(line.hasPrefix("ok       \(subject): ")) }
                #expect(run.output.contains("database \(database.name)"))
            }
        }
    }

    @Test("a role that lacks rights is told which and how to give them, with status 77")
    func rights() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: ["secondline_reader"]) { conninfo in
                let run = await CommandRun(["check"], on: conninfo)
                #expect(run.status == .noPermission)
                #expect(run.output.contains("FAILED   rights: login_"))
                #expect(run.output.contains("grant secondline_daemon to \"login_"))
                #expect(run.output.contains("ok       schema: "))
                #expect(run.output.contains("ok       LISTEN: "))
            }
        }
    }

    @Test("a login without any role is told the same")
    func stranger() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: []) { conninfo in
                let run = await CommandRun(["check"], on: conninfo)
                #expect(run.status == .noPermission)
                #expect(run.output.contains("lacks usage on schema secondline — "))
                #expect(run.output.contains("grant secondline_daemon to \"login_"))
            }
        }
    }

    @Test("one right of the daemon that is missing is named")
    func oneRight() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: ["secondline_app"]) { conninfo in
                let login = try Conninfo(parsing: conninfo).user ?? ""
                try await session.script(
                    """
                    grant execute on all functions in schema secondline_rules to \(login);
                    """)
                let run = await CommandRun(["check"], on: conninfo)
                #expect(run.status == .noPermission)
                #expect(run.output.contains("lacks update (ran_at) on secondline.duty — "))
            }
        }
    }

    @Test("rights that came with messages are looked for too")
    func messageRights() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                let login = try Conninfo(parsing: conninfo).user ?? ""
                #expect(await CommandRun(["check"], on: conninfo).status == .ok)
                try await session.script(
                    """
                    revoke secondline_daemon from \(login);
                    grant secondline_app to \(login);
                    grant update (ran_at) on secondline.duty to \(login);
                    grant execute on all functions in schema secondline_rules to \(login);
                    """)
                #expect(await CommandRun(["check"], on: conninfo).status == .ok)
                for right in [
                    "select on table secondline.message_attempt", "execute on function secondline_rules.claim_messages",
                ] {
                    try await session.script("begin; revoke \(right) from \(login), secondline_app; commit")
                }
                let run = await CommandRun(["check"], on: conninfo)
                #expect(run.status == .noPermission)
                #expect(
                    run.output.contains("lacks select on secondline.message_attempt and 1 more — "), "\(run.output)")
            }
        }
    }

    @Test("the program of each configured channel is looked at")
    func programs() async throws {
        let (plain, good) = (ScratchFile("#!/bin/sh\n"), ScratchFile("#!/bin/sh\n"))
        chmod(good.path, 0o700)
        let sections = [
            ("good", "\(good.path) -x"), ("gone", "/nonexistent/x"), ("dir", "/usr"), ("plain", plain.path),
        ]
        let file = ScratchFile(sections.map { "[channel.\($0.0)]\nprogram = \($0.1)\n" }.joined())
        try await withDatabase { database, _ in
            let run = await CommandRun(["check", "--config", file.path], on: database.conninfo)
            #expect(run.status == .configuration)
            for line in [
                "ok       channel good: \(good.path)\n",
                "FAILED   channel gone: /nonexistent/x: No such file or directory — Correct program in [channel.gone]",
                "FAILED   channel dir: /usr is a directory — ",
                "FAILED   channel plain: this user may not execute \(plain.path): Permission denied — chmod +x",
                "ok       LISTEN: ",
            ] {
                #expect(run.output.contains(line), "\(line)")
            }
        }
    }

    @Test("a channel that contacts name and this configuration lacks is a warning")
    func contacts() async throws {
        let file = ScratchFile("[channel.mail]\nprogram = /bin/true\n")
        try await withDatabase { database, session in
            let people = try await Department(in: session, specialists: 2).specialists
            try await session.script(
                """
                select secondline.set_contact(p, c, 'here')
                  from unnest(array[\(people[0]), \(people[1])]) p, unnest(array['mail', 'chat', 'sms']) c;
                select secondline.set_contact(\(people[0]), 'sms', null);
                select secondline.set_contact(\(people[0]), 'old', 'here'), secondline.set_contact(\(people[0]), 'old', null);
                select secondline_rules.report_channel(now(), 'sms', 'w', null, 0, null)
                """)
            let run = await CommandRun(["check", "--config", file.path], on: database.conninfo)
            #expect(run.status == .ok)
            let warnings = run.output.split(separator: "\n").filter { $0.hasPrefix("warning") }
            #expect(warnings.count == 2)
            #expect(
                run.output.contains(
                    "warning  channel chat: 2 contacts name it, and this configuration does not have it — "))
            #expect(
                run.output.contains(
                    "channel sms: 1 contact names it, and this configuration does not have it; 1 running"))
        }
    }

    /// A daemon's login that sees other sessions, in a database whose duties have just been done.
    private func withHealth(_ body: (ScratchDatabase, Session, _ conninfo: String) async throws -> Void) async throws {
        try await withDatabase { database, session in
            try await session.script(
                """
                alter database \(database.name) set idle_in_transaction_session_timeout = '5min';
                update secondline.duty set ran_at = now()
                """)
            try await withLogin(database, session, in: ["secondline_daemon", "pg_read_all_stats"]) { conninfo in
                try await body(database, session, conninfo)
            }
        }
    }

    @Test("a deep look at what is in order says so, and writes nothing")
    func deep() async throws {
        try await withHealth { (_, session, conninfo) async throws in
            let run = await CommandRun(["check", "--deep"], on: conninfo)
            #expect(run.status == .ok, "\(run.output)")
            #expect(run.output.contains("\nok       health: nothing found\n"))
            #expect(!run.output.contains("warning"), "\(run.output)")
            let quiet = await CommandRun(["check", "--deep", "--quiet"], on: conninfo)
            #expect(quiet.status == .ok)
            #expect(quiet.output == "")
            #expect(try await session.simpleQuery("select from secondline.finding").isEmpty)
        }
    }

    @Test(
        "a fault is status 1, a warning is not; each line names the culprit and what to do; --quiet tells nothing else")
    func deepFindings() async throws {
        try await withHealth { (_, session, conninfo) async throws in
            let team = try await session.id("secondline.add_team('Nobody’s', 'UTC')")
            try await session.script("select secondline.add_person(\(team), 'specialist', 'Anna')")
            let warned = await CommandRun(["check", "--deep", "-q"], on: conninfo)
            #expect(warned.status == .ok)
            #expect(
                warned.output
                    == "warning  team_without_head: team Nobody’s has neither head nor deputy: nobody is told of its alerts — set_head(team, person), or add_person(team, 'head', name).\n"
            )
            try await session.script(
                "drop index secondline.message_attend_index; update secondline.duty set ran_at = ran_at - interval '1 hour'"
            )
            let run = await CommandRun(["check", "--deep", "-q"], on: conninfo)
            #expect(run.status == .failure)
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines.contains { $0.hasPrefix("FAILED   index_missing: index message_attend_index is not there") })
            #expect(
                lines.contains {
                    $0.hasPrefix(
                        "FAILED   no_daemon: no daemon does anything: tickets wait, nobody is reminded, for 1 h — Start one"
                    )
                }, "\(run.output)")
            // what is no health is worse
            try await session.script(
                "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')")
            #expect(await CommandRun(["check", "--deep", "-q"], on: conninfo).status == .configuration)
        }
    }

    @Test("whether the metrics could be written is looked at")
    func metrics() async throws {
        try await withDatabase { database, _ in
            for (file, says) in [
                (
                    "/nonexistent/x.prom",
                    "warning  metrics: /nonexistent/x.prom cannot be written: No such file or directory — "
                ),
                ("/proc/x.prom", "warning  metrics: /proc/x.prom cannot be written: "),
                ("/tmp/x.txt", "warning  metrics: /tmp/x.txt — node_exporter reads only what ends in .prom."),
                ("/tmp/x.prom", "ok       metrics: /tmp/x.prom\n"),
            ] {
                let run = await CommandRun(
                    ["check"],
                    environment: ["SECONDLINE_DATABASE_CONNINFO": database.conninfo, "SECONDLINE_METRICS_FILE": file])
                #expect(run.status == .ok)
                #expect(run.output.contains(says), "\(run.output)")
            }
        }
        let run = await CommandRun(["check"], environment: ["SECONDLINE_METRICS_FILE": "x.prom"])
        #expect(run.status == .configuration)
        #expect(run.output.contains("SECONDLINE_METRICS_FILE: \"x.prom\" is not an absolute path"))
    }

    @Test("a clock that differs from the server's is a warning that says which way", arguments: [-2, 2])
    func clock(hours: Int64) async throws {
        let shift = ScratchFile(withUnsafeBytes(of: hours * 3600) { Array($0) })
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        try await withDatabase { database, _ in
            let run = try await ShortProcess(
                bundle.appending(path: "secondline").path, ["check", "--conninfo", database.conninfo],
                environment: [
                    "LD_PRELOAD": bundle.appending(path: "libClockShift.so").path, "CLOCK_SHIFT_FILE": shift.path,
                ], input: Data()
            ).end()
            #expect(run.status == 0)
            let way = hours < 0 ? "ahead of" : "behind"
            #expect(
                run.output.contains("\nwarning  clock: the server's is ")
                    && run.output.contains(" \(way) this machine's — Set"),
                "\(run.output)")
        }
    }

    @Test("the health duty tells of the clocks too")
    func clockOfDaemon() async throws {
        let shift = ScratchFile(withUnsafeBytes(of: Int64(7200)) { Array($0) })
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        try await withDatabase { database, _ in
            let daemon = try DaemonProcess(
                database.conninfo,
                environment: [
                    "SECONDLINE_DAEMON_POLL_INTERVAL": "100ms",
                    "LD_PRELOAD": bundle.appending(path: "libClockShift.so").path, "CLOCK_SHIFT_FILE": shift.path,
                ])
            // the tests' login is one in any case, and all is told at once
            try await daemon.says("kind=superuser")
            daemon.signal(SIGTERM)
            let log = try await daemon.end().log
            let found = log.split(separator: "\n").filter { $0.contains(" health.found kind=clock_difference ") }
            #expect(found.count == 1 && found[0].contains(" behind that of "), "\(log)")
        }
    }

    @Test("what the configuration warns of is told")
    func warnings() async {
        let file = ScratchFile("[database]\nconninfo = host=/nonexistent password=secret\n")
        chmod(file.path, 0o644)
        let run = await CommandRun(["check", "--config", file.path])
        #expect(run.status == .unavailable)
        #expect(
            run.output.contains(
                "\nwarning  configuration — \(file.path) contains a password and everybody can read it: chmod o-r"))
        #expect(!run.output.contains("secret"))
    }

    @Test("mistakes in the configuration are told with status 78")
    func configuration() async {
        let run = await CommandRun(["check"], environment: ["SECONDLINE_DAEMON_POLL_INTERVAL": "5"])
        #expect(run.status == .configuration)
        #expect(run.output.hasPrefix("FAILED   configuration: "))
        #expect(run.output.contains("5 has no unit"))
        // the heading, then a line a mistake
        #expect(run.output.split(separator: "\n").count == 2)
    }

    @Test("LISTEN is not tried where it is switched off")
    func listenOff() async throws {
        try await withDatabase { database, _ in
            let run = await CommandRun(
                ["check"],
                environment: [
                    "SECONDLINE_DATABASE_CONNINFO": database.conninfo, "SECONDLINE_DAEMON_LISTEN": "off",
                ])
            #expect(run.status == .ok)
            #expect(run.output.contains("ok       LISTEN: switched off; the daemon polls every 5s"))
        }
    }

    @Test("a session that cannot be listened on is a warning, not a failure")
    func silence() async throws {
        try await withDatabase { database, session in
            let nowhere = try SessionOptions(
                conninfo: Conninfo(parsing: database.conninfo).with("host", "/nonexistent"), applicationName: "test")
            let finding = await ListenCheck(session: session, options: nowhere).finding()
            #expect(finding.verdict == .warning)
            #expect(finding.what.hasPrefix("LISTEN: no session to listen: "))
        }
    }
}
