internal import Synchronization

/// Whether the duties live: each says by when it will have shown the next sign of life.
package final class Pulse: Sendable {
    /// The longest that a duty may be silent while it works.
    private let allowance: Duration
    private let signs = Mutex<[String: Sign]>([:])

    private struct Sign {
        let shown: ContinuousClock.Instant
        let next: ContinuousClock.Instant
    }

    package struct Silence: Sendable, Equatable {
        package let duty: String
        package let since: ContinuousClock.Instant
    }

    package init(allowance: Duration) { self.allowance = allowance }

    /// - Parameter rest: how long it sleeps now before it works again.
    func beat(_ duty: String, rest: Duration = .zero) {
        let now = ContinuousClock.now
        signs.withLock { $0[duty] = Sign(shown: now, next: now + rest + allowance) }
    }

    /// It has returned.
    func end(_ duty: String) { signs.withLock { $0[duty] = nil } }

    /// Who should have been heard by then.
    package func silent(at now: ContinuousClock.Instant) -> [Silence] {
        signs.withLock { signs in
            signs.filter { now > $0.value.next }.map { Silence(duty: $0.key, since: $0.value.shown) }
        }.sorted { $0.duty < $1.duty }
    }
}
