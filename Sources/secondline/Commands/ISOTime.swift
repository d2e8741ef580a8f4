import Postgres

/// ISO 8601 with a zone, which makes it an instant: `2012-05-02T08:15:00Z`, `2012-05-02 10:15:30.5+02:00`.
struct ISOTime {
    private var rest: Substring.UTF8View

    /// Nil when the text is anything else, or a time that does not exist.
    static func parse(_ text: String) -> Timestamp? {
        var reader = ISOTime(rest: text[...].utf8)
        guard let time = reader.instant(), reader.rest.isEmpty else { return nil }
        return time
    }

    private mutating func instant() -> Timestamp? {
        guard let year = number(4), year > 0, take("-"), let month = number(2), (1...12).contains(month), take("-"),
            let day = number(2), (1...Self.days(in: month, of: year)).contains(day),
            take("T") || take("t") || take(" "),
            let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60
        else { return nil }
        var (second, microsecond) = (0, 0)
        if take(":") {
            guard let whole = number(2), whole < 60 else { return nil }
            second = whole
            if take(".") || take(",") {
                guard let part = fraction() else { return nil }
                microsecond = part
            }
        }
        guard let offset = zone() else { return nil }
        let days = Self.daysSince1970(year, month, day)
        let seconds = Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second - offset)
        return Timestamp(unixMicroseconds: seconds * 1_000_000 + Int64(microsecond))
    }

    /// Seconds east of Greenwich: `Z`, `+02`, `+0200`, `+02:00`.
    private mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign: Int
        if take("+") { sign = 1 } else if take("-") { sign = -1 } else { return nil }
        guard let hours = number(2), hours < 16 else { return nil }
        guard take(":") || !rest.isEmpty else { return sign * hours * 3600 }
        guard let minutes = number(2), minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Microseconds; digits beyond them are dropped.
    private mutating func fraction() -> Int? {
        var (value, digits) = (0, 0)
        while let digit = digit() {
            if digits < 6 { value = value * 10 + digit }
            digits += 1
        }
        guard digits > 0 else { return nil }
        for _ in 0..<max(0, 6 - digits) { value *= 10 }
        return value
    }

    private mutating func number(_ digits: Int) -> Int? {
        var value = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func digit() -> Int? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int(byte) - 0x30
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        case _: 31
        }
    }

    /// Howard Hinnant's `days_from_civil`, with eras of 400 years that begin on 1 March.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let yearOfEra = year % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return year / 400 * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
