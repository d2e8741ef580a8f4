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
                    "configuration", "connection", "server version", "writing", "clock", "schema", "rights", "LISTEN",
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
            #expect(finding.advice?.contains("pooler") == true)
        }
    }
}
