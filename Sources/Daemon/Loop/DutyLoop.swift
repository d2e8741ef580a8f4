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
    let schema: SchemaWatch
    let pulse: Pulse
    let tally: Tally
    /// Called when the duty is connected for the first time.
    let onReady: @Sendable () -> Void
    let isStopping: @Sendable () -> Bool

    private static let reconnecting = Backoff(base: .milliseconds(100), cap: .seconds(2))
    /// What `Duty.stop` may take, with some to spare.
    private static let stopping: Duration = .seconds(10)
    private static let retrying = Backoff(base: .milliseconds(20), cap: .seconds(60))

    /// A session of which every wait for the server is a sign of life.
    static func session(_ options: SessionOptions, of duty: String, showing pulse: Pulse) -> Session {
        var options = options
        options.onWait = { pulse.beat(duty) }
        return Session(options: options)
    }

    /// Returns when stopping; throws what nobody understands, or a schema that this program does not know.
    func run() async throws {
        var generator = SystemRandomNumberGenerator()
        var failures = 0
        var opened: ContinuousClock.Instant?
        var fault: DaemonFault?
        var wasReady = false
        defer { pulse.end(name) }
        while !isStopping() && fault == nil {
            pulse.beat(name)
            let attempt = ContinuousClock.now
            do throws(DatabaseError) {
                if await !session.isOpen {
                    opened = nil
                    let version = try await open()
                    if isStopping() { break }
                    if schema.awaits(version) {
                        await session.close()
                        await rest(atMost: interval)
                        continue
                    }
                    guard version == .current else {
                        fault = .schema(version)
                        break
                    }
                    opened = .now
                    wasReady = true
                    await pause(duty.settlesFor)
                    if isStopping() { break }
                }
                // every version works for a moment with the next schema; then it leaves the work to the next program
                if let newer = try await schema.newer(in: session, every: interval) {
                    fault = .schema(newer)
                    break
                }
                let began = ContinuousClock.now
                let outcome = try await duty.run(session)
                // who had nothing to write would find a server that was fenced only when it looks again
                try await session.checkWritable()
                tally.ran(name, took: .now - began)
                connectivity.worked()
                failures = 0
                if outcome.again || isStopping() { continue }
                await rest(atMost: min(interval, outcome.dueIn ?? interval))
            } catch {
                tally.failed(name)
                // opened but not readied: the next round begins anew, version check included
                if opened == nil { await session.close() }
                let delay: Duration
                switch error.recovery {
                case .stop where !wasReady || error.kind != .connection:
                    fault = .database(error)
                    continue
                case .reconnect, .stop:
                    // who was let in before and is refused now waits: a restore or a change of rights is under way
                    if opened != nil || !connectivity.lacks(name, error, since: attempt) {
                        connectivity.failed(error, opened: opened)
                    }
                    await session.close()
                    delay = Self.reconnecting.delay(attempt: failures, using: &generator)
                case .retry, .setAside:
                    delay = Self.retrying.delay(attempt: failures, using: &generator)
                    log.write(.dutyFailed(duty: name, error: "\(error)", retryIn: delay))
                }
                failures += 1
                // a hint must not turn back-off into a busy loop: only stopping cuts it short
                await pause(delay)
            }
        }
        pulse.beat(name, rest: Self.stopping)
        do throws(DatabaseError) { try await duty.stop(session) } catch {
            log.write(.dutyFailed(duty: name, error: "\(error)", retryIn: nil))
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
            await rest(atMost: end - ContinuousClock.now)
        }
    }

    private func rest(atMost duration: Duration) async {
        pulse.beat(name, rest: duration)
        await wake.wait(atMost: duration)
    }

    private var name: String { type(of: duty).name }
}

/// Why the daemon cannot go on.
package enum DaemonFault: Error, Sendable {
    case schema(SchemaVersion)
    case database(DatabaseError)
}
