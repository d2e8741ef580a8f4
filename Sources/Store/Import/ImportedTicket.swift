package import Postgres

/// A ticket as an import file gives it; nil is left to the database.
package struct ImportedTicket: Sendable {
    package var queue: String
    package var title: String
    package var description: String?
    package var priority: String?
    package var kind: String?
    package var client: Int64?
    package var author: Int64?
    package var effortMinutes: Int?
    package var skill: String?
    package var externalKey: String?
    package var submittedAt: Timestamp?

    package init(queue: String, title: String) {
        self.queue = queue
        self.title = title
    }
}

extension Parameters {
    mutating func append(_ tickets: ArraySlice<ImportedTicket>) {
        append(tickets.map(\.queue))
        append(tickets.map(\.title))
        append(tickets.map(\.description))
        append(tickets.map(\.priority))
        append(tickets.map(\.kind))
        append(tickets.map(\.client))
        append(tickets.map(\.author))
        append(tickets.map(\.effortMinutes))
        append(tickets.map(\.skill))
        append(tickets.map(\.externalKey))
    }
}

/// Inserts tickets as any program may; those whose external key is there already are left out.
struct ImportTickets: Statement {
    let tickets: ArraySlice<ImportedTicket>

    // Looks before inserting: a conflict would burn an id.
    static let sql: StaticString = """
        insert into secondline.ticket (
            queue, title, description, priority, kind, client_id, author_id, effort_minutes, skill, external_key)
        select r.queue, r.title, r.description, r.priority::secondline.priority, r.kind::secondline.ticket_kind,
               r.client_id, r.author_id, r.effort_minutes::integer, r.skill, r.external_key
          from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                      $8::bigint[], $9::text[], $10::text[])
               with ordinality r (queue, title, description, priority, kind, client_id, author_id, effort_minutes,
                                  skill, external_key, n)
         where not exists (select from secondline.ticket t where t.external_key = r.external_key)
         order by r.n
        on conflict (external_key) where external_key is not null do nothing
        """

    func bind(_ parameters: inout Parameters) { parameters.append(tickets) }
}

/// The same with the time at which each came in, which only the owner of the tables may say.
struct ImportDatedTickets: Statement {
    let tickets: ArraySlice<ImportedTicket>

    static let sql: StaticString = """
        insert into secondline.ticket (
            queue, title, description, priority, kind, client_id, author_id, effort_minutes, skill, external_key,
            submitted_at)
        select r.queue, r.title, r.description, r.priority::secondline.priority, r.kind::secondline.ticket_kind,
               r.client_id, r.author_id, r.effort_minutes::integer, r.skill, r.external_key,
               coalesce(r.submitted_at, clock_timestamp())
          from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                      $8::bigint[], $9::text[], $10::text[], $11::timestamptz[])
               with ordinality r (queue, title, description, priority, kind, client_id, author_id, effort_minutes,
                                  skill, external_key, submitted_at, n)
         where not exists (select from secondline.ticket t where t.external_key = r.external_key)
         order by r.n
        on conflict (external_key) where external_key is not null do nothing
        """

    func bind(_ parameters: inout Parameters) {
        parameters.append(tickets)
        parameters.append(tickets.map(\.submittedAt))
    }
}
