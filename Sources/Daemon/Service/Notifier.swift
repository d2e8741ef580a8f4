internal import Dispatch
internal import Synchronization

/// Tells systemd how the daemon is (sd_notify), and feeds its watchdog while the duties live. Without systemd it only looks at them.
package final class Notifier: Sendable {
    private let socket: DatagramSocket?
    private let watchdog: Duration?
    private let log: EventLog
    private let state = Mutex(State())

    private struct State {
        var phase = Phase.starting
        /// The newest; what could not be told is told again.
        var untold: [String] = []
        /// One line an outage.
        var isFailing = false
        var silent: Set<String> = []
    }

    private enum Phase { case starting, working, stopping }

    /// Sent without an answer at least this often; more often where the watchdog wants it.
    private static let longestPause: Duration = .seconds(10)
    private static let shortestPause: Duration = .milliseconds(50)
    /// Several pauses: one that comes late on a busy machine must not end a start.
    private static let moreTime: Duration = .seconds(60)

    package init(_ supervision: Supervision, log: EventLog) {
        socket = supervision.notifySocket.flatMap { DatagramSocket(path: $0) }
        watchdog = supervision.watchdog
        self.log = log
    }

    package func report(_ daemon: DaemonState) {
        var lines = ["STATUS=\(Self.line(daemon.words))"]
        state.withLock { state in
            if state.phase == .starting, daemon.isReady {
                state.phase = .working
                lines.append("READY=1")
            }
        }
        tell(lines)
    }

    /// New settings are looked at; `report` or `kept` ends it.
    package func reloading() {
        state.withLock { if $0.phase == .working { $0.phase = .starting } }
        // Dispatch's uptime is CLOCK_MONOTONIC
        tell(["RELOADING=1", "MONOTONIC_USEC=\(DispatchTime.now().uptimeNanoseconds / 1000)"])
    }

    /// The reload is over, and the daemon works on as it was.
    package func kept(_ daemon: DaemonState, _ words: String?) {
        report(daemon)
        if let words { tell(["STATUS=\(Self.line("\(daemon.words); \(words)"))"]) }
    }

    package func stopping() {
        state.withLock { $0.phase = .stopping }
        tell(["STOPPING=1", "STATUS=stopping"])
    }

    /// Until the task is cancelled.
    package func watch(_ pulse: @escaping @Sendable () -> Pulse?) async {
        let pause = max(Self.shortestPause, min(Self.longestPause, (watchdog ?? Self.longestPause) / 2))
        while !Task.isCancelled {
            look(at: pulse())
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    /// One look: feeds, or says who is silent.
    package func look(at pulse: Pulse?, now: ContinuousClock.Instant = .now) {
        let silent = pulse?.silent(at: now) ?? []
        let (phase, new) = state.withLock { state in
            let new = silent.filter { !state.silent.contains($0.duty) }
            state.silent = Set(silent.map(\.duty))
            return (state.phase, new)
        }
        log.write(new.map { .dutySilent(duty: $0.duty, since: now - $0.since) })
        var lines: [String] = []
        if silent.isEmpty {
            if watchdog != nil { lines.append("WATCHDOG=1") }
            if phase == .starting {
                lines.append("EXTEND_TIMEOUT_USEC=\(Self.moreTime.components.seconds * 1_000_000)")
            }
        }
        // with it goes what could not be told before
        tell(lines, keeps: false)
    }

    /// - Parameter keeps: it is told again when it could not be told now.
    private func tell(_ lines: [String], keeps: Bool = true) {
        guard let socket else { return }
        let new = state.withLock { state -> String? in
            var messages = state.untold.map { (text: $0, keeps: true) }
            if !lines.isEmpty { messages.append((lines.joined(separator: "\n"), keeps)) }
            var error: String?
            state.untold = []
            for message in messages {
                error = error ?? socket.send(Array(message.text.utf8))
                if error != nil, message.keeps { state.untold = (state.untold + [message.text]).suffix(8) }
            }
            defer { if !messages.isEmpty { state.isFailing = error != nil } }
            return state.isFailing ? nil : error
        }
        if let new { log.write(.systemdUnreachable(error: new)) }
    }

    /// A status is one line, and short.
    private static func line(_ words: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in words.unicodeScalars.prefix(400) { line.append(scalar.isUnprintable ? " " : scalar) }
        return String(line)
    }
}
