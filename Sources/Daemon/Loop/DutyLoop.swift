internal import Policy
package import Postgres
package import Store

/// Runs one duty on a connection of its own: on a hint, on its next due time, or on the poll interval, whichever is first.
struct DutyLoop: Sendable {
    let duty: any Duty
    let session: Session
    let wake: Wake
    let interval: Duration
    let log: EventLog
    let connectivity: Connectivity
    /// Called when the duty is connected for the first time.
    let onReady: @Sendable () -> Void
    let isStopping: @Sendable () -> Bool

    private static let reconnecting = Backoff(base: .milliseconds(100), cap: .seconds(2))
    private static let retrying = Backoff(base: .milliseconds(20), cap: .seconds(60))

    /// Returns when stopping; throws what nobody understands, or a schema that this program does not know.
    func run() async throws {
        var generator = SystemRandomNumberGenerator()
        var failures = 0
        var opened: ContinuousClock.Instant?
        var fault: DaemonFault?
        var wasReady = false
        while !isStopping() && fault == nil {
            do throws(DatabaseError) {
                if await !session.isOpen {
                    opened = nil
                    let version = try await open()
                    guard version == .current else {
                        fault = .schema(version)
                        break
                    }
                    opened = .now
                    wasReady = true
                    await pause(duty.settlesFor)
                    if isStopping() { break }
                }
                let outcome = try await duty.run(session)
                failures = 0
                if outcome.again || isStopping() { continue }
                await wake.wait(atMost: min(interval, outcome.dueIn ?? interval))
            } catch {
                // opened but not readied: the next round begins anew, version check included
                if opened == nil { await session.close() }
                let delay: Duration
                switch error.recovery {
                case .stop where !wasReady || error.kind != .connection:
                    fault = .database(error)
                    continue
                case .reconnect, .stop:
                    // who was let in before and is refused now waits: a restore or a change of rights is under way
                    connectivity.failed(error, opened: opened)
                    await session.close()
                    delay = Self.reconnecting.delay(attempt: failures, using: &generator)
                case .retry, .setAside:
                    delay = Self.retrying.delay(attempt: failures, using: &generator)
                    log.write(.dutyFailed(duty: type(of: duty).name, error: "\(error)", retryIn: delay))
                }
                failures += 1
                // a hint must not turn back-off into a busy loop: only stopping cuts it short
                await pause(delay)
            }
        }
        do throws(DatabaseError) { try await duty.stop(session) } catch {
            log.write(.dutyFailed(duty: type(of: duty).name, error: "\(error)", retryIn: nil))
        }
        await session.close()
        if let fault { throw fault }
    }

    private func open() async throws(DatabaseError) -> SchemaVersion {
        try await session.open()
        let version = try await session.transaction { (db) throws(DatabaseError) in try SchemaVersion.read(in: db) }
        guard version == .current else { return version }
        try await type(of: duty).prepare(session)
        connectivity.connected(try await session.server)
        onReady()
        return .current
    }

    private func pause(_ delay: Duration) async {
        let end = ContinuousClock.now + delay
        while !isStopping(), ContinuousClock.now < end {
            await wake.wait(atMost: end - ContinuousClock.now)
        }
    }
}

/// Why the daemon cannot go on.
package enum DaemonFault: Error, Sendable {
    case schema(SchemaVersion)
    case database(DatabaseError)
}
