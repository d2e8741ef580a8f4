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
