import Foundation

/// Days since 1970-01-01, and microseconds since its midnight in UTC.
typealias DayNumber = Int
typealias Micros = Int64

extension Micros {
    static let second: Micros = 1_000_000
    static let minute = 60 * second
    static let hour = 60 * minute
    static let day = 24 * hour
}

/// A time zone as Foundation has it, which has its own table of them.
final class Zone {
    let name: String
    private let zone: TimeZone
    private var known: [DayNumber: Micros] = [:]

    init(_ name: String) {
        self.name = name
        zone = TimeZone(identifier: name)!
    }

    func offset(at instant: Micros) -> Micros {
        let seconds = (Double(instant) / 1_000_000).rounded(.down)
        return Micros(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds))) * .second
    }

    private func offset(noonOf day: DayNumber) -> Micros {
        if let offset = known[day] { return offset }
        let offset = offset(at: Micros(day) * .day + 12 * .hour)
        known[day] = offset
        return offset
    }

    /// What does not exist counts as before the change, what comes twice as after it.
    func instant(_ day: DayNumber, _ time: Micros) -> Micros {
        let wall = Micros(day) * .day + time
        let (before, after) = (offset(noonOf: day - 2), offset(noonOf: day + 2))
        if before == after { return wall - before }
        return offset(at: wall - after) == after ? wall - after : wall - before
    }

    func day(at instant: Micros) -> DayNumber {
        DayNumber((Double(instant + offset(at: instant)) / Double(Micros.day)).rounded(.down))
    }
}

struct TimeSpan: Equatable {
    var start: Micros
    var end: Micros
}

/// What a calendar is compiled from.
struct PlannedPerson {
    var zone: Zone
    /// By weekday, 1 is Monday; an end not after the start is on the next day.
    var hours: [Int: [TimeSpan]] = [:]
    var daysOff: [ClosedRange<DayNumber>] = []
    var hoursOff: [TimeSpan] = []
    var hasLeft = false

    /// The working hours that begin on these days, less these holidays.
    func spans(_ days: ClosedRange<DayNumber>, holidays: Set<DayNumber>) -> [TimeSpan] {
        days.flatMap { day -> [TimeSpan] in
            // 1970-01-01 was a Thursday
            guard !holidays.contains(day), let hours = hours[(day + 3) % 7 + 1] else { return [] }
            return hours.map { span in
                TimeSpan(
                    start: zone.instant(day, span.start),
                    end: zone.instant(span.end <= span.start ? day + 1 : day, span.end))
            }
        }
    }
}

/// Business time the slow way: every change of every span in order, and who counts what between two of them.
struct BusinessCalendar {
    let spans: [TimeSpan]

    init(working: [TimeSpan], away: [TimeSpan], within window: TimeSpan) {
        var changes: [(at: Micros, working: Int, away: Int)] = []
        for span in working where span.start < span.end {
            changes += [(span.start, 1, 0), (span.end, -1, 0)]
        }
        for span in away { changes += [(span.start, 0, 1), (span.end, 0, -1)] }
        changes += [(window.start, 0, 0), (window.end, 0, 0)]
        changes.sort { $0.at < $1.at }
        var spans: [TimeSpan] = []
        var (works, isAway) = (0, 0)
        for (change, next) in zip(changes, changes.dropFirst()) {
            works += change.working
            isAway += change.away
            guard change.at < next.at, works > 0, isAway == 0 else { continue }
            guard change.at >= window.start, next.at <= window.end else { continue }
            if spans.last?.end == change.at {
                spans[spans.count - 1].end = next.at
            } else {
                spans.append(TimeSpan(start: change.at, end: next.at))
            }
        }
        self.spans = spans
    }

    /// Every hour counts.
    init(always window: TimeSpan) { spans = [window] }

    func time(from: Micros, to: Micros) -> Micros {
        spans.reduce(0) { $0 + max(0, min($1.end, to) - max($1.start, from)) }
    }

    /// Nil when so much time does not pass.
    func end(from: Micros, after time: Micros) -> Micros? {
        if time == 0 { return from }
        var left = time
        for span in spans where span.end > from {
            let start = max(span.start, from)
            if span.end - start >= left { return start + left }
            left -= span.end - start
        }
        return nil
    }
}

extension SeededGenerator {
    mutating func chance(_ one: Int, in all: Int) -> Bool { Int.random(in: 1...all, using: &self) <= one }

    mutating func pick<T>(_ values: [T]) -> T { values.randomElement(using: &self)! }

    /// A time of day: mostly whole quarters of an hour, now and then an odd microsecond, or around a change of clocks.
    mutating func time() -> Micros {
        switch Int.random(in: 0..<10, using: &self) {
        case 0: Micros.random(in: 0..<Micros.day, using: &self)
        case 1: Micros.random(in: 0..<(4 * 60), using: &self) * .minute
        case 2: 0
        default: Micros.random(in: 0..<96, using: &self) * 15 * .minute
        }
    }

    /// Working hours of a week: regular or not, split, over midnight, to 24:00, around the clock, or none.
    mutating func week() -> [Int: [TimeSpan]] {
        switch Int.random(in: 0..<8, using: &self) {
        case 0: return [:]
        case 1: return Dictionary(uniqueKeysWithValues: (1...7).map { ($0, [TimeSpan(start: 0, end: .day)]) })
        case 2:
            let (start, end) = (
                Micros.random(in: 14...23, using: &self) * .hour, Micros.random(in: 0...9, using: &self) * .hour
            )
            return Dictionary(
                uniqueKeysWithValues: (1...7).filter { _ in chance(5, in: 7) }.map {
                    ($0, [TimeSpan(start: start, end: end)])
                })
        default:
            var week: [Int: [TimeSpan]] = [:]
            for weekday in 1...7 where chance(5, in: 7) {
                var times = Set<Micros>()
                for _ in 0..<(2 * Int.random(in: 1...3, using: &self)) { times.insert(time()) }
                var ordered = times.sorted()
                if ordered.count % 2 == 1 { ordered.append(chance(1, in: 2) ? .day : ordered[0] / 2) }
                week[weekday] = stride(from: 0, to: ordered.count, by: 2).map {
                    TimeSpan(start: ordered[$0], end: ordered[$0 + 1])
                }.filter { $0.start != $0.end }
            }
            return week
        }
    }
}

enum SQLText {
    static func time(_ time: Micros) -> String {
        let (seconds, micros) = (time / .second, time % .second)
        return "'\(seconds / 3600):\(seconds / 60 % 60):\(seconds % 60).\(String(micros + 1_000_000).dropFirst())'"
    }

    static func day(_ day: DayNumber) -> String { "(date '1970-01-01' + \(day))" }

    static func instant(_ instant: some CustomStringConvertible) -> String {
        "(timestamptz '1970-01-01 UTC' + \(instant) * interval '1 us')"
    }

    /// Microseconds of an interval or since 1970.
    static func micros(_ value: String) -> String { "(extract(epoch from \(value)) * 1000000)::bigint" }
}
