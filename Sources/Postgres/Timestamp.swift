import Glibc

/// An instant with the resolution of `timestamptz`.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Since 2000-01-01 00:00 UTC, PostgreSQL's epoch; the extremes are the infinities.
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static let infinity = Timestamp(microseconds: .max)
    package static let negativeInfinity = Timestamp(microseconds: .min)
    package var isInfinite: Bool { microseconds == .max || microseconds == .min }

    /// From the Unix epoch to PostgreSQL's.
    private static let epochOffset: Int64 = 946_684_800_000_000

    /// Since 1970-01-01 00:00 UTC.
    package init(unixMicroseconds: Int64) { microseconds = unixMicroseconds - Self.epochOffset }

    /// Since 1970-01-01 00:00 UTC.
    package init(unixSeconds: Int64) { self.init(unixMicroseconds: unixSeconds * 1_000_000) }

    /// Since 1970-01-01 00:00 UTC; the infinities stay what they are.
    package var unixMicroseconds: Int64 { isInfinite ? microseconds : microseconds + Self.epochOffset }

    /// The machine's clock. Rules take time as an argument: this is for logs, back-off and benchmarks.
    package static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(unixMicroseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool { left.microseconds < right.microseconds }

    package static func + (left: Timestamp, right: Duration) -> Timestamp {
        if left.isInfinite { return left }
        let (sum, overflow) = left.microseconds.addingReportingOverflow(right.wholeMicroseconds)
        if overflow { return right < .zero ? .negativeInfinity : .infinity }
        return Timestamp(microseconds: sum)
    }

    package static func - (left: Timestamp, right: Duration) -> Timestamp { left + (.zero - right) }

    /// Saturates at the infinities.
    package static func - (left: Timestamp, right: Timestamp) -> Duration {
        let (difference, overflow) = left.microseconds.subtractingReportingOverflow(right.microseconds)
        return .microseconds(overflow ? (left < right ? .min : .max) : difference)
    }
}

extension Timestamp: CustomStringConvertible {
    /// ISO 8601 in UTC with microseconds, such as `2026-11-22T03:27:00.123456Z`.
    package var description: String {
        if isInfinite { return microseconds > 0 ? "infinity" : "-infinity" }
        let day: Int64 = 86_400_000_000
        let (days, time) = (floorDivide(microseconds, day), floorModulo(microseconds, day))
        let date = civilDate(daysSince2000: days)
        let seconds = time / 1_000_000
        let clock =
            "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))T\(clock)"
            + ".\(padded(time % 1_000_000, 6))Z"
    }
}

/// Howard Hinnant's `civil_from_days`, with eras of 400 years that begin on 1 March.
private func civilDate(daysSince2000: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = daysSince2000 + 730_425  // days from 0000-03-01 to 2000-01-01
    let era = floorDivide(shifted, 146_097)
    let dayOfEra = floorModulo(shifted, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
}

private func floorDivide(_ value: Int64, _ by: Int64) -> Int64 { (value - floorModulo(value, by)) / by }

private func floorModulo(_ value: Int64, _ by: Int64) -> Int64 {
    let rest = value % by
    return rest < 0 ? rest + by : rest
}

private func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value.magnitude)
    return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Duration {
    /// Rounded towards zero; saturates.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowed) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        return overflow || overflowed ? (seconds < 0 ? .min : .max) : sum
    }

    /// Rounded up; saturates at what libc and PostgreSQL take as milliseconds.
    var wholeMilliseconds: Int32 {
        let micro = wholeMicroseconds
        if micro <= 0 { return 0 }
        return Int32(clamping: micro / 1000 + (micro % 1000 == 0 ? 0 : 1))
    }
}
