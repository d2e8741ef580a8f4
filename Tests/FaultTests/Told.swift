import Synchronization

/// What callers were told by the database, and so hold it to.
final class Told: Sendable {
    struct Tally: Sendable {
        /// Acts that were said to be done.
        var acts = 0
        /// External keys of tickets that exist, by what their writers were told.
        var tickets: Set<String> = []
        /// Keys of notes that were sent.
        var notes: Set<String> = []
        /// Ticket and event of acts that happened.
        var events: Set<Event> = []
        var refused = 0
        var failed = 0
        /// Nobody could say whether it was committed.
        var unknown = 0
        /// Errors that no fault explains.
        var unexpected: [String] = []
    }

    struct Event: Hashable, Sendable {
        let ticket: String
        let event: String
    }

    private let tally = Mutex(Tally())

    func note(_ body: @Sendable (inout Tally) -> Void) { tally.withLock { body(&$0) } }

    var now: Tally { tally.withLock { $0 } }
}
