internal import Policy
internal import Postgres
internal import Synchronization

/// Turns notifications into hints. Losing them costs time, never work: duties poll as well.
final class HintListener: Sendable {
    static let channel = "secondline"

    let options: SessionOptions
    /// What to do, by payload.
    let hints: [String: @Sendable () -> Void]
    let log: EventLog
    let isStopping: @Sendable () -> Bool

    private struct Outage {
        let began = ContinuousClock.now
        var failures = 0
        var isTold = false
    }

    /// Nil while it listens.
    private let outage = Mutex<Outage?>(Outage())

    private static let reconnecting = Backoff(base: .milliseconds(100), cap: .seconds(2))
    /// Until then it is a passing loss, which the duties' own connections tell as well.
    private static let patience: Duration = .seconds(60)

    init(
        options: SessionOptions, hints: [String: @Sendable () -> Void], log: EventLog,
        isStopping: @escaping @Sendable () -> Bool
    ) {
        self.options = options
        self.hints = hints
        self.log = log
        self.isStopping = isStopping
    }

    func run() async {
        var generator = SystemRandomNumberGenerator()
        while !isStopping() && !Task.isCancelled {
            do throws(DatabaseError) {
                try await Listener(options: options, channels: [Self.channel]).listen {
                    outage.withLock { $0 = nil }
                    // what was committed before we listened has no hint: look at the tables now
                    for hint in hints.values { hint() }
                } onNotification: { notification in
                    hints[notification.payload]?()
                }
            } catch {
                if isStopping() || Task.isCancelled { return }
                let delay = Self.reconnecting.delay(attempt: failed(error), using: &generator)
                do { try await Task.sleep(for: delay) } catch { return }
            }
        }
    }

    /// Tells once of an outage that lasts, and returns how many attempts of it failed before.
    private func failed(_ error: DatabaseError) -> Int {
        outage.withLock { current in
            var outage = current ?? Outage()
            defer {
                outage.failures += 1
                current = outage
            }
            if !outage.isTold && ContinuousClock.now - outage.began > Self.patience {
                outage.isTold = true
                log.write(.listenLost(error: "\(error)"))
            }
            return outage.failures
        }
    }
}
