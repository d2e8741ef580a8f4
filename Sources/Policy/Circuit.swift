/// Whether a channel is worth its messages. It opens when several messages in a row failed or were refused and nothing succeeded; then one at a
/// time is tried, with growing pauses, until one succeeds. One message that fails again and again opens nothing.
///
///     closed ── 5 messages failed, none succeeded ──▶ open ── one succeeded ──▶ closed
package struct Circuit: Sendable {
    /// So many different messages must fail in a row.
    package static let threshold = 5

    package enum Change: Sendable, Equatable {
        case opened
        /// It had been open for so long, and so many attempts had failed.
        case closed(after: Duration, failures: Int)
    }

    private let pauses: Backoff
    private var failed: Set<MessageID> = []
    private var openedAt: ContinuousClock.Instant?
    private var nextTryAt: ContinuousClock.Instant?
    /// What was on its way when it opened has ended: what fails now was a try.
    private var isTrying = false
    private var failedTries = 0
    /// Attempts that failed since the last success.
    package private(set) var failures = 0

    package init(pauses: Backoff) { self.pauses = pauses }

    package var isOpen: Bool { openedAt != nil }

    /// How long it has been open; nil while it is closed.
    package func openFor(at now: ContinuousClock.Instant) -> Duration? { openedAt.map { now - $0 } }

    /// How many of the free slots may be used now.
    package mutating func slots(free: Int, busy: Int, at now: ContinuousClock.Instant) -> Int {
        guard let nextTryAt else { return free }
        guard busy == 0 && now >= nextTryAt else { return 0 }
        isTrying = true
        return min(1, free)
    }

    /// When the next try is due, if it is open.
    package func dueIn(at now: ContinuousClock.Instant) -> Duration? { nextTryAt.map { max(.zero, $0 - now) } }

    /// Whoever mended something need not wait for the pause to end.
    package mutating func tryNow(at now: ContinuousClock.Instant) {
        if isOpen { nextTryAt = now }
    }

    /// The channel took a message: it works.
    package mutating func succeeded(at now: ContinuousClock.Instant) -> Change? {
        defer { self = Circuit(pauses: pauses) }
        return openedAt.map { .closed(after: now - $0, failures: failures) }
    }

    package mutating func failed(
        _ message: MessageID, at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> Change? {
        failures += 1
        if openedAt != nil {
            guard isTrying else { return nil }
            failedTries += 1
            nextTryAt = now + pauses.delay(attempt: failedTries, using: &generator)
            return nil
        }
        failed.insert(message)
        guard failed.count >= Self.threshold else { return nil }
        openedAt = now
        nextTryAt = now + pauses.delay(attempt: 0, using: &generator)
        return .opened
    }
}
