import Foundation

/// What the channel took: a line of JSON a delivery, each by one `write`.
struct Deliveries {
    struct Delivery {
        let attempt: Int
        let key: String
    }

    private(set) var byMessage: [Int64: [Delivery]] = [:]
    private(set) var faults: [String] = []

    init(_ file: URL) {
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n") {
            guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                let message = object["message_id"] as? Int64, let attempt = object["attempt"] as? Int,
                let key = object["idempotency_key"] as? String
            else {
                faults.append("the channel got half a message: \(line.prefix(100))")
                continue
            }
            byMessage[message, default: []].append(Delivery(attempt: attempt, key: key))
        }
    }

    var count: Int { byMessage.values.reduce(0) { $0 + $1.count } }
    var repeated: Int { byMessage.values.reduce(0) { $0 + $1.count - 1 } }
}
