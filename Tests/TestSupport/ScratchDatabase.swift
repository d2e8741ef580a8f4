import Foundation
package import Postgres

/// A database of its own for a suite, on the server of `SECONDLINE_TEST_CONNINFO` or on the process's private one.
package struct ScratchDatabase: Sendable {
    package let name: String
    package let conninfo: String

    /// Copies `template` when given; waits for a while if somebody is connected to that.
    package init(template: String? = nil) async throws {
        let name = "scratch_\(UUID().uuidString.lowercased().replacing("-", with: "").prefix(16))"
        let server = try Self.serverConninfo()
        conninfo = try Conninfo(parsing: server).with("dbname", name)
        self.name = name
        let source = template.map { " template \(quoteIdentifier($0))" } ?? ""
        var attempts = 0
        while true {
            do {
                try await Self.onServer("create database \(quoteIdentifier(name))\(source)")
                return
            } catch let error as DatabaseError where error.sqlState == "55006" && attempts < 100 {
                attempts += 1
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Who connects from now on has settings that a program should not depend on.
    package func misleadLogins() async throws {
        for setting in ["default_transaction_isolation = 'serializable'", "row_security = off"] {
            try await Self.onServer("alter database \(quoteIdentifier(name)) set \(setting)")
        }
    }

    /// Disconnects everybody and deletes the database.
    package func drop() async throws {
        try await Self.onServer("drop database if exists \(quoteIdentifier(name)) with (force)")
    }

    /// A session's options for this database.
    package func options(_ applicationName: String = "test", callTimeout: Duration = .seconds(35)) -> SessionOptions {
        SessionOptions(conninfo: conninfo, applicationName: applicationName, callTimeout: callTimeout)
    }

    /// An open session.
    package func session(preparing statements: [any Statement.Type] = []) async throws -> Session {
        let session = Session(options: options())
        try await session.open(preparing: statements)
        return session
    }

    package static func serverConninfo() throws -> String {
        if let given = ProcessInfo.processInfo.environment["SECONDLINE_TEST_CONNINFO"], !given.isEmpty { return given }
        return try Cluster.shared.get().conninfo()
    }

    private static func onServer(_ sql: String) async throws {
        let session = Session(options: SessionOptions(conninfo: try serverConninfo(), applicationName: "scratch"))
        try await session.open()
        try await session.script(sql)
        await session.close()
    }
}
