package import Postgres

/// What a ticket is and where it stands. Times are texts in the session's time zone: only SQL knows zones.
package struct TicketStory: Statement {
    package struct Row: Sendable {
        package let title: String
        /// The first 2,000 characters.
        package let description: String
        package let isDescriptionCut: Bool
        package let queue: String
        package let skill: String?
        package let status: String
        package let priority: String?
        package let kind: String
        package let effortMinutes: Int
        package let client: String?
        package let author: String?
        package let assignee: String?
        package let externalKey: String?
        package let resolution: String?
        package let submittedAt: String
        package let endedAt: String?
        /// Who is asked to complete it, and since when, while it is returned.
        package let returnedTo: String?
        package let returnedAt: String?
        /// Since when it waits for its client, while it does.
        package let waitingSince: String?
        /// Seconds of business time that it waited for its client before that.
        package let waited: Double
        package let timeZone: String
        /// Why the database refused to have it assigned, and when it is tried again.
        package let fault: String?
        package let retryAt: String?
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    package static let sql: StaticString = """
        select t.title, left(t.description, 2000), length(t.description) > 2000, t.queue, t.skill, t.status::text,
               t.priority::text, t.kind::text, t.effort_minutes, c.name, u.full_name, p.full_name, t.external_key,
               left(t.resolution, 2000), to_char(t.submitted_at, 'YYYY-MM-DD HH24:MI:SS'),
               to_char(t.ended_at, 'YYYY-MM-DD HH24:MI:SS'), b.full_name,
               to_char(case when t.status = 'returned' then (
                       select max(j.at) from secondline.journal j where j.ticket_id = t.ticket_id and j.to_status = 'returned') end,
                   'YYYY-MM-DD HH24:MI:SS'),
               to_char(t.waiting_since, 'YYYY-MM-DD HH24:MI:SS'), extract(epoch from t.waited)::float8, current_setting('TimeZone'), f.error,
               to_char(f.retry_at, 'YYYY-MM-DD HH24:MI:SS')
          from secondline.ticket t
          left join secondline.client c on c.client_id = t.client_id
          left join secondline.person u on u.person_id = t.author_id
          left join secondline.person p on p.person_id = t.assignee_id
          left join secondline.person b on b.person_id = t.returned_to
          left join secondline.ticket_fault f on f.ticket_id = t.ticket_id
         where t.ticket_id = $1::bigint
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        Row(
            title: try row.next(), description: try row.next(), isDescriptionCut: try row.next(),
            queue: try row.next(), skill: try row.next(), status: try row.next(), priority: try row.next(),
            kind: try row.next(), effortMinutes: try row.next(), client: try row.next(), author: try row.next(),
            assignee: try row.next(), externalKey: try row.next(), resolution: try row.next(),
            submittedAt: try row.next(), endedAt: try row.next(), returnedTo: try row.next(),
            returnedAt: try row.next(),
            waitingSince: try row.next(), waited: try row.next(), timeZone: try row.next(), fault: try row.next(),
            retryAt: try row.next())
    }
}
