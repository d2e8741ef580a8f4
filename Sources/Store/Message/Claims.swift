package import Policy
package import Postgres

/// Names one claim of a message: what may be reported about it is about this attempt only.
package struct ClaimID: Hashable, Sendable {
    package let message: MessageID
    package let attempt: Int

    package init(_ message: MessageID, attempt: Int) {
        self.message = message
        self.attempt = attempt
    }
}

extension Parameters {
    /// As two arrays: messages and attempts.
    mutating func append(_ claims: [ClaimID]) {
        append(claims.map(\.message.raw))
        append(claims.map { Int32($0.attempt) })
    }
}

/// Notes that the deliveries of a claim begin. See `secondline_rules.begin_claim`.
package struct BeginClaim: Statement {
    package let claim: Int64

    package init(_ claim: Int64) { self.claim = claim }

    package static let sql: StaticString = "select from secondline_rules.begin_claim($1)"

    package func bind(_ parameters: inout Parameters) { parameters.append(claim) }
}

/// Says that deliveries are still under way. See `secondline_rules.renew_leases`.
package struct RenewLeases: Statement {
    /// Nil is the database's own clock.
    package let at: Instant?
    package let claims: [ClaimID]
    /// Seconds.
    package let lease: Double

    package init(at: Instant? = nil, _ claims: [ClaimID], lease: Double) {
        self.at = at
        self.claims = claims
        self.lease = lease
    }

    package static let sql: StaticString = """
        select from secondline_rules.renew_leases(
            coalesce($1::timestamptz, statement_timestamp()), $2::bigint[], $3::integer[], make_interval(secs => $4))
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(claims)
        parameters.append(lease)
    }
}

/// Takes messages away from daemons that did not report in time. See `secondline_rules.take_over_messages`.
package struct TakeOverMessages: Statement {
    package struct Row: Sendable {
        package let claim: ClaimID
        /// Who did not report.
        package let worker: String
        /// Its delivery had begun, so nobody knows whether the channel has it.
        package let begun: Bool
        package let isSetAside: Bool
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    package let channel: String

    package init(at: Instant? = nil, channel: String) {
        self.at = at
        self.channel = channel
    }

    package static let sql: StaticString = """
        select message_id, attempt, worker, begun, is_set_aside
          from secondline_rules.take_over_messages(coalesce($1::timestamptz, statement_timestamp()), $2, 1000)
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(channel)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let message: MessageID = try row.next()
        let attempt: Int = try row.next()
        return Row(
            claim: ClaimID(message, attempt: attempt), worker: try row.next(), begun: try row.next(),
            isSetAside: try row.next())
    }
}
