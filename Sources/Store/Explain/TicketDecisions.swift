package import Postgres

/// The decisions about a ticket, the first one first, with those who were considered.
package struct TicketDecisions: Statement {
    package struct Row: Sendable {
        package let at: String
        package let kind: String
        package let person: String
        /// Nil is the daemon.
        package let byPerson: String?
        package let reason: String
        package let note: String?
        package let considered: [Considered]
        package let excluded: [(reason: String, count: Int)]
    }

    package struct Considered: Sendable {
        package let name: String
        /// Minutes, before the decision.
        package let load: Int
        package let capacity: Int
        package let knowsClient: Bool
        package let isSpared: Bool
    }

    package let ticket: Int64

    package init(ticket: Int64) { self.ticket = ticket }

    package static let sql: StaticString = """
        select to_char(d.decided_at, 'YYYY-MM-DD HH24:MI:SS'), d.kind::text, p.full_name, b.full_name, d.reason, d.note,
               c.names, c.loads, c.capacities, c.knows, c.spared, x.reasons, x.counts
          from secondline.decision d
          join secondline.person p on p.person_id = d.person_id
          left join secondline.person b on b.person_id = d.by_person_id
         cross join lateral (
               select coalesce(array_agg(coalesce(n.full_name, 'person ' || (e.one ->> 'person_id')) order by e.place), '{}') as names,
                      coalesce(array_agg(coalesce((e.one ->> 'load')::bigint, 0) order by e.place), '{}') as loads,
                      coalesce(array_agg(coalesce((e.one ->> 'capacity')::bigint, 0) order by e.place), '{}') as capacities,
                      coalesce(array_agg(coalesce((e.one ->> 'knows_client')::boolean, false) order by e.place), '{}') as knows,
                      coalesce(array_agg(coalesce((e.one ->> 'spared')::boolean, false) order by e.place), '{}') as spared
                 from jsonb_array_elements(d.candidates -> 'considered') with ordinality e (one, place)
                 left join secondline.person n on n.person_id = (e.one ->> 'person_id')::bigint) c
         cross join lateral (
               select coalesce(array_agg(e.key order by e.value::bigint desc, e.key), '{}') as reasons,
                      coalesce(array_agg(e.value::bigint order by e.value::bigint desc, e.key), '{}') as counts
                 from jsonb_each_text(d.candidates -> 'excluded') e) x
         where d.ticket_id = $1::bigint order by d.decision_id
        """

    package func bind(_ parameters: inout Parameters) { parameters.append(ticket) }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let (at, kind, person): (String, String, String) = (try row.next(), try row.next(), try row.next())
        let (byPerson, reason, note): (String?, String, String?) = (try row.next(), try row.next(), try row.next())
        let names: [String] = try row.next()
        let loads: [Int] = try row.next()
        let capacities: [Int] = try row.next()
        let knows: [Bool] = try row.next()
        let spared: [Bool] = try row.next()
        let reasons: [String] = try row.next()
        let counts: [Int] = try row.next()
        return Row(
            at: at, kind: kind, person: person, byPerson: byPerson, reason: reason, note: note,
            considered: names.indices.map {
                Considered(
                    name: names[$0], load: loads[$0], capacity: capacities[$0], knowsClient: knows[$0],
                    isSpared: spared[$0])
            },
            excluded: reasons.indices.map { (reasons[$0], counts[$0]) })
    }
}
