package import Daemon
package import Store
internal import Synchronization

/// A channel that remembers what it was given, and answers as a test tells it.
package final class RecordingChannel: Channel {
    package typealias Answer = @Sendable (OutgoingMessage) -> Delivery

    private struct Held {
        let message: OutgoingMessage
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var answer: Answer
        var isHeld: @Sendable (OutgoingMessage) -> Bool = { _ in false }
        var begun: [OutgoingMessage] = []
        var held: [Int: Held] = [:]
        var busy = 0
        var most = 0
        var watchers: [@Sendable () -> Void] = []
        var waiting: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>

    package init(answer: @escaping Answer = { _ in Delivery(.sent) }) { state = Mutex(State(answer: answer)) }

    /// Every delivery that has begun, in order.
    package var begun: [OutgoingMessage] { state.withLock { $0.begun } }

    package var texts: [String] { begun.map(\.text) }

    /// Deliveries that have not ended.
    package var busy: Int { state.withLock { $0.busy } }

    /// The most deliveries that there were at the same time.
    package var most: Int { state.withLock { $0.most } }

    /// What it says from now on, also to what it holds.
    package func answer(_ answer: @escaping Answer) { state.withLock { $0.answer = answer } }

    /// Deliveries of these messages that begin from now on wait until they are released, or cancelled.
    package func hold(_ isHeld: @escaping @Sendable (OutgoingMessage) -> Bool = { _ in true }) {
        state.withLock { $0.isHeld = isHeld }
    }

    /// Lets go of those that are held now; what begins later is held as before.
    package func release(_ isReleased: (OutgoingMessage) -> Bool = { _ in true }) {
        let released = state.withLock { state in
            let released = state.held.filter { isReleased($0.value.message) }
            for number in released.keys { state.held[number] = nil }
            return released
        }
        for held in released.values { held.continuation.resume(returning: true) }
    }

    /// Holds nothing any more.
    package func open() {
        state.withLock { $0.isHeld = { _ in false } }
        release()
    }

    /// Calls this whenever a delivery begins.
    package func watch(_ watcher: @escaping @Sendable () -> Void) { state.withLock { $0.watchers.append(watcher) } }

    /// Returns when so many deliveries have begun since the test began.
    package func begun(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.begun.count >= count { return true }
                state.waiting.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package func deliver(_ message: OutgoingMessage) async -> Delivery {
        let number = begin(message)
        let isReleased = await withTaskCancellationHandler {
            await withCheckedContinuation { hold(number, message, $0) }
        } onCancel: {
            state.withLock { $0.held.removeValue(forKey: number) }?.continuation.resume(returning: false)
        }
        let answer = state.withLock { state in
            state.busy -= 1
            return state.answer
        }
        return isReleased ? answer(message) : Delivery(.unknown, said: "was stopped before it ended")
    }

    private func begin(_ message: OutgoingMessage) -> Int {
        let (number, woken, watchers) = state.withLock { state in
            state.begun.append(message)
            state.busy += 1
            state.most = max(state.most, state.busy)
            let count = state.begun.count
            let woken = state.waiting.filter { $0.count <= count }
            state.waiting.removeAll { $0.count <= count }
            return (count, woken, state.watchers)
        }
        for waiting in woken { waiting.continuation.resume() }
        for watcher in watchers { watcher() }
        return number
    }

    private func hold(_ number: Int, _ message: OutgoingMessage, _ continuation: CheckedContinuation<Bool, Never>) {
        // asked under the lock: a cancellation before is seen here, one after finds what is held
        let isReleased = state.withLock { state -> Bool? in
            if Task.isCancelled { return false }
            guard state.isHeld(message) else { return true }
            state.held[number] = Held(message: message, continuation: continuation)
            return nil
        }
        if let isReleased { continuation.resume(returning: isReleased) }
    }
}
