import CPostgreSQL

/// What the server returned for one step; frees the PGresult.
final class Answer {
    let result: OpaquePointer

    init(_ result: OpaquePointer) { self.result = result }
    deinit { PQclear(result) }

    var status: ExecStatusType { PQresultStatus(result) }
    var tag: String { String(cString: PQcmdStatus(result)) }
    /// Rows inserted, updated, deleted, moved or selected.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    func rows<S: Statement>(of _: S.Type) throws(DatabaseError) -> [S.Row] {
        let (count, width) = (PQntuples(result), PQnfields(result))
        var rows: [S.Row] = []
        rows.reserveCapacity(Int(count))
        do {
            for row in 0..<count {
                var reader = RowReader(result: result, row: row, width: width)
                rows.append(try S.decode(&reader))
                if row == 0 { try reader.checkComplete() }
            }
        } catch {
            throw error.naming(S.name)
        }
        return rows
    }

    /// Rows in the text format.
    var textRows: [[String?]] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
            }
        }
    }
}

/// A statement as the server knows it.
struct PreparedStatement {
    let name: String
    /// What the server inferred for `$1`, `$2`, ….
    let parameterTypes: [UInt32]
}

/// A statement with its values, ready to be sent.
struct Request {
    let type: any Statement.Type
    var parameters = Parameters()

    init<S: Statement>(_ statement: S) throws(DatabaseError) {
        type = S.self
        statement.bind(&parameters)
        if let position = parameters.positionOfNUL {
            var error = DatabaseError(
                .usage, "parameter $\(position) contains a NUL character, which PostgreSQL cannot store",
                sqlState: .characterNotInRepertoire)
            error.statement = S.name
            throw error
        }
    }
}
