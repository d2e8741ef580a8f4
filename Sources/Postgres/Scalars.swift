extension Bool: PostgresValue {
    package static var oid: UInt32 { OID.bool }
    package func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        guard field.oid == OID.bool else { throw field.mismatch("Bool") }
        self = try field.load(UInt8.self) != 0
    }
}

extension Int16: PostgresValue {
    package static var oid: UInt32 { OID.int2 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    package init(_ field: BinaryField) throws(DatabaseError) { self = try field.integer(Self.self) }
}

extension Int32: PostgresValue {
    package static var oid: UInt32 { OID.int4 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    package init(_ field: BinaryField) throws(DatabaseError) { self = try field.integer(Self.self) }
}

extension Int64: PostgresValue {
    package static var oid: UInt32 { OID.int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
    package init(_ field: BinaryField) throws(DatabaseError) { self = try field.integer(Self.self) }
}

extension Int: PostgresValue {
    package static var oid: UInt32 { OID.int8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
    package init(_ field: BinaryField) throws(DatabaseError) { self = try field.integer(Self.self) }
}

extension Double: PostgresValue {
    package static var oid: UInt32 { OID.float8 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        switch field.oid {
        case OID.float8: self = Double(bitPattern: try field.load(UInt64.self))
        case OID.float4: self = Double(Float(bitPattern: try field.load(UInt32.self)))
        default: throw field.mismatch("Double", "cast it to float8")
        }
    }
}

extension Timestamp: PostgresValue {
    package static var oid: UInt32 { OID.timestamptz }
    package func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: microseconds) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        guard field.oid == OID.timestamptz else { throw field.mismatch("Timestamp", "cast it to timestamptz") }
        self.init(microseconds: try field.load(Int64.self))
    }
}

extension String: PostgresValue {
    /// Sent as text, so that enums, intervals, json and the rest can be inferred.
    package static var oid: UInt32 { 0 }
    package func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        switch field.oid {
        case OID.text, OID.varchar, OID.bpchar, OID.name, OID.json, OID.xml, OID.unknown, OID.firstUserDefined...:
            self = String(decoding: field.bytes, as: UTF8.self)
        case OID.jsonb where field.bytes.first == 1:  // the format's version
            self = String(decoding: field.bytes.dropFirst(), as: UTF8.self)
        default: throw field.mismatch("String", "cast it to text")
        }
    }
}
