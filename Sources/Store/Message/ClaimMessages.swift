package import Policy
package import Postgres

/// Claims due messages of a channel. See `secondline_rules.claim_messages`.
package struct ClaimMessages: Statement {
    package enum Row: Sendable {
        /// `in` is the claim, for `BeginClaim`. `obstacle` says why it cannot be delivered at all.
        /// `sendAt` is nil where the message overtook others: no floor follows from it.
        case message(OutgoingMessage, in: Int64, sendAt: Instant?, obstacle: String?)
        /// There may be more in so many seconds.
        case due(inSeconds: Double)
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    package let worker: String
    package let channel: String
    package let limit: Int
    /// Seconds.
    package let lease: Double
    /// Nil looks at everything.
    package let floor: Instant?
    package let rate: Rate?

    package init(
        at: Instant? = nil, worker: String, channel: String, limit: Int, lease: Double, floor: Instant?, rate: Rate?
    ) {
        self.at = at
        self.worker = worker
        self.channel = channel
        self.limit = limit
        self.lease = lease
        self.floor = floor
        self.rate = rate
    }

    package static let sql: StaticString = """
        select message_id, attempt, claim_id, idempotency_key, kind, name, address, locale, subject, text, data,
               to_char(statement_timestamp() at time zone 'UTC', 'Dy, DD Mon YYYY HH24:MI:SS "+0000"'), send_at, due_in
          from secondline_rules.claim_messages(
               coalesce($1::timestamptz, statement_timestamp()), $2, $3, $4, make_interval(secs => $5),
               coalesce($6::timestamptz, '-infinity'), $7::integer, make_interval(secs => $8::double precision))
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(worker)
        parameters.append(channel)
        parameters.append(Int32(limit))
        parameters.append(lease)
        parameters.append(floor)
        parameters.append(rate.map { Int32($0.count) })
        parameters.append(rate?.per.databaseSeconds)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        guard let id = try row.next(MessageID?.self) else {
            row.skip(12)
            return .due(inSeconds: try row.next())
        }
        let attempt: Int = try row.next()
        let claim: Int64 = try row.next()
        let key: String = try row.next()
        let kind: String = try row.next()
        let name: String? = try row.next()
        let address: String? = try row.next()
        let locale: String? = try row.next()
        let subject: String? = try row.next()
        let text: String? = try row.next()
        let message = OutgoingMessage(
            id: id, attempt: attempt, idempotencyKey: key, kind: kind, name: name ?? "", address: address ?? "",
            locale: locale ?? "en", subject: subject ?? kind, text: text ?? "", data: try row.next(),
            date: try row.next())
        let sendAt = try row.next(Instant?.self)
        row.skip(1)
        let obstacle: String? =
            if address == nil { "there is no contact for this channel any more" } else if subject == nil {
                "there are no words for this kind of message: see secondline.template"
            } else { nil }
        return .message(message, in: claim, sendAt: sendAt, obstacle: obstacle)
    }
}

/// The most deliveries in a time.
package struct Rate: Sendable, Equatable {
    package let count: Int
    package let per: Duration

    package init(count: Int, per: Duration) {
        self.count = count
        self.per = per
    }
}
