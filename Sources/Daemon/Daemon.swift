internal import Glibc
package import Postgres
internal import Synchronization

/// What the daemon is told when it starts.
package struct DaemonSettings: Sendable {
    package var session: SessionOptions
    package var pollInterval: Duration
    package var auditInterval: Duration
    package var batchSize: Int
    /// Off: duties only poll.
    package var listens: Bool
    package var delivery: DeliverySettings

    package init(
        session: SessionOptions, pollInterval: Duration = .seconds(5), auditInterval: Duration = .seconds(60),
        batchSize: Int = 1000, listens: Bool = true, delivery: DeliverySettings = DeliverySettings()
    ) {
        self.session = session
        self.pollInterval = pollInterval
        self.auditInterval = auditInterval
        self.batchSize = batchSize
        self.listens = listens
        self.delivery = delivery
    }
}

/// All duties, each on its loop, until told to stop.
package final class Daemon: Sendable {
    private let settings: DaemonSettings
    private let log: EventLog
    /// Of the duties, by name.
    private let wakes = Dictionary(
        uniqueKeysWithValues: [
            AssignmentDuty.name, AuditDuty.name, ClockDuty.name, WorkdayDuty.name, EstimateDuty.name,
            DeliveryDuty.name, UpkeepDuty.name,
        ].map { ($0, Wake()) })
    private let state = Mutex(State())

    private struct State {
        var isStopping = false
        var ready: Set<String> = []
        var running: Set<String> = []
    }

    package init(settings: DaemonSettings, log: EventLog) {
        self.settings = settings
        self.log = log
    }

    /// Runs until `stop` is called. Throws `DaemonFault` when it cannot go on.
    package func run() async throws {
        let started = ContinuousClock.now
        let connectivity = Connectivity(log: log)
        let delivery = DeliveryDuty(
            settings: settings.delivery, poll: settings.pollInterval, log: log, wake: wakes[DeliveryDuty.name]!)
        let duties: [(duty: any Duty, interval: Duration)] = [
            (AssignmentDuty(log: log, batchSize: settings.batchSize), settings.pollInterval),
            (AuditDuty(log: log, patience: settings.pollInterval * 2), settings.auditInterval),
            (ClockDuty(log: log), settings.pollInterval),
            (WorkdayDuty(log: log), settings.pollInterval),
            (EstimateDuty(log: log), .seconds(60)),
            (delivery, settings.pollInterval),
            (UpkeepDuty(log: log, retention: settings.delivery.retention), settings.pollInterval),
        ]
        let listener = Task { [settings, log, wakes] in
            guard settings.listens, settings.session.pooler != .transaction else { return }
            await HintListener(
                options: settings.session,
                hints: [
                    AssignmentDuty.name: { wakes[AssignmentDuty.name]?.hint() },
                    WorkdayDuty.name: { wakes[WorkdayDuty.name]?.hint() },
                    DeliveryDuty.name: { delivery.hint() },
                    "retry": { delivery.tryFailing() },
                ], log: log
            ) { self.isStopping }.run()
        }
        defer { listener.cancel() }

        try await withThrowingTaskGroup(of: Void.self) { group in
            for (duty, interval) in duties {
                let name = type(of: duty).name
                let loop = DutyLoop(
                    duty: duty, session: Session(options: settings.session), wake: wakes[name]!,
                    interval: interval, log: log, connectivity: connectivity,
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
    }

    /// Duties that have not returned yet.
    package var unfinished: [String] { state.withLock { $0.running.sorted() } }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func ready(_ duty: String, of count: Int, after: Duration) {
        let isReady = state.withLock { state in
            guard state.ready.insert(duty).inserted else { return false }
            return state.ready.count == count
        }
        if isReady { log.write(.daemonReady(after: after)) }
    }
}
