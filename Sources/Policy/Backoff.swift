/// Exponential back-off with full jitter and a cap: attempt n waits at random between half and all of `base · 2ⁿ`.
package struct Backoff: Sendable {
    package let base: Duration
    package let cap: Duration

    package init(base: Duration, cap: Duration) {
        self.base = base
        self.cap = cap
    }

    /// - Parameter attempt: 0 for the first failure.
    package func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let longest = min(base * (1 << min(attempt, 20)), cap)
        return longest * Double.random(in: 0.5...1, using: &generator)
    }
}
