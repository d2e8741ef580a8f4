/// A type that travels as a parameter or a column.
///
/// An enum or a typed identifier that is `RawRepresentable` by such a type needs only to say that it conforms.
package protocol PostgresValue: Sendable {
    /// The type it is sent as. 0 means: as text, whose type the server infers.
    static var oid: UInt32 { get }
    /// Appends the binary format (or the text, when `oid` is 0).
    func encode(into bytes: inout [UInt8])
    /// Throws `.decoding` when the column's type or content is another.
    init(_ field: BinaryField) throws(DatabaseError)
}

extension PostgresValue where Self: RawRepresentable, RawValue: PostgresValue {
    package static var oid: UInt32 { RawValue.oid }
    package func encode(into bytes: inout [UInt8]) { rawValue.encode(into: &bytes) }
    package init(_ field: BinaryField) throws(DatabaseError) {
        let raw = try RawValue(field)
        guard let value = Self(rawValue: raw) else {
            throw DatabaseError(.decoding, "\(raw) is not a known \(Self.self)")
        }
        self = value
    }
}

/// One column of one row as the server sent it; valid only while the row is decoded.
package struct BinaryField {
    let bytes: UnsafeRawBufferPointer
    let oid: UInt32

    func mismatch(_ wanted: String, _ advice: String = "cast it in the statement") -> DatabaseError {
        DatabaseError(.decoding, "is of type \(typeName(oid)), which does not decode as \(wanted); \(advice)")
    }

    func load<T: FixedWidthInteger>(_: T.Type, at offset: Int = 0) throws(DatabaseError) -> T {
        guard offset >= 0, bytes.count - offset >= MemoryLayout<T>.size else {
            throw DatabaseError(.decoding, "has \(bytes.count) bytes, too few for \(T.self)")
        }
        return T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    func integer<T: FixedWidthInteger>(_: T.Type) throws(DatabaseError) -> T {
        switch oid {
        case OID.int8: return try narrow(load(Int64.self))
        case OID.int4: return try narrow(load(Int32.self))
        case OID.int2: return try narrow(load(Int16.self))
        case OID.oid: return try narrow(load(UInt32.self))
        case OID.numeric: throw mismatch("\(T.self)", "cast it to bigint")
        default: throw mismatch("\(T.self)")
        }
    }

    private func narrow<T: FixedWidthInteger>(_ wide: some FixedWidthInteger) throws(DatabaseError) -> T {
        guard let value = T(exactly: wide) else {
            throw DatabaseError(.decoding, "holds \(wide), out of the range of \(T.self)")
        }
        return value
    }
}

extension [UInt8] {
    mutating func append<T: FixedWidthInteger>(bigEndian value: T) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}
