/// A statement is a type: its SQL, its parameters as stored properties, its row.
package protocol Statement: Sendable {
    associatedtype Row: Sendable = Void
    static var sql: StaticString { get }
    /// Names the statement in errors and logs; by default the type's name.
    static var name: String { get }
    /// Appends the values of `$1`, `$2`, … in order.
    func bind(_ parameters: inout Parameters)
    /// Reads all columns in order.
    static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row
}

extension Statement {
    package static var name: String { String(describing: Self.self) }
    package func bind(_ parameters: inout Parameters) {}
}

extension Statement where Row == Void {
    package static func decode(_ row: inout RowReader) throws(DatabaseError) {}
}
