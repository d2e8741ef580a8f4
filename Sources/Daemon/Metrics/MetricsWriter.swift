internal import Glibc
internal import Postgres
internal import Store

/// Writes the metrics of this daemon and of its department now and then, whatever becomes of the file or the database.
struct MetricsWriter: Sendable {
    let settings: MetricsSettings
    let options: SessionOptions
    let tally: Tally
    let log: EventLog
    let wake: Wake
    let connectivity: Connectivity
    let isStopping: @Sendable () -> Bool
    private let started = time(nil)

    /// What takes longer is left out this time.
    private static let patience: Duration = .seconds(10)

    init(
        settings: MetricsSettings, options: SessionOptions, tally: Tally, log: EventLog, wake: Wake,
        connectivity: Connectivity, isStopping: @escaping @Sendable () -> Bool
    ) {
        self.settings = settings
        var options = options
        options.callTimeout = Self.patience
        options.statementTimeout = Self.patience
        self.options = options
        self.tally = tally
        self.log = log
        self.wake = wake
        self.connectivity = connectivity
        self.isStopping = isStopping
    }

    func run() async {
        let session = Session(options: options)
        let file = MetricsFile(settings.file)
        var isFailing = false
        while !isStopping() && !Task.isCancelled {
            let (figures, refusal) = await figures(session)
            let fault = file.replace(with: MetricsText(own(figures != nil) + (figures ?? [])).text) ?? refusal
            // told once, and once when it is over
            if let fault, !isFailing { log.write(.metricsFailed(file: settings.file, error: fault)) }
            if fault == nil, isFailing { log.write(.metricsRestored(file: settings.file)) }
            isFailing = fault != nil
            await wake.wait(atMost: settings.interval)
        }
        await session.close()
    }

    /// Nothing while the database cannot be reached, which the duties tell; what else goes wrong is the second.
    private func figures(_ session: Session) async -> ([MetricsText.Sample]?, String?) {
        let began = ContinuousClock.now
        do throws(DatabaseError) {
            if await !session.isOpen { try await session.open() }
            return (try await session.query(ReadFigures()), nil)
        } catch {
            if await !session.isOpen { _ = connectivity.lacks("metrics", error, since: began) }
            return (nil, error.recovery == .reconnect ? nil : "\(error)")
        }
    }

    private func own(_ isConnected: Bool) -> [MetricsText.Sample] {
        typealias Sample = MetricsText.Sample
        let now = ContinuousClock.now
        var samples = [
            Sample(name: "build_info", labels: [settings.version, SchemaVersion.known], value: 1),
            Sample(name: "start_time_seconds", labels: [], value: Double(started)),
            Sample(name: "database_connected", labels: [], value: isConnected ? 1 : 0),
        ]
        for (duty, count) in tally.duties {
            samples += [
                Sample(name: "duty_runs_total", labels: [duty], value: Double(count.runs)),
                Sample(name: "duty_failures_total", labels: [duty], value: Double(count.failures)),
                Sample(name: "duty_busy_seconds_total", labels: [duty], value: count.busy.databaseSeconds),
                Sample(name: "duty_age_seconds", labels: [duty], value: (now - count.lastRun).databaseSeconds),
            ]
        }
        for (event, count) in log.counts.sorted(by: { $0.key < $1.key }) {
            samples.append(Sample(name: "events_total", labels: [event], value: Double(count)))
        }
        return samples
    }
}
