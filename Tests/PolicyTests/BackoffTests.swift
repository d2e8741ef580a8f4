import TestSupport
import Testing

@testable import Policy

@Suite("back-off")
struct BackoffTests {
    let backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))

    @Test("each attempt waits between half and all of twice the one before, up to the cap", arguments: 0...40)
    func grows(attempt: Int) {
        var generator = SeededGenerator(seed: UInt64(attempt))
        let longest = min(Duration.milliseconds(100) * (1 << min(attempt, 10)), .seconds(5))
        for _ in 0..<50 {
            let delay = backoff.delay(attempt: attempt, using: &generator)
            #expect(delay >= longest / 2 && delay <= longest)
        }
    }

    @Test("two that fail together do not come back together")
    func jitter() {
        var generator = SeededGenerator(seed: 7)
        let delays = Set((0..<20).map { _ in backoff.delay(attempt: 3, using: &generator) })
        #expect(delays.count > 15)
    }
}
