package import Policy
internal import Postgres

/// What a look at the health is told: when, and which duties are done how often.
package struct HealthScope: Sendable {
    /// Nil is the database's own clock.
    package let at: Instant?
    /// The interval of each duty in seconds; nil where its row tells only when it last had something to do.
    package let duties: [(name: String, interval: Double?)]

    package init(at: Instant?, duties: [(name: String, interval: Double?)]) {
        self.at = at
        self.duties = duties
    }

    /// `$1` to `$4` of the statements that look.
    func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(duties.map(\.name))
        parameters.append(duties.map(\.interval))
        parameters.append(SchemaVersion.known)
    }
}
