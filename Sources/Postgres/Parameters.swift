internal import Glibc

/// The values of `$1`, `$2`, … in order, in one contiguous buffer.
package struct Parameters {
    struct Slot {
        var oid: UInt32
        var start: Int
        /// -1 for null.
        var length: Int
        var isText: Bool
    }

    private(set) var bytes: [UInt8] = []
    private(set) var slots: [Slot] = []
    /// The position of the first text with a NUL, which PostgreSQL cannot store.
    private(set) var positionOfNUL: Int?

    init() {}

    package mutating func append<V: PostgresValue>(_ value: V) {
        let start = bytes.count
        value.encode(into: &bytes)
        let length = bytes.count - start
        let isText = V.oid == 0
        if isText || V.oid == OID.textArray, positionOfNUL == nil, holdsNUL(value, from: start) {
            positionOfNUL = slots.count + 1
        }
        if isText { bytes.append(0) }
        slots.append(Slot(oid: V.oid, start: start, length: length, isText: isText))
    }

    package mutating func append<V: PostgresValue>(_ value: V?) {
        guard let value else {
            slots.append(Slot(oid: V.oid, start: 0, length: -1, isText: V.oid == 0))
            return
        }
        append(value)
    }

    private func holdsNUL(_ value: some PostgresValue, from start: Int) -> Bool {
        switch value {
        case let strings as [String]: strings.contains { holdsNUL($0) }
        case let strings as [String?]: strings.contains { $0.map(holdsNUL) ?? false }
        default: bytes[start...].contains(0)
        }
    }

    private func holdsNUL(_ string: String) -> Bool {
        string.utf8.withContiguousStorageIfAvailable { memchr($0.baseAddress!, 0, $0.count) != nil }
            ?? string.utf8.contains(0)
    }

    /// Converts to the types that the server inferred for a prepared statement: numbers change their width or become
    /// text, which the server reads as any type; the rest must match.
    mutating func adapt(to types: [UInt32]) throws(DatabaseError) {
        guard slots.count == types.count else {
            throw DatabaseError(.usage, "binds \(slots.count) parameters, the statement has \(types.count)")
        }
        for index in slots.indices {
            let slot = slots[index]
            let wanted = types[index]
            if slot.isText || slot.oid == wanted || slot.length < 0 || wanted >= OID.firstUserDefined { continue }
            guard let text = number(slot) else {
                throw DatabaseError(
                    .usage,
                    "parameter $\(index + 1) is \(typeName(slot.oid)), the statement takes \(typeName(wanted)); "
                        + "write $\(index + 1)::\(typeName(slot.oid))")
            }
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            slots[index] = Slot(oid: 0, start: start, length: bytes.count - start, isText: true)
            bytes.append(0)
        }
    }

    private func number(_ slot: Slot) -> String? {
        func load<T: FixedWidthInteger>(_: T.Type) -> T {
            bytes.withUnsafeBytes { T(bigEndian: $0.loadUnaligned(fromByteOffset: slot.start, as: T.self)) }
        }
        switch slot.oid {
        case OID.int2: return String(load(Int16.self))
        case OID.int4: return String(load(Int32.self))
        case OID.int8: return String(load(Int64.self))
        case OID.float8: return "\(Double(bitPattern: load(UInt64.self)))"
        default: return nil
        }
    }
}
