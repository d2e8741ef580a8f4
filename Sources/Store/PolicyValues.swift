package import Policy
package import Postgres

extension Obstacle: PostgresValue {}
extension Reason: PostgresValue {}

extension TicketID: PostgresValue {
    package static var oid: UInt32 { Int64.oid }
    package func encode(into bytes: inout [UInt8]) { raw.encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) { self.init(try Int64(field)) }
}

extension PersonID: PostgresValue {
    package static var oid: UInt32 { Int64.oid }
    package func encode(into bytes: inout [UInt8]) { raw.encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) { self.init(try Int64(field)) }
}

extension MessageID: PostgresValue {
    package static var oid: UInt32 { Int64.oid }
    package func encode(into bytes: inout [UInt8]) { raw.encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) { self.init(try Int64(field)) }
}

extension Minutes: PostgresValue {
    package static var oid: UInt32 { Int.oid }
    package func encode(into bytes: inout [UInt8]) { count.encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) { self.init(try Int(field)) }
}

extension Instant: PostgresValue {
    package static var oid: UInt32 { Timestamp.oid }
    package func encode(into bytes: inout [UInt8]) { Timestamp(microseconds: microseconds).encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        self.init(microseconds: try Timestamp(field).microseconds)
    }
}
