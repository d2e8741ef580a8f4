internal import Policy
internal import Store

/// What a lane remembers: what is on its way, what has ended and is not reported yet, and when what is due.
struct LaneState {
    /// On its way, by claim.
    var flights: [ClaimID: Task<Void, Never>] = [:]
    private var unreported: [FinishDeliveries.End] = []
    private(set) var circuit: Circuit
    private var backoff: Backoff
    private var lastError = ""
    /// Everything that was due before it has been claimed, but for late commits, which the sweep finds.
    private var floor: Instant?
    /// There may be something new.
    var isHinted = true
    /// When there is more to claim, as far as the last claim knows.
    private var dueAt: ContinuousClock.Instant?
    private var sweepAt = ContinuousClock.now
    private var renewAt = ContinuousClock.now
    private var reportAt = ContinuousClock.now
    private var restingUntil = ContinuousClock.now
    /// Transactions that failed in a row.
    private var faults = 0
    /// The last of them had one end to report.
    private var wasAlone = false
    private var generator = SystemRandomNumberGenerator()

    /// Transactions that take longer than this to commit what they inserted are found by the sweep.
    private static let lateCommit: Int64 = 2_000_000
    private static let reporting: Duration = .seconds(60)

    init(_ backoff: Backoff) {
        self.backoff = backoff
        // a channel that is down is tried once a minute at least
        circuit = Circuit(pauses: Backoff(base: backoff.base, cap: min(backoff.cap, .seconds(60))))
    }

    /// What there is to do now. Renewing, sweeping and reporting are counted as done.
    mutating func work(_ lane: Lane, claims: Bool) -> LaneWork {
        let now = ContinuousClock.now
        if claims, now < restingUntil { return LaneWork() }
        // after a refusal one by one, and nothing is claimed beside: so the one that the database refuses is found
        let isCareful = faults > 0 && !unreported.isEmpty
        var work = LaneWork(ends: isCareful ? Array(unreported.prefix(1)) : unreported)
        if claims && !isCareful {
            work.isSweep = now >= sweepAt
            // another lane's wake is none of ours
            if isHinted || work.isSweep || !unreported.isEmpty || dueAt.map({ now >= $0 }) == true {
                let free = max(0, lane.settings.concurrency - flights.count)
                work.slots = circuit.slots(free: free, busy: flights.count, at: now)
                // while nothing can be claimed, the hint stays
                if work.slots > 0 { (isHinted, dueAt) = (false, nil) }
            }
            work.floor = work.isSweep ? nil : floor
        }
        if flights.isEmpty {
            // what is claimed now has its lease
            renewAt = now + lane.lease / 3
        } else if now >= renewAt {
            work.renewed = Array(flights.keys)
            renewAt = now + lane.lease / 3
        }
        // what has ended is not lost, however long it could not be reported
        if work.isSweep { work.renewed += unreported.map(\.claim) }
        if claims, now >= reportAt {
            work.report = ReportChannel(
                channel: lane.settings.name, worker: lane.worker,
                failingFor: circuit.openFor(at: now)?.databaseSeconds, failures: circuit.failures,
                error: circuit.isOpen ? lastError : nil)
            reportAt = now + Self.reporting
        }
        return work
    }

    /// The work was committed.
    mutating func finished(_ work: LaneWork, _ found: LaneWork.Found, poll: Duration, took: Duration) {
        let locked = Set(found.finished.compactMap { if case .locked(let claim) = $0 { claim } else { nil } })
        unreported = work.ends.filter { locked.contains($0.claim) } + unreported.dropFirst(work.ends.count)
        if !locked.isEmpty { restingUntil = max(restingUntil, .now + .milliseconds(50)) }
        if unreported.isEmpty { faults = 0 }
        // where nothing could be claimed, the next claim looks at everything
        if work.isSweep && work.slots == 0 { floor = nil }
        // the sweep passes what the floor spares the others: it may take a fiftieth of the time
        if work.isSweep { sweepAt = .now + min(max(poll, took * 50), .seconds(60)) }
    }

    /// The work was not committed, or nobody knows.
    mutating func failed(_ work: LaneWork) {
        let now = ContinuousClock.now
        wasAlone = work.ends.count == 1
        if work.isSweep { sweepAt = now }
        if work.slots > 0 { isHinted = true }
        if work.report != nil { reportAt = now }
        if !work.renewed.isEmpty { renewAt = now }
    }

    /// The channel may have been mended: what failed is tried now.
    mutating func tryFailing() {
        circuit.tryNow(at: .now)
        isHinted = true
    }

    /// The database refuses the report that was made last. One that was made alone is left to its lease.
    mutating func giveUp() -> ClaimID? {
        guard wasAlone else { return nil }
        return unreported.removeFirst().claim
    }

    /// The work fails by itself, while other lanes' may not. Returns for how long it is left alone: not beyond its leases.
    mutating func rest(lease: Duration) -> Duration {
        let rests = Backoff(base: .milliseconds(20), cap: min(lease / 3, .seconds(5)))
        let delay = rests.delay(attempt: faults, using: &generator)
        faults += 1
        restingUntil = .now + delay
        return delay
    }

    /// - Parameter from: the floor of that claim. One without may have found what is far below the last: the next go on there.
    mutating func claimed(from: Instant?, upTo sendAt: Instant) {
        let floor = Instant(microseconds: sendAt.microseconds - Self.lateCommit)
        self.floor = from.map { max($0, floor) } ?? floor
    }

    /// A delivery has ended. Returns what there is to tell about the channel.
    mutating func ended(_ claim: ClaimID, _ delivery: Delivery, took: Duration) -> Circuit.Change? {
        flights[claim] = nil
        let now = ContinuousClock.now
        let retryIn = backoff.delay(attempt: claim.attempt - 1, using: &generator)
        unreported.append(
            FinishDeliveries.End(
                claim, outcome: delivery.outcome.rawValue, said: delivery.said,
                // where everything fails, a crash is the channel's fault and not the message's
                crashed: delivery.crashed && !circuit.isOpen,
                took: took.databaseSeconds, retryIn: retryIn.databaseSeconds))
        let change: Circuit.Change?
        switch delivery.outcome {
        case .sent: change = circuit.succeeded(at: now)
        // who refuses everything may be set up wrongly
        case .refused, .failed, .unknown:
            lastError = delivery.said
            change = circuit.failed(claim.message, at: now, using: &generator)
        }
        if change != nil { reportAt = now }
        return change
    }

    /// When the lane is to look again by itself.
    /// - Parameters:
    ///   - next: when there may be more to claim.
    ///   - tried: it has just claimed what there was, so that an open circuit waits for the next message.
    mutating func dueIn(_ next: Duration?, tried: Bool) -> Duration? {
        let now = ContinuousClock.now
        if let next { dueAt = now + next }
        var due = [max(.zero, sweepAt - now), max(.zero, reportAt - now)]
        // what is reported one by one goes on at once
        if !unreported.isEmpty { due.append(.zero) }
        if let dueAt {
            // a floor under whatever the database may say: never a busy loop
            let next = max(.milliseconds(5), dueAt - now)
            due.append(circuit.dueIn(at: now).map { max($0, next) } ?? next)
        }
        if let next = circuit.dueIn(at: now), flights.isEmpty, !tried { due.append(next) }
        if !flights.isEmpty { due.append(max(.zero, renewAt - now)) }
        return due.min().map { max($0, restingUntil - now) }
    }
}
