internal import Policy
internal import Postgres
internal import Store
internal import Synchronization

/// The traffic of one channel in this daemon: claims messages, has them delivered side by side, reports how that ended.
final class Lane: Sendable {
    let settings: ChannelSettings
    let worker: String
    let lease: Duration
    private let poll: Duration
    private let log: EventLog
    /// Something has ended: there is something to report, and room to claim more.
    private let wake: Wake
    private let state: Mutex<LaneState>

    init(_ settings: ChannelSettings, worker: String, lease: Duration, poll: Duration, log: EventLog, wake: Wake) {
        self.settings = settings
        self.worker = worker
        self.lease = lease
        self.poll = poll
        self.log = log
        self.wake = wake
        state = Mutex(LaneState(settings.backoff))
    }

    /// Reports, claims, starts. Returns when to look again, unless something wakes it.
    /// - Parameter claims: false while stopping.
    func run(_ session: Session, claims: Bool = true) async throws(DatabaseError) -> Duration? {
        let work = state.withLock { $0.work(self, claims: claims) }
        if work.isNothing { return state.withLock { $0.dueIn(nil, tried: false) } }
        let began = ContinuousClock.now
        let found: LaneWork.Found
        do throws(DatabaseError) {
            // by itself: it may wait a little for somebody who is naming the channel
            if let report = work.report { try await session.execute(report) }
            found = try await session.transaction { (db) throws(DatabaseError) in
                try work.perform(settings, worker: worker, lease: lease, db)
            }
        } catch {
            // reported again when it is not known to be committed: then the ledger shows it twice, once as late
            state.withLock { $0.failed(work) }
            throw error
        }
        let took = ContinuousClock.now - began
        state.withLock { $0.finished(work, found, poll: poll, took: took) }
        tell(work, found, took)
        return try await start(found.claimed, work, began, session)
    }

    /// There may be something new.
    func hint() { state.withLock { $0.isHinted = true } }

    /// The channel may have been mended.
    func tryFailing() { state.withLock { $0.tryFailing() } }

    /// Leaves this lane alone for a while, because its work fails by itself. Returns for how long.
    func rest(after error: DatabaseError) -> Duration {
        // what only hinders, such as a lock, passes: the report is kept
        let isRefused = error.recovery != .retry && error.statement == FinishDeliveries.name
        let (delay, given) = state.withLock { ($0.rest(lease: lease), isRefused ? $0.giveUp() : nil) }
        if let given {
            log.write(
                .messageSetAside(
                    given.message, channel: settings.name,
                    because: "the database refuses its report; it is delivered again when the lease is over"))
        }
        log.write(.dutyFailed(duty: DeliveryDuty.name, error: "channel \(settings.name): \(error)", retryIn: delay))
        return delay
    }

    /// Something is on its way.
    var isBusy: Bool { state.withLock { !$0.flights.isEmpty } }

    /// Marks what was claimed as begun, and sends it on its way.
    private func start(
        _ rows: [ClaimMessages.Row], _ work: LaneWork, _ began: ContinuousClock.Instant, _ session: Session
    ) async throws(DatabaseError) -> Duration? {
        var next: Duration?
        var claimed: [(message: OutgoingMessage, obstacle: String?)] = []
        var last: (claim: Int64, sendAt: Instant?)?
        for row in rows {
            switch row {
            case .due(let seconds): next = Duration(databaseSeconds: max(0, seconds))
            case .message(let message, let claim, let sendAt, let obstacle):
                claimed.append((message, obstacle))
                last = (claim, sendAt ?? last?.sendAt)
            }
        }
        if let last {
            if let sendAt = last.sendAt { state.withLock { $0.claimed(from: work.floor, upTo: sendAt) } }
            try await session.execute(BeginClaim(last.claim))
            // whoever stood still for so long has lost its claim to another, or is about to
            if .now - began < lease / 2 {
                for one in claimed { fly(one.message, obstacle: one.obstacle) }
            }
        }
        return state.withLock { $0.dueIn(next, tried: work.slots > 0) }
    }

    private func fly(_ message: OutgoingMessage, obstacle: String?) {
        let began = ContinuousClock.now
        state.withLock { state in
            state.flights[message.claim] = Task {
                let delivery =
                    if let obstacle { Delivery(.refused, said: obstacle) } else {
                        await settings.channel.deliver(message)
                    }
                ended(message, delivery, took: .now - began)
            }
        }
    }

    private func ended(_ message: OutgoingMessage, _ delivery: Delivery, took: Duration) {
        let (change, error) = state.withLock { ($0.ended(message.claim, delivery, took: took), delivery.said) }
        var events: [LogEvent] = []
        switch delivery.outcome {
        case .sent: events.append(.messageSent(message.id, channel: settings.name, kind: message.kind, took: took))
        case .refused: break
        case .failed, .unknown:
            events.append(
                .messageFailed(
                    message.id, channel: settings.name, attempt: message.attempt, outcome: delivery.outcome, said: error
                ))
        }
        switch change {
        case .opened: events.append(.channelFailing(settings.name, error: error))
        case .closed(let after, let failures):
            events.append(.channelRestored(settings.name, after: after, failures: failures))
        case nil: break
        }
        log.write(events)
        wake.hint()
    }

    private func tell(_ work: LaneWork, _ found: LaneWork.Found, _ took: Duration) {
        var events: [LogEvent] = [
            .deliveryRound(
                channel: settings.name, reported: work.ends.count, claimed: found.claimed.count, took: took)
        ]
        for row in found.finished {
            switch row {
            case .late(let claim):
                let outcome = work.ends.first { $0.claim == claim }?.outcome ?? ""
                events.append(
                    .deliveryLate(claim.message, channel: settings.name, attempt: claim.attempt, outcome: outcome))
            case .locked: break
            case .setAside(let claim, let because):
                events.append(.messageSetAside(claim.message, channel: settings.name, because: because))
            }
        }
        for row in found.takenOver where row.begun {
            events.append(
                .messageTakenOver(
                    row.claim.message, channel: settings.name, attempt: row.claim.attempt, from: row.worker))
            if row.isSetAside {
                events.append(
                    .messageSetAside(
                        row.claim.message, channel: settings.name,
                        because: "its delivery ended three times with a death"))
            }
        }
        log.write(events)
    }

    /// Breaks off what is still on its way when the time is over. The task ends when all has ended.
    func land(within patience: Duration) -> Task<Void, Never> {
        let flights = state.withLock { $0.flights }
        return Task {
            let breaker = Task {
                do { try await Task.sleep(for: patience) } catch { return }
                for task in flights.values { task.cancel() }
            }
            for task in flights.values { await task.value }
            breaker.cancel()
        }
    }
}

extension OutgoingMessage {
    var claim: ClaimID { ClaimID(id, attempt: attempt) }
}
