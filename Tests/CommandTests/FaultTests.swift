import Glibc
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("Faults of server and schema")
struct FaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var keyword = ""
        var value = ""
        let status: secondline.ExitStatus
        let says: String
    }

    static let commands = [["migrate"], ["status"], ["explain", "1"], ["import", "-q", "x", "/dev/stdin"]]

    @Test(
        "a connection that cannot be made is told in one line, with what to do",
        arguments: [
            Case(
                testDescription: "no server", keyword: "host", value: "/nonexistent", status: .unavailable,
                says: "check that PostgreSQL runs there"),
            Case(
                testDescription: "no such database", keyword: "dbname", value: "no_such_database",
                status: .configuration, says: "create the database or correct dbname"),
            Case(
                testDescription: "no such role", keyword: "user", value: "no_such_role", status: .noPermission,
                says: "check that the role exists"),
        ])
    func connection(_ fault: Case) async throws {
        let conninfo = try Conninfo(parsing: ScratchDatabase.serverConninfo()).with(fault.keyword, fault.value)
        for arguments in [["migrate"], ["status"], ["explain", "1"]] {
            let run = await CommandRun(arguments, on: conninfo)
            #expect(run.status == fault.status)
            #expect(run.errors.contains(fault.says))
            #expect(run.errors.split(separator: "\n").count == 1)
            #expect(run.output.isEmpty)
        }
        let check = await CommandRun(["check"], on: conninfo)
        #expect(check.status == fault.status)
        #expect(check.output.contains("FAILED   connection: "))
        #expect(check.output.contains(fault.says))
    }

    @Test("a conninfo that cannot be read is status 78 where it is configured and 64 on the command line")
    func conninfo() async {
        let configured = await CommandRun(["status"], environment: ["SECONDLINE_DATABASE_CONNINFO": "hots=x"])
        #expect(configured.status == .configuration)
        #expect(configured.errors.contains("SECONDLINE_DATABASE_CONNINFO"))
        #expect(configured.errors.contains("hots"))
        let given = await CommandRun(["status"], on: "hots=x")
        #expect(given.status == .usage)
        #expect(given.errors.contains("hots"))
    }

    @Test(
        "a schema that is absent, too old, too new or altered is status 78 and names the versions",
        arguments: [
            ("drop schema secondline, secondline_rules cascade", "the database has no schema secondline"),
            (
                "delete from secondline.schema_migration where name > '0002'",
                "is 0001_department, older than \(SchemaVersion.known)"
            ),
            (
                "insert into secondline.schema_migration (name, checksum) values ('9999_future', 'x')",
                "is 9999_future, newer than \(SchemaVersion.known)"
            ),
            (
                "update secondline.schema_migration set checksum = 'x' where name = '0001_department'",
                "0001_department was applied to the database with another text"
            ),
        ])
    func schema(_ change: String, _ says: String) async throws {
        try await withDatabase { database, session in
            try await session.script("set client_min_messages = warning; \(change)")
            let file = ScratchFile("queue,title\ncrm,x\n")
            for arguments in [["status"], ["explain", "1"], ["import", file.path], ["check"]] {
                let run = await CommandRun(arguments, on: database.conninfo)
                #expect(run.status == .configuration, "\(arguments[0])")
                #expect((run.errors + run.output).contains(says), "\(arguments[0])")
            }
        }
    }

    @Test("a role without rights is status 77")
    func rights() async throws {
        try await withDatabase { database, session in
            try await withLogin(database, session, in: []) { conninfo in
                let file = ScratchFile("queue,title\ncrm,x\n")
                for arguments in [["status"], ["explain", "1"], ["import", file.path], ["check"], ["migrate"]] {
                    let run = await CommandRun(arguments, on: conninfo)
                    #expect(run.status == .noPermission, "\(arguments[0]): \(run.errors)")
                    let words = arguments[0] == "check" ? "lacks usage on schema" : "permission denied"
                    #expect((run.errors + run.output).contains(words), "\(arguments[0])")
                }
            }
        }
    }

    @Test("a session that is read-only is status 69 for what writes, and no fault for what reads")
    func readOnly() async throws {
        try await withDatabase { database, session in
            try await session.script("alter database \(database.name) set default_transaction_read_only = on")
            let file = ScratchFile("queue,title\ncrm,x\n")
            for arguments in [["migrate"], ["import", file.path]] {
                let run = await CommandRun(arguments, on: database.conninfo)
                #expect(run.status == .unavailable)
                #expect(run.errors.contains("are read-only (default_transaction_read_only)"))
            }
            #expect(await CommandRun(["status"], on: database.conninfo).status == .ok)
            #expect(await CommandRun(["migrate", "--dry-run"], on: database.conninfo).status == .ok)
        }
    }

    @Test("a standby and a wrong password are told as what they are")
    func ownServer() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let primary = Session(options: SessionOptions(conninfo: cluster.conninfo(), applicationName: "test"))
        try await primary.open()
        try await primary.script("create role secret login password 'right'; create role stranger login")
        #expect(await CommandRun(["migrate"], on: cluster.conninfo()).status == .ok)
        await primary.close()
        try cluster.stop(immediate: false)
        try cluster.becomeStandby(asking: "secret")
        try cluster.start()

        for arguments in [["migrate"], ["check"]] {
            let run = await CommandRun(arguments, on: cluster.conninfo())
            #expect(run.status == .unavailable)
            #expect((run.errors + run.output).contains("is a standby, which cannot be written to"))
            #expect((run.errors + run.output).contains("Connect to the primary"))
        }
        #expect(await CommandRun(["status"], on: cluster.conninfo()).status == .ok)

        let wrong = try Conninfo(parsing: cluster.conninfo()).with("user", "secret") + " password=wrong"
        for arguments in [["migrate"], ["status"], ["check"]] {
            let run = await CommandRun(arguments, on: wrong)
            #expect(run.status == .noPermission)
            #expect((run.errors + run.output).contains("check user and password"))
            #expect(!(run.errors + run.output).contains("wrong"))
        }
    }

    @Test(
        "every class of SQLSTATE has the status that sysexits gives it",
        arguments: [
            ("28P01", .noPermission), ("42501", .noPermission), ("42P01", .configuration), ("3D000", .configuration),
            ("25006", .unavailable), ("57014", .unavailable), ("53300", .unavailable), ("40P01", .temporaryFailure),
            ("55P03", .temporaryFailure), ("22P02", .dataError), ("23505", .dataError), ("SL004", .dataError),
            ("P0002", .dataError), ("XX000", .software),
        ] as [(String, secondline.ExitStatus)])
    func states(_ code: String, _ status: secondline.ExitStatus) {
        #expect(Explanation.of(DatabaseError(.server, "x", sqlState: SQLState(code))).status == status)
    }

    @Test(
        "what ends a connection is the server's state, unless it is about who we are or what we asked for",
        arguments: [
            (nil, .unavailable), ("57P01", .unavailable), ("08006", .unavailable), ("XX000", .unavailable),
            ("28000", .noPermission), ("42501", .noPermission), ("3D000", .configuration), ("22023", .configuration),
        ] as [(String?, secondline.ExitStatus)])
    func connectionStates(_ code: String?, _ status: secondline.ExitStatus) {
        let error = DatabaseError(.connection, "x", sqlState: code.map { SQLState($0) })
        #expect(Explanation.of(error).status == status)
    }
}
