import CPostgreSQL

/// A parsed libpq connection string or URI.
package struct Conninfo: Sendable {
    /// What the string sets, in libpq's order; nothing from the environment or service files.
    private(set) var settings: [(key: String, value: String)] = []

    /// Throws `.usage` when libpq cannot read it.
    package init(parsing string: String) throws(DatabaseError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(string, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            // libpq quotes what it could not read, which may be (part of) a password.
            if string.contains("password") || string.contains("://") {
                throw DatabaseError(.usage, "the connection string cannot be read: check its quoting and keywords")
            }
            throw DatabaseError(.usage, "the connection string cannot be read: \(reason.folded)")
        }
        defer { PQconninfoFree(options) }
        settings = readOptions(options)
    }

    package subscript(_ key: String) -> String? { settings.first { $0.key == key }?.value }

    /// The connection string with one keyword set or replaced.
    package func with(_ key: String, _ value: String) -> String {
        var changed = settings.filter { $0.key != key }
        changed.append((key, value))
        return changed.map { "\($0.key)=\(quote($0.value))" }.joined(separator: " ")
    }

    package var host: String? { self["host"] ?? self["hostaddr"] }
    package var port: String? { self["port"] }
    package var database: String? { self["dbname"] }
    package var user: String? { self["user"] }

    /// For logs: who, where, which database; never a secret.
    package var display: String {
        let shown = settings.filter { ["service", "host", "hostaddr", "port", "dbname", "user"].contains($0.key) }
        return shown.map { "\($0.key)=\(quote($0.value))" }.joined(separator: " ")
    }

    private func quote(_ value: String) -> String {
        let plain = !value.isEmpty && !value.contains { $0.isWhitespace || $0 == "'" || $0 == "\\" }
        if plain { return value }
        var quoted = "'"
        for character in value {
            if character == "'" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "'"
    }
}

/// What is set in an array that ends with a null keyword.
func readOptions(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [(key: String, value: String)] {
    var settings: [(key: String, value: String)] = []
    var option = options
    while let keyword = option.pointee.keyword {
        if let value = option.pointee.val { settings.append((String(cString: keyword), String(cString: value))) }
        option += 1
    }
    return settings
}

/// An identifier as it can stand in SQL.
package func quoteIdentifier(_ name: String) -> String { quoted(name, with: "\"") }

/// A text as it can stand in SQL (`standard_conforming_strings` is on).
package func quoteLiteral(_ text: String) -> String { quoted(text, with: "'") }

private func quoted(_ text: String, with quote: Character) -> String {
    var out = String(quote)
    for character in text {
        if character == quote { out.append(quote) }
        out.append(character)
    }
    out.append(quote)
    return out
}
