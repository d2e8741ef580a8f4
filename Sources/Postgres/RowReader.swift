import CPostgreSQL

/// Reads the columns of one row in order; lives only while `Statement.decode` runs.
package struct RowReader: ~Copyable {
    private let result: OpaquePointer
    private let row: Int32
    private let width: Int32
    private var column: Int32 = 0

    init(result: OpaquePointer, row: Int32, width: Int32) {
        self.result = result
        self.row = row
        self.width = width
    }

    /// Throws `.decoding` for a null, another type, or a missing column.
    package mutating func next<V: PostgresValue>(_: V.Type = V.self) throws(DatabaseError) -> V {
        guard let field = try field() else {
            throw fault(DatabaseError(.decoding, "is null; decode \(V.self)?"))
        }
        return try value(field)
    }

    /// A column that may be null.
    package mutating func next<V: PostgresValue>(_: V?.Type = V?.self) throws(DatabaseError) -> V? {
        guard let field = try field() else { return nil }
        return try value(field)
    }

    /// Passes over columns that this row does not need.
    package mutating func skip(_ count: Int) { column += Int32(count) }

    private mutating func field() throws(DatabaseError) -> BinaryField? {
        let index = column
        column += 1
        guard index < width else {
            throw DatabaseError(.decoding, "column \(index + 1) is read, the row has \(width)")
        }
        guard PQgetisnull(result, row, index) == 0 else { return nil }
        let bytes = UnsafeRawBufferPointer(
            start: PQgetvalue(result, row, index), count: Int(PQgetlength(result, row, index)))
        return BinaryField(bytes: bytes, oid: PQftype(result, index))
    }

    private func value<V: PostgresValue>(_ field: BinaryField) throws(DatabaseError) -> V {
        do { return try V(field) } catch { throw fault(error) }
    }

    private func fault(_ error: DatabaseError) -> DatabaseError {
        var error = error
        let name = PQfname(result, column - 1).map { String(cString: $0) } ?? "\(column)"
        error.column = name
        error.message = "column \(name) \(error.message)"
        return error
    }

    /// Having read some columns but not all means that statement and decoder went apart.
    func checkComplete() throws(DatabaseError) {
        guard column == 0 || column == width else {
            throw DatabaseError(.decoding, "reads \(column) of \(width) columns")
        }
    }
}
