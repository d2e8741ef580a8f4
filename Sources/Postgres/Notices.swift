/// What the server said besides results: the latest messages, and the one that announced the end of the connection.
final class Notices {
    private static let limit = 32
    private var messages: [String] = []
    /// A FATAL that came while no statement was under way.
    private(set) var fatal: DatabaseError?

    func add(_ notice: DatabaseError, isFatal: Bool) {
        if isFatal { fatal = notice }
        if messages.count == Self.limit { messages.removeFirst() }
        messages.append(notice.message.folded)
    }

    func take() -> [String] {
        defer { messages = [] }
        return messages
    }
}
