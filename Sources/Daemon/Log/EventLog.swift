internal import Postgres
internal import Synchronization

/// Where events go: one line each, to one sink, in order; under systemd one entry of the journal each.
package final class EventLog: Sendable {
    package enum Format: Sendable {
        /// `key=value`
        case text
        case json
    }

    private struct State {
        var level: LogEvent.Level
        var format: Format
        var repetitions = Repetitions()
    }

    private let state: Mutex<State>
    private let colours: Bool
    private let journal: DatagramSocket?
    private let sink: @Sendable ([UInt8]) -> Void
    private let writer: LogWriter?
    private let order = Mutex(())
    private let counted = Mutex<[String: Int]>([:])

    /// To a sink of one's own.
    package init(
        level: LogEvent.Level = .info, format: Format = .text, sink: @escaping @Sendable ([UInt8]) -> Void
    ) {
        state = Mutex(State(level: level, format: format))
        colours = false
        journal = nil
        writer = nil
        self.sink = sink
    }

    /// To a descriptor, without ever waiting for its reader.
    /// - Parameter journal: the path of journald's socket when the descriptor is its: entries go there, and to the descriptor only
    ///   what it does not take.
    package init(
        level: LogEvent.Level = .info, format: Format = .text, colours: Bool = false, to descriptor: Int32,
        journal: String? = nil
    ) {
        let writer = LogWriter(descriptor)
        state = Mutex(State(level: level, format: format))
        self.colours = colours
        self.journal = journal.flatMap { DatagramSocket(path: $0) }
        self.writer = writer
        sink = { writer.write($0) }
        writer.onLoss { [weak self] lost in self?.write(.logDropped(count: lost)) }
    }

    /// From now on.
    package func change(level: LogEvent.Level, format: Format) {
        state.withLock { ($0.level, $0.format) = (level, format) }
    }

    package func write(_ event: LogEvent) { write([event]) }

    /// How often each event happened, those below the level included.
    package var counts: [String: Int] { counted.withLock { $0 } }

    /// Several events in one write.
    package func write(_ events: [LogEvent], at instant: ContinuousClock.Instant = .now) {
        if !events.isEmpty {
            counted.withLock { counted in for event in events { counted[event.name, default: 0] += 1 } }
        }
        let now = Timestamp.now().description
        let (records, format) = state.withLock { state in
            let level = state.level
            let told = events.filter { $0.level >= level }.compactMap { event in
                state.repetitions.times(of: event, at: instant).map { LogRecord(at: now, event: event, times: $0) }
            }
            return (told, state.format)
        }
        if records.isEmpty { return }
        order.withLock { _ in
            var lines: [UInt8] = []
            for record in records {
                if let journal {
                    if journal.send(record.journalEntry(json: format == .json)) == nil { continue }
                    // journald reads the priority off the line
                    lines += "<\(record.priority)>".utf8
                }
                switch format {
                case .text: record.append(asText: &lines, colours: colours)
                case .json: record.append(asJSON: &lines)
                }
            }
            if !lines.isEmpty { sink(lines) }
        }
    }

    /// Returns when all is written, or the time is over: the process is about to end.
    package func flush(atMost patience: Duration) { writer?.flush(atMost: patience) }
}
