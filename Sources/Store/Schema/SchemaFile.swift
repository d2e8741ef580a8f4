internal import CSchema

/// A file under `sql/`, as it is built into the program.
package struct SchemaFile: Sendable, Equatable {
    /// Below `sql/`, for example `migrations/0001_department.sql`.
    package let path: String
    package let text: String

    /// All of them, in the order in which they are applied.
    package static let all: [SchemaFile] = {
        (0..<secondline_sql_file_count).map { index in
            let file = secondline_sql_file_at(index)
            return SchemaFile(path: String(cString: file.path), text: String(cString: file.text))
        }
    }()

    package static let migrations = all.filter { $0.path.hasPrefix("migrations/") }
    /// Functions, views and grants: applied again at every upgrade.
    package static let definitions = all.filter {
        $0.path.hasPrefix("functions/") || $0.path.hasPrefix("views/") || $0.path == "grants.sql"
    }

    package static func named(_ path: String) -> SchemaFile { all.first { $0.path == path }! }

    /// Of a migration: its file name without the ending, which is its name in the ledger.
    package var migration: String { String(path.dropFirst("migrations/".count).dropLast(".sql".count)) }
}
