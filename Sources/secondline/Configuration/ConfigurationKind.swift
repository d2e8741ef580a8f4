import Postgres

/// Why a value cannot be taken.
struct ConfigurationFault: Error, Equatable {
    let message: String
}

/// How the text of each kind of value is read.
enum ConfigurationKind {
    typealias Reading<Value> = Result<Value, ConfigurationFault>

    static func integer(_ text: String, in range: ClosedRange<Int>) -> Reading<Int> {
        guard let number = Int(text) else { return refuse("\"\(text)\" is not a whole number") }
        guard range.contains(number) else {
            return refuse("\(text) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return .success(number)
    }

    static func boolean(_ text: String) -> Reading<Bool> {
        switch text.lowercased() {
        case "on", "true", "yes", "1": .success(true)
        case "off", "false", "no", "0": .success(false)
        case _: refuse("\"\(text)\" is neither on nor off")
        }
    }

    /// An absolute path, or the name of a credential. Nothing is none.
    static func file(_ text: String) -> Reading<String> {
        guard text.isEmpty || text.hasPrefix("/") || !text.contains("/"), text != ".", text != ".." else {
            return refuse("\"\(text)\" is neither an absolute path nor the name of a credential")
        }
        return .success(text)
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable>(_ text: String) -> Reading<Value> {
        if let value = Value(rawValue: text.lowercased()) { return .success(value) }
        let words = Value.allCases.map(\.rawValue)
        let clause = Suggestion.clause(text, among: words)
        return refuse("\"\(text)\" is not one of \(words.joined(separator: ", "))\(clause)")
    }

    /// A whole number and its unit: 250ms, 5s, 2min, 1h, 30d.
    static func duration(_ text: String, in range: ClosedRange<Duration>) -> Reading<Duration> {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count).drop { $0 == " " }
        guard let number = Int64(digits) else {
            return refuse("\"\(text)\" is not a duration such as 250ms, 5s, 2min, 1h or 30d")
        }
        if unit.isEmpty {
            let written = ["ms", "s", "min", "h"].map { text + $0 }.joined(separator: ", ")
            return refuse("\(text) has no unit: write \(written) or \(text)d")
        }
        guard let milliseconds = Duration.millisecondsByUnit[String(unit)] else {
            return refuse("\"\(unit)\" is not a unit of time: use ms, s, min, h or d")
        }
        let (total, overflow) = number.multipliedReportingOverflow(by: milliseconds)
        let duration = Duration.milliseconds(total)
        guard !overflow, range.contains(duration) else {
            let bounds = "\(range.lowerBound.configurationText) and \(range.upperBound.configurationText)"
            return refuse("\(text) is not between \(bounds)")
        }
        return .success(duration)
    }

    static func conninfo(_ text: String) -> Reading<String> {
        do throws(DatabaseError) {
            _ = try Conninfo(parsing: text)
            return .success(text)
        } catch {
            return refuse(error.message)
        }
    }

    static func path(_ text: String) -> Reading<String> {
        guard text.isEmpty || text.hasPrefix("/") else { return refuse("\"\(text)\" is not an absolute path") }
        guard !text.hasSuffix("/") else { return refuse("\"\(text)\" is a directory, not a file") }
        return .success(text)
    }

    static func refuse<Value>(_ message: String) -> Reading<Value> {
        .failure(ConfigurationFault(message: message))
    }
}

extension Duration {
    fileprivate static let millisecondsByUnit: [String: Int64] = [
        "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    /// As it is written in the configuration, in the largest unit that divides it.
    var configurationText: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        for (unit, size) in Duration.millisecondsByUnit.sorted(by: { $0.value > $1.value })
        where milliseconds != 0 && milliseconds % size == 0 {
            return "\(milliseconds / size)\(unit)"
        }
        return "0s"
    }
}
