internal import Glibc
internal import Postgres
internal import Synchronization

/// Where events go: one line each, to one sink, in order.
package final class EventLog: Sendable {
    package enum Format: Sendable {
        /// `key=value`
        case text
        case json
    }

    private let level: LogEvent.Level
    private let format: Format
    private let colours: Bool
    private let sink: @Sendable ([UInt8]) -> Void
    private let order = Mutex(())
    private let counted = Mutex<[String: Int]>([:])

    package init(
        level: LogEvent.Level = .info, format: Format = .text, colours: Bool = false,
        sink: @escaping @Sendable ([UInt8]) -> Void = EventLog.standardError
    ) {
        self.level = level
        self.format = format
        self.colours = colours
        self.sink = sink
    }

    package func write(_ event: LogEvent) { write([event]) }

    /// How often each event happened, those below the level included.
    package var counts: [String: Int] { counted.withLock { $0 } }

    /// Several events in one write.
    package func write(_ events: [LogEvent]) {
        if !events.isEmpty {
            counted.withLock { counted in for event in events { counted[event.name, default: 0] += 1 } }
        }
        var lines: [UInt8] = []
        let now = Timestamp.now().description
        for event in events where event.level >= level {
            switch format {
            case .text: append(event, at: now, asText: &lines)
            case .json: append(event, at: now, asJSON: &lines)
            }
        }
        if lines.isEmpty { return }
        order.withLock { _ in sink(lines) }
    }

    private func append(_ event: LogEvent, at now: String, asText line: inout [UInt8]) {
        line += now.utf8
        line.append(UInt8(ascii: " "))
        let colour: String? =
            switch event.level {
            case .debug, .info: nil
            case .warning: "33"
            case .error: "31"
            }
        if colours, let colour { line += "\u{1B}[\(colour)m".utf8 }
        line += "\(event.level)".utf8
        line.append(UInt8(ascii: " "))
        line += event.name.utf8
        if colours, colour != nil { line += "\u{1B}[0m".utf8 }
        for (key, value) in event.fields {
            line.append(UInt8(ascii: " "))
            line += key.utf8
            line.append(UInt8(ascii: "="))
            value.append(asText: &line)
        }
        line.append(UInt8(ascii: "\n"))
    }

    private func append(_ event: LogEvent, at now: String, asJSON line: inout [UInt8]) {
        line += #"{"at":"\#(now)","level":"\#(event.level)","event":"\#(event.name)""#.utf8
        for (key, value) in event.fields {
            line += #","\#(key)":"#.utf8
            value.append(asJSON: &line)
        }
        line += "}\n".utf8
    }

    /// Writes all of it; nobody is left to tell when it fails.
    package static let standardError: @Sendable ([UInt8]) -> Void = { bytes in
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            if written <= 0 { return }
            rest = rest.dropFirst(written)
        }
    }
}
