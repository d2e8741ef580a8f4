package import Postgres

/// Says that this daemon has a channel configured, and how it does. See `secondline_rules.report_channel`.
package struct ReportChannel: Statement {
    package let channel: String
    package let worker: String
    /// For how many seconds everything has failed; nil while it works.
    package let failingFor: Double?
    package let failures: Int
    package let error: String?

    package init(channel: String, worker: String, failingFor: Double?, failures: Int, error: String?) {
        self.channel = channel
        self.worker = worker
        self.failingFor = failingFor
        self.failures = failures
        self.error = error
    }

    package static let sql: StaticString = """
        select from secondline_rules.report_channel(statement_timestamp(), $1, $2, $3::double precision, $4, $5)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(channel)
        parameters.append(worker)
        parameters.append(failingFor)
        parameters.append(Int32(failures))
        parameters.append(error)
    }
}

/// This daemon stops. See `secondline_rules.forget_worker`.
package struct ForgetWorker: Statement {
    package let worker: String

    package init(_ worker: String) { self.worker = worker }

    package static let sql: StaticString = "select from secondline_rules.forget_worker($1)"

    package func bind(_ parameters: inout Parameters) { parameters.append(worker) }
}
