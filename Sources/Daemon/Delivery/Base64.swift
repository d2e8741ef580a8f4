extension [UInt8] {
    /// Appends these bytes in base64 (RFC 4648), padded, in one piece.
    mutating func append(base64 bytes: some Collection<UInt8>) {
        let alphabet = Self.alphabet
        var rest = bytes[...]
        while let first = rest.popFirst() {
            let (second, third) = (rest.popFirst(), rest.popFirst())
            let group = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
            append(alphabet[Int(group >> 18)])
            append(alphabet[Int(group >> 12 & 63)])
            append(second == nil ? UInt8(ascii: "=") : alphabet[Int(group >> 6 & 63)])
            append(third == nil ? UInt8(ascii: "=") : alphabet[Int(group & 63)])
        }
    }

    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
