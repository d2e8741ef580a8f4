internal import Synchronization

/// Wakes one duty. A hint while it sleeps wakes it at once; hints while it runs make it run exactly once more.
package final class Wake: Sendable {
    private struct State {
        var isHinted = false
        var sleeper: CheckedContinuation<Void, Never>?
        /// Tells an old timer that its sleep is over.
        var sleep = 0
    }

    private let state = Mutex(State())

    package init() {}

    package func hint() {
        take { $0.isHinted = true }
    }

    /// Returns at the next hint (also one that came since the last wait), or when the time is over.
    package func wait(atMost duration: Duration) async {
        let sleep = state.withLock { state in
            state.sleep += 1
            return state.sleep
        }
        let timer = Task {
            do { try await Task.sleep(for: duration) } catch { return }
            self.take { state in
                if state.sleep == sleep { state.isHinted = true }
            }
        }
        await withCheckedContinuation { continuation in
            take { $0.sleeper = continuation }
        }
        timer.cancel()
    }

    /// Changes the state, and wakes the sleeper if there is one and a hint to wake it for.
    private func take(_ change: @Sendable (inout State) -> Void) {
        let woken = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard state.isHinted, let sleeper = state.sleeper else { return nil }
            state.isHinted = false
            state.sleeper = nil
            state.sleep += 1
            return sleeper
        }
        woken?.resume()
    }
}
