/// Something that is not as it should be, with who or what is to blame and what to do. See the README, "Health".
package struct HealthFinding: Sendable, Equatable {
    package enum Severity: String, Comparable, Sendable {
        /// Cannot be seen, or may be meant so.
        case info
        /// Will become a fault.
        case warning
        case error

        package static func < (a: Severity, b: Severity) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .info: 0
            case .warning: 1
            case .error: 2
            }
        }

        /// What only a later version knows is taken seriously.
        init(code: String) { self = Severity(rawValue: code) ?? .error }
    }

    package let kind: String
    package let subject: String
    package let severity: Severity
    package let detail: String
    package let advice: String

    package init(_ kind: String, _ subject: String, _ severity: Severity, detail: String, advice: String) {
        self.kind = kind
        self.subject = subject
        self.severity = severity
        self.detail = detail
        self.advice = advice
    }
}
