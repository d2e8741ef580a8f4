import Daemon
import Policy
import Postgres
import Synchronization

/// A duty with its connection, run as a daemon would, but only when told.
struct BenchDuty: Sendable {
    let session: Session
    private let duty: any Duty

    init<D: Duty>(_ duty: D, _ options: SessionOptions) async throws {
        self.duty = duty
        session = Session(options: options)
        try await session.open()
        try await D.prepare(session)
    }

    /// Until nothing is left to do at once, nor on its way through the channel.
    func runAll(_ channel: InstantChannel) async throws {
        while true {
            let before = channel.count
            let outcome = try await duty.run(session)
            if duty is DeliveryDuty {
                // what was started ends at once, and is reported by the next run
                await Task.yield()
                if channel.count == before, try await duty.run(session).dueIn != .zero, channel.count == before {
                    return
                }
            } else if !outcome.again {
                return
            }
        }
    }
}

/// Time as an argument.
final class SimulatedClock: Sendable {
    private let instant: Mutex<Instant>

    init(_ begin: Instant) { instant = Mutex(begin) }

    var now: Instant { instant.withLock { $0 } }
    func set(_ at: Instant) { instant.withLock { $0 = at } }
}
