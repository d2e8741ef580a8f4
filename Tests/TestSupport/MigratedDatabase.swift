import Postgres
import Store

extension ScratchDatabase {
    /// A database of its own with the schema of this program, copied from a template.
    package static func migrated() async throws -> ScratchDatabase {
        try await ScratchDatabase(template: MigratedTemplate.name.value)
    }
}

/// The schema, migrated once for each text of `sql/` and server; copying it takes a tenth of the time. It stays on the server.
private enum MigratedTemplate {
    static let name = Task<String, any Error> {
        let server = try ScratchDatabase.serverConninfo()
        let session = Session(options: SessionOptions(conninfo: server, applicationName: "template"))
        try await session.open()
        defer { Task { await session.close() } }
        // Named after the text, so that an edit makes another one.
        let text = SchemaFile.all.map { "\($0.path)\n\($0.text)" }.joined()
        let checksum = try await session.simpleQuery("select md5(\(quoteLiteral(text)))")[0][0] ?? ""
        let name = "secondline_template_\(checksum)"
        // Test processes take turns; the one that comes second finds it made.
        try await session.script("select pg_advisory_lock(hashtext('secondline.template'))")
        let known = try await session.simpleQuery("select from pg_database where datname = '\(name)'")
        if known.isEmpty {
            // Renamed at the end: half a template is never taken for one.
            try await session.script("drop database if exists secondline_template_unfinished with (force)")
            try await session.script("create database secondline_template_unfinished template template0")
            let conninfo = try Conninfo(parsing: server).with("dbname", "secondline_template_unfinished")
            let inside = Session(options: SessionOptions(conninfo: conninfo, applicationName: "template"))
            try await inside.open()
            _ = try await Migrator.migrate(inside)
            await inside.close()
            try await session.script("alter database secondline_template_unfinished rename to \(name)")
            try await session.script("comment on database \(name) is 'Made by tests of Secondline; may be dropped.'")
        }
        return name
    }
}
