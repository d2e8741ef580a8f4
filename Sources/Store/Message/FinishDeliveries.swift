package import Policy
package import Postgres

/// Records how deliveries of a channel ended. See `secondline_rules.finish_deliveries`.
package struct FinishDeliveries: Statement {
    /// How one delivery ended.
    package struct End: Sendable {
        package let claim: ClaimID
        /// A value of `secondline.delivery_outcome`.
        package let outcome: String
        /// Printable, at most 2,000 characters.
        package let said: String
        package let crashed: Bool
        /// Seconds.
        package let took: Double
        /// Seconds until it is tried again, if it is.
        package let retryIn: Double

        package init(
            _ claim: ClaimID, outcome: String, said: String, crashed: Bool, took: Double, retryIn: Double
        ) {
            self.claim = claim
            self.outcome = outcome
            self.said = said
            self.crashed = crashed
            self.took = took
            self.retryIn = retryIn
        }
    }

    /// Only what calls for attention.
    package enum Row: Sendable {
        /// The message was no longer this daemon's: the report changed nothing, and stands in the ledger as late.
        case late(ClaimID)
        case setAside(ClaimID, because: String)
        /// Somebody else has locked the message: nothing was recorded, report it again.
        case locked(ClaimID)
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    package let worker: String
    package let channel: String
    package let ends: [End]

    package init(at: Instant? = nil, worker: String, channel: String, ends: [End]) {
        self.at = at
        self.worker = worker
        self.channel = channel
        self.ends = ends
    }

    package static let sql: StaticString = """
        select message_id, attempt, is_late, is_locked, set_aside_because
          from secondline_rules.finish_deliveries(
               coalesce($1::timestamptz, statement_timestamp()), $2, $3, $4::bigint[], $5::integer[],
               $6::text[]::secondline.delivery_outcome[], $7::text[], $8::boolean[], $9::double precision[],
               $10::double precision[])
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(worker)
        parameters.append(channel)
        parameters.append(ends.map(\.claim))
        parameters.append(ends.map(\.outcome))
        parameters.append(ends.map(\.said))
        parameters.append(ends.map(\.crashed))
        parameters.append(ends.map(\.took))
        parameters.append(ends.map(\.retryIn))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let message: MessageID = try row.next()
        let attempt: Int = try row.next()
        let claim = ClaimID(message, attempt: attempt)
        let isLate: Bool = try row.next()
        let isLocked: Bool = try row.next()
        let because: String? = try row.next()
        if isLocked { return .locked(claim) }
        return isLate ? .late(claim) : .setAside(claim, because: because ?? "")
    }
}
