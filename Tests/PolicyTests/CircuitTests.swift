import TestSupport
import Testing

@testable import Policy

@Suite("the circuit of a channel")
struct CircuitTests {
    private let start = ContinuousClock.now
    private var generator = SeededGenerator(seed: 3)
    private var circuit = Circuit(pauses: Backoff(base: .seconds(1), cap: .seconds(60)))

    /// Fails these messages at a time after the start; returns the changes.
    private mutating func fail(_ messages: some Sequence<Int64>, after: Duration = .zero) -> [Circuit.Change] {
        messages.compactMap { circuit.failed(MessageID($0), at: start + after, using: &generator) }
    }

    private mutating func slots(free: Int = 4, busy: Int = 0, after: Duration) -> Int {
        circuit.slots(free: free, busy: busy, at: start + after)
    }

    @Test("the fifth message that fails in a row opens it, and only that is told")
    mutating func opens() {
        #expect(fail(1...4) == [])
        #expect(!circuit.isOpen && slots(free: 4, busy: 4, after: .zero) == 4)
        #expect(fail(5...5) == [.opened])
        #expect(circuit.isOpen && circuit.failures == 5)
        #expect(fail(6...9) == [])
        #expect(circuit.openFor(at: start + .seconds(7)) == .seconds(7))
    }

    @Test("a success between the failures begins the count anew, and tells nothing")
    mutating func successBetween() {
        #expect(fail(1...4) == [])
        #expect(circuit.succeeded(at: start) == nil)
        #expect(circuit.failures == 0)
        #expect(fail(5...8) == [])
        #expect(fail(9...9) == [.opened])
    }

    @Test("four messages that fail a hundred times each open nothing")
    mutating func poison() {
        for _ in 0..<100 { #expect(fail(1...4) == []) }
        #expect(!circuit.isOpen && circuit.failures == 400)
        #expect(circuit.dueIn(at: start) == nil && slots(after: .zero) == 4)
    }

    @Test("open, it lets one message pass when the pause is over and nothing is on its way")
    mutating func oneAtATime() throws {
        _ = fail(1...5)
        let pause = try #require(circuit.dueIn(at: start))
        #expect(pause >= .milliseconds(500) && pause <= .seconds(1))
        #expect(slots(after: pause - .nanoseconds(1)) == 0)
        #expect(slots(after: pause) == 1)
        #expect(slots(free: 3, busy: 1, after: pause) == 0)
        #expect(slots(free: 0, after: pause) == 0)
    }

    @Test("each try that fails doubles the pause, up to the cap", arguments: 0..<20 as Range<UInt64>)
    mutating func grows(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        _ = fail(1...5)
        var now = Duration.zero
        for attempt in 1...10 {
            now += try #require(circuit.dueIn(at: start + now))
            #expect(slots(after: now) == 1)
            #expect(fail(5...5, after: now) == [])
            let longest = min(Duration.seconds(1) * (1 << attempt), .seconds(60))
            let pause = try #require(circuit.dueIn(at: start + now))
            #expect(pause >= longest / 2 && pause <= longest)
        }
    }

    @Test("what was on its way when it opened does not lengthen the pause, however much it is")
    mutating func stragglers() throws {
        _ = fail(1...5)
        let pause = try #require(circuit.dueIn(at: start))
        #expect(fail(6...100, after: .milliseconds(10)) == [])
        #expect(circuit.dueIn(at: start) == pause && circuit.failures == 100)
        // the last of them takes longer than the pause: then the try is due at once
        #expect(slots(free: 99, busy: 1, after: .seconds(5)) == 0)
        _ = fail(101...101, after: .seconds(5))
        #expect(slots(after: .seconds(5)) == 1)
        _ = fail(102...102, after: .seconds(5))
        let next = try #require(circuit.dueIn(at: start + .seconds(5)))
        #expect(next >= .seconds(1) && next <= .seconds(2))
    }

    @Test("a success closes it, telling for how long it was open and how much failed; then all is as at first")
    mutating func closes() {
        _ = fail(1...5, after: .seconds(1))
        _ = fail(6...7, after: .seconds(3))
        #expect(circuit.succeeded(at: start + .seconds(11)) == .closed(after: .seconds(10), failures: 7))
        #expect(!circuit.isOpen && circuit.failures == 0)
        #expect(circuit.openFor(at: start) == nil && circuit.dueIn(at: start) == nil)
        #expect(slots(free: 3, busy: 1, after: .seconds(11)) == 3)
        #expect(fail(1...4) == [])
        #expect(fail(5...5) == [.opened])
    }
}
