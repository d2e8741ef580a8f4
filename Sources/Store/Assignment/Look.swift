package import Policy
package import Postgres

/// The first, cheap look, without locks: the groups in which tickets wait, who may take tickets of each (the least loaded first,
/// at most `limit` a group), how many others may not and why, and what is recorded as blocked. No row: nothing to do.
package struct Look: Statement {
    package enum Row: Sendable {
        /// The waiting groups come first, numbered from 0; one that does not wait has a blocker that outlived its tickets.
        case group(at: Instant, place: Int, WaitingGroup, isWaiting: Bool)
        case candidate(group: Int, Candidate, offersLeft: Int?, isSpared: Bool)
        case excluded(group: Int, Obstacle, count: Int, freeAgainAt: Instant?)
    }

    /// Nil is the database's own clock.
    package let at: Instant?
    package let limit: Int

    /// As many as a large batch can use: fewer would hide people who are freer for a ticket than those who are seen.
    package static let candidates = 1000

    package init(at: Instant?, limit: Int) {
        self.at = at
        self.limit = limit
    }

    // The instant is repeated, not a table of its own: only as a plain expression does member_state dissolve into the query.
    // "member" is read once per group and once for the sums; materialised, the members' state is computed once.
    package static let sql: StaticString = """
        with waiting as materialized (
            select row_number() over (order by g.is_waiting desc nulls last, queue, skill) - 1 as place, queue, skill,
                   g.is_waiting is not null as is_waiting, q.paused_at is not null as is_paused, b.reason, q.routing <> 'load' as is_routed
              from (select w.queue, w.skill, true as is_waiting from secondline_rules.waiting_group() w) g
              full join (select x.queue, coalesce(x.skill, '') as skill, x.reason from secondline.blocker x
                          where x.ended_at is null and x.ticket_id is null) b using (queue, skill)
              left join secondline.queue q on q.name = queue
        ), wanted as materialized (
            select s.name from secondline.skill s
             where s.last_wanted_at > coalesce($1::timestamptz, statement_timestamp()) - interval '1 day'
                or s.name in (select w.skill from waiting w where w.is_waiting)
        ), member as materialized (
            select g.place, g.skill, s.person_id, s.load_minutes, s.capacity_minutes, s.last_assigned_at, s.offers_left,
                   s.free_again_at,
                   case when g.skill <> '' and not exists (
                            select from secondline.person_skill k where k.person_id = s.person_id and k.skill = g.skill)
                        then 'lacks_skill' else s.obstacle end as obstacle
              from waiting g
              join secondline_rules.member_state(coalesce($1::timestamptz, statement_timestamp())) s on s.queue = g.queue
             where g.is_waiting and not g.is_paused
        )
        select coalesce($1::timestamptz, statement_timestamp()), g.place, g.queue, g.skill, g.is_waiting, g.is_paused, g.reason,
               (select x.effort_minutes from secondline.ticket x
                 where x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                 order by x.effort_minutes desc limit 1)::bigint, null::timestamptz, null::bigint, null::integer, null::integer, null::timestamptz, null::integer,
               null::boolean, g.is_routed
          from waiting g
        union all
        select coalesce($1::timestamptz, statement_timestamp()), g.place, null, null, null, null, null, null, null,
               m.person_id, m.load_minutes, m.capacity_minutes, m.last_assigned_at, m.offers_left,
               exists (select from secondline.person_skill k join wanted w on w.name = k.skill
                        where k.person_id = m.person_id and k.skill <> g.skill), null
          from waiting g
         cross join lateral (
               select * from member x where x.place = g.place and x.obstacle is null
                order by x.load_minutes::float8 / x.capacity_minutes, x.last_assigned_at nulls first, x.person_id
                limit $2) m
        union all
        select coalesce($1::timestamptz, statement_timestamp()), m.place, null, null, null, null, m.obstacle, count(*),
               -- when someone without the skill comes back is nothing to wake for
               case when m.obstacle <> 'lacks_skill' then min(m.free_again_at) end,
               null, null, null, null, null, null, null
          from member m where m.obstacle is not null group by m.place, m.obstacle
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(limit)
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> Row {
        let at: Instant = try row.next()
        let place: Int = try row.next()
        let queue: String? = try row.next()
        let skill: String? = try row.next()
        let isWaiting: Bool? = try row.next()
        let isPaused: Bool? = try row.next()
        // a code that only another version knows is rewritten
        let code: String? = try row.next()
        let obstacle = code.flatMap(Obstacle.init)
        let count: Int? = try row.next()
        let freeAgainAt: Instant? = try row.next()
        let person: PersonID? = try row.next()
        let load: Minutes? = try row.next()
        let capacity: Minutes? = try row.next()
        let lastAssigned: Instant? = try row.next()
        let offersLeft: Int? = try row.next()
        let isSpared: Bool? = try row.next()
        let isRouted: Bool? = try row.next()
        if let queue, let skill, let isWaiting, let isPaused {
            let group = WaitingGroup(
                queue: queue, skill: skill, isPaused: isPaused, isRouted: isRouted ?? false, blocker: obstacle,
                largestEffort: Minutes(count ?? 0))
            return .group(at: at, place: place, group, isWaiting: isWaiting)
        }
        if let obstacle, let count {
            return .excluded(group: place, obstacle, count: count, freeAgainAt: freeAgainAt)
        }
        guard let person, let load, let capacity, let isSpared else {
            throw DatabaseError(.decoding, "a row is neither group nor candidate nor sum")
        }
        let candidate = Candidate(person: person, load: load, capacity: capacity, lastAssigned: lastAssigned)
        return .candidate(group: place, candidate, offersLeft: offersLeft, isSpared: isSpared)
    }
}
