/// What went wrong with a statement, a connection or a value.
package struct DatabaseError: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// The connection could not be made, or was lost.
        case connection
        /// A call did not return in time.
        case deadline
        /// The server refused a statement.
        case server
        /// A row does not have the shape that the statement reads.
        case decoding
        /// The program asked for something that cannot be done.
        case usage
    }

    package var kind: Kind
    package var sqlState: SQLState?
    package var message: String
    package var detail: String?
    package var hint: String?
    package var constraint: String?
    package var table: String?
    package var column: String?
    package var context: String?
    /// The name of the statement type.
    package var statement: String?
    /// The connection was lost or given up while a COMMIT (or a statement that commits by itself) was under way.
    package var outcomeUnknown = false
    /// The server no longer has, or no longer honours, a prepared statement: the session prepares again.
    var staleStatement = false

    package init(_ kind: Kind, _ message: String, sqlState: SQLState? = nil) {
        self.kind = kind
        self.message = message
        self.sqlState = sqlState
    }

    /// One line: what is wrong, then what to do.
    package var description: String {
        var line = ""
        if let statement { line += "\(statement): " }
        line += message.folded
        if let detail { line += " (\(detail.folded))" }
        if let sqlState { line += " [SQLSTATE \(sqlState.code)]" }
        if outcomeUnknown { line += "; it is unknown whether the transaction was committed" }
        for part in [hint?.folded, advice] {
            if let part { line += "; \(part)" }
        }
        return line
    }

    func naming(_ statement: String?) -> DatabaseError {
        var error = self
        error.statement = statement
        return error
    }
}

extension String {
    /// Without line breaks, tabs and runs of blanks, so that a server's text cannot forge a second line.
    var folded: String {
        var out = ""
        var blank = false
        for scalar in unicodeScalars {
            if scalar.value <= 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.properties.isWhitespace {
                blank = !out.isEmpty
            } else {
                if blank { out.append(" ") }
                blank = false
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
