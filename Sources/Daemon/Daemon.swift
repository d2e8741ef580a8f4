internal import Glibc
package import Postgres
internal import Synchronization

/// What the daemon is told when it starts.
package struct DaemonSettings: Sendable {
    package var session: SessionOptions
    package var pollInterval: Duration
    package var auditInterval: Duration
    package var healthInterval: Duration
    package var batchSize: Int
    /// Off: duties only poll.
    package var listens: Bool
    package var delivery: DeliverySettings
    /// How long closed tickets are kept; nil is for ever.
    package var ticketRetention: Duration?
    /// Nil: no metrics are written.
    package var metrics: MetricsSettings?

    package init(
        session: SessionOptions, pollInterval: Duration = .seconds(5), auditInterval: Duration = .seconds(60),
        healthInterval: Duration = .seconds(60), batchSize: Int = 1000, listens: Bool = true,
        delivery: DeliverySettings = DeliverySettings(), ticketRetention: Duration? = nil,
        metrics: MetricsSettings? = nil
    ) {
        self.session = session
        self.pollInterval = pollInterval
        self.auditInterval = auditInterval
        self.healthInterval = healthInterval
        self.batchSize = batchSize
        self.listens = listens
        self.delivery = delivery
        self.ticketRetention = ticketRetention
        self.metrics = metrics
    }
}

extension DaemonSettings {
    /// How many a daemon has at once: one for each duty, one that listens, one for the metrics.
    package var sessions: Int { Daemon.duties.count + (hears ? 1 : 0) + (metrics == nil ? 0 : 1) }

    /// A transaction pooler passes no notifications on.
    fileprivate var hears: Bool { listens && session.pooler != .transaction }

    package var intervals: DutyIntervals {
        DutyIntervals(poll: pollInterval, audit: auditInterval, health: healthInterval)
    }
}

/// All duties, each on its loop, until told to stop.
package final class Daemon: Sendable {
    private let settings: DaemonSettings
    private let log: EventLog
    /// Their names.
    fileprivate static let duties = [
        AssignmentDuty.name, AuditDuty.name, ClockDuty.name, WorkdayDuty.name, EstimateDuty.name,
        DeliveryDuty.name, UpkeepDuty.name, HealthDuty.name,
    ]
    /// Of the duties, by name.
    private let wakes = Dictionary(uniqueKeysWithValues: duties.map { ($0, Wake()) })
    private let tally: Tally
    private let metricsWake = Wake()
    private let state = Mutex(State())
    private let order = Mutex(())
    /// Whether the duties live.
    package let pulse: Pulse
    private let report: @Sendable (DaemonState) -> Void

    private struct State {
        var isStopping = false
        var told = DaemonState()
        var ready: Set<String> = []
        var running: Set<String> = []
    }

    /// What lies between two calls of a duty, names that libc looks up included, on a busy machine.
    private static let slack: Duration = .seconds(30)

    /// - Parameter report: called with how it is when that changes.
    package init(
        settings: DaemonSettings, log: EventLog, report: @escaping @Sendable (DaemonState) -> Void = { _ in }
    ) {
        self.settings = settings
        self.log = log
        self.report = report
        pulse = Pulse(allowance: settings.session.longestWait + Self.slack)
        tally = Tally(duties: Array(wakes.keys))
    }

    /// Runs until `stop` is called. Throws `DaemonFault` when it cannot go on.
    package func run() async throws {
        let started = ContinuousClock.now
        let connectivity = Connectivity(log: log) { [wakes] error in
            self.change { $0.outage = error }
            // what one has found concerns all
            if error != nil { for wake in wakes.values { wake.hint() } }
        }
        let schema = SchemaWatch(log: log)
        let delivery = DeliveryDuty(
            settings: settings.delivery, poll: settings.pollInterval, log: log, wake: wakes[DeliveryDuty.name]!)
        let duties: [(duty: any Duty, interval: Duration)] = [
            (AssignmentDuty(log: log, batchSize: settings.batchSize), settings.pollInterval),
            (AuditDuty(log: log, patience: settings.pollInterval * 2), settings.auditInterval),
            (ClockDuty(log: log), settings.pollInterval),
            (WorkdayDuty(log: log), settings.pollInterval),
            (EstimateDuty(log: log), DutyIntervals.estimate),
            (delivery, settings.pollInterval),
            (
                UpkeepDuty(
                    log: log, retention: settings.delivery.retention, ticketRetention: settings.ticketRetention),
                settings.pollInterval
            ),
            (HealthDuty(log: log, intervals: settings.intervals), settings.healthInterval),
        ]
        let listener = Task { [settings, log, wakes] in
            guard settings.hears else { return }
            await HintListener(
                options: settings.session,
                hints: [
                    AssignmentDuty.name: { wakes[AssignmentDuty.name]?.hint() },
                    WorkdayDuty.name: { wakes[WorkdayDuty.name]?.hint() },
                    DeliveryDuty.name: { delivery.hint() },
                    "retry": { delivery.tryFailing() },
                    "schema": {
                        schema.look()
                        for wake in wakes.values { wake.hint() }
                    },
                ], log: log
            ) { self.isStopping }.run()
        }
        defer { listener.cancel() }
        let metrics = Task { [settings, tally, log, metricsWake] in
            guard let metrics = settings.metrics else { return }
            await MetricsWriter(
                settings: metrics, options: settings.session, tally: tally, log: log, wake: metricsWake,
                connectivity: connectivity
            ) { self.isStopping }.run()
        }
        defer { metrics.cancel() }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for (duty, interval) in duties {
                let name = type(of: duty).name
                let loop = DutyLoop(
                    duty: duty, session: DutyLoop.session(settings.session, of: name, showing: pulse),
                    wake: wakes[name]!, interval: interval, log: log, connectivity: connectivity, schema: schema,
                    pulse: pulse, tally: tally,
                    onReady: { self.ready(name, of: duties.count, after: ContinuousClock.now - started) },
                    isStopping: { self.isStopping })
                state.withLock { _ = $0.running.insert(name) }
                group.addTask {
                    // one duty that cannot go on stops the others
                    defer {
                        self.state.withLock { _ = $0.running.remove(name) }
                        self.stop()
                    }
                    try await loop.run()
                }
            }
            try await group.waitForAll()
        }
    }

    /// Finishes what is in hand; `run` returns then.
    package func stop() {
        state.withLock { $0.isStopping = true }
        for wake in wakes.values { wake.hint() }
        metricsWake.hint()
    }

    /// Duties that have not returned yet.
    package var unfinished: [String] { state.withLock { $0.running.sorted() } }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func ready(_ duty: String, of count: Int, after: Duration) {
        let isReady = state.withLock { state in
            guard !state.isStopping, state.ready.insert(duty).inserted else { return false }
            return state.ready.count == count
        }
        guard isReady else { return }
        log.write(.daemonReady(after: after))
        change { $0.isReady = true }
    }

    private func change(_ change: (inout DaemonState) -> Void) {
        // the last report is the last change
        order.withLock { _ in
            let now = state.withLock { state in
                change(&state.told)
                return state.told
            }
            report(now)
        }
    }

    /// How it is now.
    package var told: DaemonState { state.withLock { $0.told } }
}
