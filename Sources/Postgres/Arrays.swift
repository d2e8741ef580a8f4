/// A type that can be an element of an array of one dimension; optional elements may be null.
package protocol PostgresArrayElement: Sendable {
    static var elementOID: UInt32 { get }
    static var arrayOID: UInt32 { get }
    static var allowsNull: Bool { get }
    /// Nil stands for null.
    func elementBytes(into bytes: inout [UInt8]) -> Bool
    static func element(_ field: BinaryField?) throws(DatabaseError) -> Self
}

extension PostgresArrayElement where Self: PostgresValue {
    package static var elementOID: UInt32 { oid }
    package static var allowsNull: Bool { false }
    package func elementBytes(into bytes: inout [UInt8]) -> Bool {
        encode(into: &bytes)
        return true
    }
    package static func element(_ field: BinaryField?) throws(DatabaseError) -> Self {
        guard let field else {
            throw DatabaseError(.decoding, "has a null among its elements; decode [\(Self.self)?]")
        }
        return try Self(field)
    }
}

extension Bool: PostgresArrayElement { package static var arrayOID: UInt32 { OID.boolArray } }
extension Int32: PostgresArrayElement { package static var arrayOID: UInt32 { OID.int4Array } }
extension Int64: PostgresArrayElement { package static var arrayOID: UInt32 { OID.int8Array } }
extension Int: PostgresArrayElement { package static var arrayOID: UInt32 { OID.int8Array } }
extension Double: PostgresArrayElement { package static var arrayOID: UInt32 { OID.float8Array } }
extension Timestamp: PostgresArrayElement { package static var arrayOID: UInt32 { OID.timestamptzArray } }
extension String: PostgresArrayElement {
    package static var elementOID: UInt32 { OID.text }
    package static var arrayOID: UInt32 { OID.textArray }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement {
    package static var elementOID: UInt32 { Wrapped.elementOID }
    package static var arrayOID: UInt32 { Wrapped.arrayOID }
    package static var allowsNull: Bool { true }
    package func elementBytes(into bytes: inout [UInt8]) -> Bool {
        guard let self else { return false }
        return self.elementBytes(into: &bytes)
    }
    package static func element(_ field: BinaryField?) throws(DatabaseError) -> Wrapped? {
        guard let field else { return nil }
        return try Wrapped.element(field)
    }
}

extension Array: PostgresValue where Element: PostgresArrayElement {
    package static var oid: UInt32 { Element.arrayOID }

    /// The format of `array_recv`: dimensions, has nulls, element type, length, lower bound, then each element with its length.
    package func encode(into bytes: inout [UInt8]) {
        bytes.append(bigEndian: Int32(isEmpty ? 0 : 1))
        let hasNulls = bytes.count
        bytes.append(bigEndian: Int32(0))
        bytes.append(bigEndian: Element.elementOID)
        if isEmpty { return }
        bytes.append(bigEndian: Int32(count))
        bytes.append(bigEndian: Int32(1))
        for element in self {
            let start = bytes.count
            bytes.append(bigEndian: Int32(-1))
            guard element.elementBytes(into: &bytes) else {
                bytes[hasNulls + 3] = 1
                continue
            }
            let length = UInt32(bytes.count - start - 4)
            for byte in 0..<4 { bytes[start + byte] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(byte))) }
        }
    }

    package init(_ field: BinaryField) throws(DatabaseError) {
        guard isArrayType(field.oid), field.bytes.count >= 12 else { throw field.mismatch("\(Self.self)") }
        let dimensions = try field.load(Int32.self)
        let elementType = try field.load(UInt32.self, at: 8)
        guard dimensions == 1 else {
            guard dimensions == 0 else { throw DatabaseError(.decoding, "is an array of \(dimensions) dimensions") }
            self = []
            return
        }
        let count = Int(try field.load(Int32.self, at: 12))
        var elements: [Element] = []
        elements.reserveCapacity(count)
        var offset = 20
        for _ in 0..<count {
            let length = Int(try field.load(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                elements.append(try Element.element(nil))
                continue
            }
            guard offset + length <= field.bytes.count else { throw DatabaseError(.decoding, "is a truncated array") }
            let bytes = UnsafeRawBufferPointer(rebasing: field.bytes[offset..<offset + length])
            elements.append(try Element.element(BinaryField(bytes: bytes, oid: elementType)))
            offset += length
        }
        self = elements
    }
}

/// Arrays of user-defined types (enums) have an oid of their own; their element type is checked by the element.
private func isArrayType(_ oid: UInt32) -> Bool {
    switch oid {
    case OID.firstUserDefined..., 143, 199, 1000...1028, 1115, 1182, 1183, 1185, 1231, 3807: true
    default: false
    }
}
