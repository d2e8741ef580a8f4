import Foundation
import Policy
import TestSupport
import Testing

@testable import Daemon

@Suite("the log")
struct LogTests {
    @Test("every event has its row in the README: name, level and fields")
    func table() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let source = try String(contentsOf: root.appending(path: "Sources/Daemon/Log/LogEvent.swift"), encoding: .utf8)
        let samples = Dictionary(grouping: sampleEvents("x"), by: \.name)
        // an event that a sample is missing for would not be looked at
        #expect(Set(source.matches(of: /: "([a-z]+\.[a-z_]+)"/).map { String($0.1) }) == Set(samples.keys))

        var told: Set<String> = []
        let section = try #require(readme.split(separator: "\n## ").first { $0.hasPrefix("The log\n") })
        for row in section.split(separator: "\n") where row.hasPrefix("| `") {
            let cells = row.split(separator: "|", omittingEmptySubsequences: false)
                .map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(cells.count == 7, "\(row)")
            let names = cells[1].matches(of: /`([a-z_.]+)`/).map { String($0.1) }
            let levels = Set(cells[2].split(separator: ", ").map(String.init))
            let fields = Set(cells[3].matches(of: /`([a-z_]+)`/).map { String($0.1) })
            let events = names.flatMap { samples[$0] ?? [] }
            told.formUnion(names)
            #expect(Set(events.map { "\($0.level)" }) == levels, "\(names)")
            var known = Set(events.flatMap(\.fields).map(\.key))
            if events.contains(where: { $0.repetition != nil }) { known.insert("times") }
            #expect(known == fields, "\(names)")
        }
        #expect(told == Set(samples.keys))
    }

    @Test("whatever the texts are, an event is one line or one entry, and reads back as it was", arguments: 0..<25)
    func injection(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for event in sampleEvents(hostileText(using: &generator)) {
            let record = LogRecord(at: "2026-01-02T03:04:05.678901Z", event: event)
            let expected = Dictionary(uniqueKeysWithValues: record.fields)
            var text: [UInt8] = []
            record.append(asText: &text)
            let line = try #require(onlyLine(text))
            #expect(try fieldsOfText(line, event) == expected.mapValues { $0.asText })
            var json: [UInt8] = []
            record.append(asJSON: &json)
            _ = try #require(onlyLine(json))
            let object = try #require(JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
            #expect(object["event"] as? String == event.name && object.count == expected.count + 3)
            for (key, value) in expected {
                if case .text(let text) = value { #expect(object[key] as? String == text.cut) }
            }

            for asJSON in [false, true] {
                let entry = try journalFields(record.journalEntry(json: asJSON))
                #expect(entry.count == expected.count + 4)
                #expect(entry["SECONDLINE_EVENT"] == Array(event.name.utf8))
                #expect(entry["PRIORITY"] == Array(String(record.priority).utf8))
                #expect(entry["MESSAGE"].map { onlyLine($0 + [10]) != nil } == true)
                for (key, value) in expected {
                    #expect(entry["SECONDLINE_\(key.uppercased())"] == value.asJournal)
                }
            }
        }
    }

    @Test("as journald reads it: priority, name and fields to filter by")
    func journal() async throws {
        let sink = try DatagramSink()
        let log = EventLog(to: STDERR_FILENO, journal: sink.path)
        log.write([
            .databaseLost(error: "first\nsecond"),
            .ticketAssigned(.init(22), to: .init(2), reason: .substitute, waited: .milliseconds(2)),
        ])
        await sink.receives { $0.count == 2 }
        let entries = try sink.received.map { try journalFields(Array($0)) }
            .map { $0.mapValues { String(decoding: $0, as: UTF8.self) } }
        #expect(
            entries == [
                [
                    "PRIORITY": "4", "SYSLOG_IDENTIFIER": "secondline", "SECONDLINE_EVENT": "database.lost",
                    "MESSAGE": #"database.lost error="first\nsecond""#, "SECONDLINE_ERROR": "first\nsecond",
                ],
                [
                    "PRIORITY": "6", "SYSLOG_IDENTIFIER": "secondline", "SECONDLINE_EVENT": "ticket.assigned",
                    "MESSAGE": "ticket.assigned ticket=22 to=2 reason=substitute waited=2ms",
                    "SECONDLINE_TICKET": "22", "SECONDLINE_TO": "2", "SECONDLINE_REASON": "substitute",
                    "SECONDLINE_WAITED": "0.002",
                ],
            ])
        sink.stop()
    }

    @Test("without journald's socket its lines carry the priority")
    func journalGone() throws {
        let pipe = Pipe()
        let log = EventLog(to: pipe.fileHandleForWriting.fileDescriptor, journal: "/nonexistent/socket")
        log.write([.databaseLost(error: "x"), .daemonReady(after: .zero)])
        log.flush(atMost: .seconds(600))
        try pipe.fileHandleForWriting.close()
        let lines = String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
            .split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("<4>2") && lines[0].hasSuffix(" warning database.lost error=x"))
        #expect(lines[1].hasPrefix("<6>2"))
    }

    @Test("the journal is used only by who writes to it: the environment alone may be inherited")
    func journalStream() throws {
        let pipe = Pipe()
        let descriptor = pipe.fileHandleForWriting.fileDescriptor
        var status = stat()
        fstat(descriptor, &status)
        func socket(_ stream: String?) -> String? {
            Journal.socket(of: descriptor, environment: stream.map { ["JOURNAL_STREAM": $0] } ?? [:])
        }
        #expect(socket("\(status.st_dev):\(status.st_ino)") == "/run/systemd/journal/socket")
        for other in ["\(status.st_dev):\(status.st_ino + 1)", "", ":", "x:y", nil] { #expect(socket(other) == nil) }
    }

    @Test("a reader that stalls holds nobody up; what it missed is counted, and every line that it gets is whole")
    func stalledReader() throws {
        let pipe = Pipe()
        let log = EventLog(to: pipe.fileHandleForWriting.fileDescriptor)
        // more than the pipe and the buffer take, and nobody reads: this returns
        let text = String(repeating: "y", count: 1000)
        let count = 3000
        for _ in 0..<count { log.write(.databaseLost(error: text)) }
        // and so does who is about to end
        log.flush(atMost: .zero)
        Thread.detachNewThread {
            log.flush(atMost: .seconds(600))
            try? pipe.fileHandleForWriting.close()
        }
        let all = String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
        let lines = all.split(separator: "\n")
        let whole = " warning database.lost error=\"\(text)\""
        let kept = lines.filter { $0.hasSuffix(whole) && !$0.dropLast(whole.count).contains(" ") }
        let lost = lines.compactMap {
            $0.wholeMatch(of: #/\S+ warning log\.dropped count=([0-9]+)/#).flatMap { Int($0.1) }
        }
        #expect(kept.count + lost.count == lines.count)
        #expect(kept.count + lost.reduce(0, +) == count)
        #expect(!lost.isEmpty)
    }

    @Test("what fails again and again is a line with how often it did, and each time counts")
    func summedUp() {
        let recorded = RecordedLog()
        let log = recorded.log
        let start = ContinuousClock.now
        func fail(_ error: String, after seconds: Int) {
            log.write([.dutyFailed(duty: "clock", error: error, retryIn: .seconds(1))], at: start + .seconds(seconds))
        }
        for second in [0, 1, 2, 3, 7] { fail("process \(second) is in the way", after: second) }
        fail("another", after: 8)
        let fields = recorded.lines("duty.failed").map { $0.drop { $0 != " " } }
        #expect(
            fields == [
                " warning duty.failed duty=clock retry_in=1.0s error=\"process 0 is in the way\"",
                " warning duty.failed duty=clock retry_in=1.0s error=\"process 7 is in the way\" times=4",
                " warning duty.failed duty=clock retry_in=1.0s error=another",
            ])
        #expect(log.counts == ["duty.failed": 6])
    }

    @Test("what fails the same way again and again is told at pauses that grow, with how often")
    func repetitions() {
        var repetitions = Repetitions()
        let start = ContinuousClock.now
        func tell(_ error: String, after time: Duration) -> Int? {
            let event = LogEvent.dutyFailed(duty: "clock", error: error, retryIn: .seconds(1))
            return repetitions.times(of: event, at: start + time)
        }
        // every 5 seconds for a day
        let told = (0..<17_280).compactMap { tell("process \($0) is in the way", after: .seconds(5) * $0) }
        #expect(told.reduce(0, +) > 16_000)
        #expect(told.prefix(4) == [1, 1, 2, 4])
        #expect(told.count < 40)
        // another error is told at once, and so is the first after a time of quiet
        #expect(tell("another", after: .seconds(86_400)) == 1)
        #expect(tell("process 1 is in the way", after: .seconds(3 * 86_400)) != nil)
        #expect(repetitions.times(of: .databaseLost(error: "x"), at: start) == 1)
        #expect(repetitions.times(of: .databaseLost(error: "x"), at: start) == 1)
    }
}

/// The line without its end; nil when a terminal or a reader of lines would see more than one, or a control.
private func onlyLine(_ bytes: [UInt8]) -> String? {
    guard let text = String(validating: bytes, as: UTF8.self), text.last == "\n" else { return nil }
    let line = text.dropLast()
    return line.unicodeScalars.contains(where: \.isUnprintable) ? nil : String(line)
}

/// What is between the blanks, quotes and equals signs.
private func fieldsOfText(_ line: String, _ event: LogEvent) throws -> [String: String] {
    let start = "2026-01-02T03:04:05.678901Z \(event.level) \(event.name)"
    var rest = try #require(line.hasPrefix(start) ? line.dropFirst(start.count) : nil)
    var fields: [String: String] = [:]
    while !rest.isEmpty {
        let form = #/ ([a-z_]+)=("(?:[^"\\]|\\.)*"|[^ "=]+)/#.matchingSemantics(.unicodeScalar)
        let match = try #require(rest.prefixMatch(of: form))
        let value = String(match.2)
        fields[String(match.1)] =
            value.unicodeScalars.first == "\"" ? try JSONDecoder().decode(String.self, from: Data(value.utf8)) : value
        rest = rest[match.range.upperBound...]
    }
    return fields
}

/// As journald takes a datagram apart.
private func journalFields(_ entry: [UInt8]) throws -> [String: [UInt8]] {
    var fields: [String: [UInt8]] = [:]
    var rest = entry[...]
    while !rest.isEmpty {
        let end = try #require(rest.firstIndex(of: 10))
        var (name, value) = (rest[..<end], ArraySlice<UInt8>())
        if let equals = name.firstIndex(of: UInt8(ascii: "=")) {
            (name, value) = (name[..<equals], name[(equals + 1)...])
            rest = rest[(end + 1)...]
        } else {
            let length = (0..<8).reduce(0) { $0 | Int(rest[end + 1 + $1]) << (8 * $1) }
            value = rest[(end + 9)..<(end + 9 + length)]
            #expect(rest[end + 9 + length] == 10)
            rest = rest[(end + 10 + length)...]
        }
        let key = String(decoding: name, as: UTF8.self)
        #expect(key.wholeMatch(of: /[A-Z][A-Z0-9_]{0,63}/) != nil, "\(key)")
        #expect(fields.updateValue(Array(value), forKey: key) == nil)
    }
    return fields
}

/// Random bytes read as UTF-8, between what ends lines, fields and colours.
private func hostileText(using generator: inout SeededGenerator) -> String {
    let pieces = [
        "\n", "\r\n", "\u{2028}", "\u{2029}", "\u{85}", "\u{B}", "\u{C}", "\u{0}", "\u{1B}[31m", "\u{1B}]0;x\u{7}",
        "\u{202E}",
        "\u{2066}", "\u{FEFF}", "\u{9B}", "\" level=error \"", "\"}\n{\"event\":\"x\"}", "\\", "\\n", "=", " ", "ü",
        "👩‍🔧",
        "e\u{301}", "\nMESSAGE=x\n", "\n2026-01-02T03:04:05Z error audit.idle_specialist", "<0>",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
        if Bool.random(using: &generator) {
            text += pieces.randomElement(using: &generator)!
        } else {
            let bytes = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            text += String(decoding: bytes, as: UTF8.self)
        }
    }
    if Int.random(in: 0..<10, using: &generator) == 0 { text += String(repeating: "\u{1B}ä", count: 3000) }
    return text
}

extension String {
    /// What a log keeps of it.
    fileprivate var cut: String { String(unicodeScalars.prefix(LogValue.longest)) }
}

extension LogValue {
    fileprivate var asText: String {
        switch self {
        case .number(let number): String(number)
        case .duration(let duration): LogValue.short(duration)
        case .text(let text): text.cut
        }
    }

    fileprivate var asJournal: [UInt8] {
        switch self {
        case .number(let number): Array(String(number).utf8)
        case .duration(let duration): Array(LogValue.seconds(duration).utf8)
        case .text(let text): Array(text.cut.utf8)
        }
    }
}
