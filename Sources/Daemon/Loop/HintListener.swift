internal import Policy
internal import Postgres

/// Turns notifications into hints. Losing them costs time, never work: duties poll as well.
struct HintListener: Sendable {
    static let channel = "secondline"

    let options: SessionOptions
    /// By duty name, which is the payload.
    let wakes: [String: Wake]
    let log: EventLog
    let isStopping: @Sendable () -> Bool

    private static let reconnecting = Backoff(base: .milliseconds(100), cap: .seconds(5))

    func run() async {
        var generator = SystemRandomNumberGenerator()
        var failures = 0
        while !isStopping() && !Task.isCancelled {
            let began = ContinuousClock.now
            do throws(DatabaseError) {
                try await Listener(options: options, channels: [Self.channel]).listen {
                    // what was committed before we listened has no hint: look at the tables now
                    for wake in wakes.values { wake.hint() }
                } onNotification: { notification in
                    wakes[notification.payload]?.hint()
                }
            } catch {
                if isStopping() || Task.isCancelled { return }
                if ContinuousClock.now - began > .seconds(5) {
                    failures = 0
                    log.write(.listenLost(error: "\(error)"))
                }
                let delay = Self.reconnecting.delay(attempt: failures, using: &generator)
                failures += 1
                do { try await Task.sleep(for: delay) } catch { return }
            }
        }
    }
}
