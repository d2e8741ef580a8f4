package import Policy
package import Postgres

/// Who may take tickets of each group now (the least loaded first, at most `limit` a group), and how many others may not, and why.
package struct GroupMembers: Statement {
    package enum Row: Sendable {
        case candidate(group: Int, Candidate, offersLeft: Int?, isSpared: Bool)
        case excluded(group: Int, Obstacle, count: Int, freeAgainAt: Instant?)
    }

    package let at: Instant
    package let queues: [String]
    package let skills: [String]
    package let limit: Int

    package init(at: Instant, queues: [String], skills: [String], limit: Int) {
        self.at = at
        self.queues = queues
        self.skills = skills
        self.limit = limit
    }

    // "member" is read once per group and once for the sums; materialised, the members' state is computed once.
    package static let sql: StaticString = """
        with wanted as materialized (
            select s.name from secondline.skill s
             where s.last_wanted_at > $1::timestamptz - interval '1 day' or s.name = any ($3::text[])
        ), member as materialized (
            select g.place, g.skill, s.person_id, s.load_minutes, s.capacity_minutes, s.last_assigned_at, s.offers_left,
                   s.free_again_at,
                   case when g.skill <> '' and not exists (
                            select from secondline.person_skill k where k.person_id = s.person_id and k.skill = g.skill)
                        then 'lacks_skill' else s.obstacle end as obstacle
              from unnest($2::text[], $3::text[]) with ordinality g (queue, skill, place)
              join secondline_rules.member_state($1::timestamptz) s on s.queue = g.queue
        )
        select g.place - 1, null, null, null::timestamptz, m.person_id, m.load_minutes, m.capacity_minutes, m.last_assigned_at,
               m.offers_left,
               exists (select from secondline.person_skill k join wanted w on w.name = k.skill
                        where k.person_id = m.person_id and k.skill <> g.skill)
          from unnest($3::text[]) with ordinality g (skill, place)
         cross join lateral (
               select * from member x where x.place = g.place and x.obstacle is null
                order by x.load_minutes::float8 / x.capacity_minutes, x.last_assigned_at nulls first, x.person_id
                limit $4) m
        union all
        select m.place - 1, m.obstacle, count(*), min(m.free_again_at), null, null, null, null, null, null
          from member m where m.obstacle is not null group by m.place, m.obstacle
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(queues)
        parameters.append(skills)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let group: Int = try row.next()
        let obstacle: Obstacle? = try row.next()
        let count: Int? = try row.next()
        let freeAgainAt: Instant? = try row.next()
        let person: PersonID? = try row.next()
        let load: Minutes? = try row.next()
        let capacity: Minutes? = try row.next()
        let lastAssigned: Instant? = try row.next()
        let offersLeft: Int? = try row.next()
        let isSpared: Bool? = try row.next()
        if let obstacle, let count {
            return .excluded(group: group, obstacle, count: count, freeAgainAt: freeAgainAt)
        }
        guard let person, let load, let capacity, let isSpared else {
            throw DatabaseError(.decoding, "a candidate without person, load or capacity")
        }
        let candidate = Candidate(person: person, load: load, capacity: capacity, lastAssigned: lastAssigned)
        return .candidate(group: group, candidate, offersLeft: offersLeft, isSpared: isSpared)
    }
}
