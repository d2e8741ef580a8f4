internal import Policy
package import Store

extension OutgoingMessage {
    /// One JSON object on one line, and a line feed.
    package var jsonLine: [UInt8] {
        var line: [UInt8] = []
        line += #"{"message_id":\#(id.raw),"idempotency_key":"#.utf8
        line.append(jsonString: idempotencyKey.unicodeScalars)
        line += #","attempt":\#(attempt),"kind":"#.utf8
        line.append(jsonString: kind.unicodeScalars)
        line += #","to":{"name":"#.utf8
        line.append(jsonString: name.unicodeScalars)
        line += #","address":"#.utf8
        line.append(jsonString: address.unicodeScalars)
        line += #","locale":"#.utf8
        line.append(jsonString: locale.unicodeScalars)
        line += #"},"subject":"#.utf8
        line.append(jsonString: subject.unicodeScalars)
        line += #","text":"#.utf8
        line.append(jsonString: text.unicodeScalars)
        line += #","data":"#.utf8
        // Only between the parts of an object can JSON have a bare line end.
        line += data.utf8.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
        line += "}\n".utf8
        return line
    }
}
