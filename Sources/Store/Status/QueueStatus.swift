package import Postgres

/// Each queue now: how many tickets wait, for how long, and why; and with how many others have the next move.
package struct QueueStatus: Statement {
    package struct Row: Sendable {
        package let queue: String
        package let waiting: Int
        /// Seconds that the oldest waiting ticket has waited; nil when none waits.
        package let oldest: Double?
        /// Since how many seconds nothing is assigned from it, by hand.
        package let paused: Double?
        package let pauseReason: String?
        package let blockers: [Blocker]
        /// Waiting tickets that have a reason of their own.
        package let held: Int
        package let elsewhere: Elsewhere
    }

    package struct Blocker: Sendable {
        package let reason: String
        /// Empty for tickets that need none.
        package let skill: String
        package let seconds: Double
    }

    /// Open tickets with which others have the next move.
    package struct Elsewhere: Sendable {
        /// To be completed by their author, or the account manager.
        package let returned: Int
        package let waitingForClient: Int
        package let withDeveloper: Int
        /// A developer has finished, and their owner is to look.
        package let toVerify: Int
    }

    package init() {}

    // Grouped by plain columns of ticket_waiting_index and nothing else, so that counting is an index-only scan. Tickets in hand are
    // found through the open assignments, returned ones through ticket_returned_to_index.
    package static let sql: StaticString = """
        with waiting as (
            select t.queue, count(*) as tickets, min(t.eligible_at) as oldest
              from secondline.ticket t where t.status = 'new' group by t.queue
        ), blocked as (
            select b.queue, array_agg(b.reason order by b.since, b.blocker_id) as reasons,
                   array_agg(coalesce(b.skill, '') order by b.since, b.blocker_id) as skills,
                   array_agg(extract(epoch from statement_timestamp() - b.since)::float8 order by b.since, b.blocker_id) as ages
              from secondline.blocker b where b.ended_at is null and b.ticket_id is null group by b.queue
        ), held as (
            select b.queue, count(*) as tickets
              from secondline.blocker b where b.ended_at is null and b.ticket_id is not null group by b.queue
        ), returned as (
            select t.queue, count(*) as tickets from secondline.ticket t where t.returned_to is not null group by t.queue
        ), given as (
            select t.queue, count(*) filter (where t.status = 'waiting_for_client') as client,
                   count(*) filter (where t.status = 'with_developer') as developer,
                   count(*) filter (where t.status = 'to_verify') as verify
              from secondline.assignment a join secondline.ticket t on t.ticket_id = a.ticket_id
             where a.ended_at is null group by t.queue
        )
        select q.name, coalesce(w.tickets, 0), extract(epoch from statement_timestamp() - w.oldest)::float8,
               extract(epoch from statement_timestamp() - q.paused_at)::float8, q.pause_reason,
               coalesce(b.reasons, '{}'), coalesce(b.skills, '{}'), coalesce(b.ages, '{}'), coalesce(h.tickets, 0),
               coalesce(r.tickets, 0), coalesce(g.client, 0), coalesce(g.developer, 0), coalesce(g.verify, 0)
          from secondline.queue q
          left join waiting w on w.queue = q.name
          left join blocked b on b.queue = q.name
          left join held h on h.queue = q.name
          left join returned r on r.queue = q.name
          left join given g on g.queue = q.name
         order by q.name
        """

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let queue: String = try row.next()
        let waiting: Int = try row.next()
        let oldest: Double? = try row.next()
        let paused: Double? = try row.next()
        let pauseReason: String? = try row.next()
        let reasons: [String] = try row.next()
        let skills: [String] = try row.next()
        let ages: [Double] = try row.next()
        let blockers = reasons.indices.map { Blocker(reason: reasons[$0], skill: skills[$0], seconds: ages[$0]) }
        return Row(
            queue: queue, waiting: waiting, oldest: oldest, paused: paused, pauseReason: pauseReason,
            blockers: blockers, held: try row.next(),
            elsewhere: Elsewhere(
                returned: try row.next(), waitingForClient: try row.next(), withDeveloper: try row.next(),
                toVerify: try row.next()))
    }
}
