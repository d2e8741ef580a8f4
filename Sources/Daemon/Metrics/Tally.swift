internal import Synchronization

/// What the duties of this daemon have done since it started.
package final class Tally: Sendable {
    struct Count: Sendable {
        var runs = 0
        var failures = 0
        var busy: Duration = .zero
        /// Until then it had nothing to complain of; at first the start.
        var lastRun: ContinuousClock.Instant
    }

    private let counts: Mutex<[String: Count]>

    package init(duties: [String]) {
        let now = ContinuousClock.now
        counts = Mutex(Dictionary(uniqueKeysWithValues: duties.map { ($0, Count(lastRun: now)) }))
    }

    func ran(_ duty: String, took: Duration) {
        counts.withLock { counts in
            counts[duty]?.runs += 1
            counts[duty]?.busy += took
            counts[duty]?.lastRun = .now
        }
    }

    func failed(_ duty: String) { counts.withLock { $0[duty]?.failures += 1 } }

    /// By name.
    var duties: [(name: String, count: Count)] {
        counts.withLock { counts in counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }
    }
}
