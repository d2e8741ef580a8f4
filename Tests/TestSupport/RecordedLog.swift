package import Daemon
internal import Synchronization

/// A log that remembers its lines, and lets a test wait for one.
package final class RecordedLog: Sendable {
    private struct State {
        var lines: [String] = []
        var waiting: [(text: String, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var log: EventLog {
        EventLog(level: .debug) { bytes in
            let new = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            let woken = self.state.withLock { state in
                state.lines += new
                let woken = state.waiting.filter { waiting in new.contains { $0.contains(waiting.text) } }
                state.waiting.removeAll { waiting in new.contains { $0.contains(waiting.text) } }
                return woken
            }
            for waiting in woken { waiting.continuation.resume() }
        }
    }

    package var lines: [String] { state.withLock { $0.lines } }

    package func lines(_ event: String) -> [String] {
        lines.filter { $0.contains(" \(event) ") || $0.hasSuffix(" \(event)") }
    }

    /// The errors and warnings, but for what health finds: it judges the server and the login, after a time.
    package var troubles: [String] {
        lines.filter { ($0.contains(" error ") || $0.contains(" warning ")) && !$0.contains(" health.found ") }
    }

    /// Returns when a line contains the text, at once if one does already.
    package func line(containing text: String) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.lines.contains(where: { $0.contains(text) }) { return true }
                state.waiting.append((text, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package func forget() { state.withLock { $0.lines = [] } }
}
