package import Policy
package import Postgres

/// The first waiting tickets of the groups in rank order: those that somebody has room for, and the starving ones that nobody has.
package struct WaitingTickets: Statement {
    package let at: Instant
    package let queues: [String]
    package let skills: [String]
    /// Per group, the largest effort (minutes) that any candidate has room for.
    package let rooms: [Int64]
    /// Per group, how many starving tickets without room are worth a look: one reservation a person.
    package let starving: [Int64]
    package let limit: Int
    /// The candidates of groups whose tickets are routed.
    package let takers: [Taker]

    package struct Taker: Sendable {
        /// The group's place among the groups above.
        package let group: Int
        package let person: PersonID
        /// The largest effort (minutes) that they have room for.
        package let room: Int64

        package init(group: Int, person: PersonID, room: Int64) {
            self.group = group
            self.person = person
            self.room = room
        }
    }

    package init(
        at: Instant, queues: [String], skills: [String], rooms: [Int64], starving: [Int64], limit: Int,
        takers: [Taker] = []
    ) {
        self.at = at
        self.queues = queues
        self.skills = skills
        self.rooms = rooms
        self.starving = starving
        self.limit = limit
        self.takers = takers
    }

    // Each (queue, skill, priority) is a stream that ticket_waiting_index gives in order of age; within one the rank, as
    // secondline_rules.rank has it, has the same order, so the streams are merged by it. What became eligible in the same business
    // span as the stream's first, which is most, needs no look at the clock. effort_minutes is the index's last column: what has no
    // room is skipped inside it, and where nothing fits (or nothing is too large) two probes of ticket_waiting_effort_index spare
    // the whole walk. Where tickets are routed each has a person, and so a room, of its own: routed_waiting looks at all of them. Those
    // that must wait for their person come last, until that is on record.
    package static let sql: StaticString = """
        with page as materialized (
            select t.ticket_id, g.place, t.effort_minutes, t.eligible_at, t.is_starving, t.client_id, t.declined_by, t.passed_by,
                   t.preferred_id, t.is_held, t.routed_id, t.manager_id,
                   case when k.calendar_id is null then t.eligible_at at time zone 'UTC'
                        when t.eligible_at < s.next_at
                        then s.clock + (least(t.eligible_at, s.ends_at) at time zone 'UTC' - s.starts_at at time zone 'UTC')
                        else secondline_rules.business_clock(k.calendar_id, t.eligible_at) end - head.start as rank
              from unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[])
                   with ordinality g (queue, skill, room, starving, place)
              join secondline.queue q on q.name = g.queue
              left join secondline.calendar k on k.team_id = q.team_id
             cross join lateral (
                   select (select x.effort_minutes from secondline.ticket x
                            where x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                            order by x.effort_minutes limit 1) as smallest,
                          (select x.effort_minutes from secondline.ticket x
                            where x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                            order by x.effort_minutes desc limit 1) as largest offset 0) effort
             cross join lateral (
                   -- while nobody was there nothing was passed over: the bound counts from when that ended (a pause is no such time)
                   select not exists (
                       select from secondline.blocker b
                        where b.queue = g.queue and coalesce(b.skill, '') = g.skill and b.ticket_id is null
                          and b.reason not in ('no_room', 'fair_limit')
                          and coalesce(b.ended_at, 'infinity') > $1::timestamptz - q.starvation_bound
                          and coalesce(b.ended_at, $1::timestamptz) - b.since >= q.starvation_bound) as were_there) people
             cross join unnest(enum_range(null::secondline.priority)) p (priority)
             cross join lateral (
                   select secondline_rules.business_interval(
                              secondline_rules.head_start(q, p.priority), coalesce(k.day_length, interval '1 day')) as start offset 0) head
              left join lateral (
                   select b.starts_at, b.ends_at, b.clock,
                          coalesce((select n.starts_at from secondline.business_span n
                                     where n.calendar_id = k.calendar_id and n.starts_at > b.starts_at
                                     order by n.starts_at limit 1), b.ends_at) as next_at
                     from secondline.business_span b
                    where b.calendar_id = k.calendar_id and b.starts_at <= (
                          select x.eligible_at from secondline.ticket x
                           where x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                             and coalesce(x.priority, 'normal') = p.priority
                           order by x.eligible_at limit 1)
                    order by b.starts_at desc limit 1) s on true
             cross join lateral (
                   (select x.ticket_id, x.effort_minutes, x.eligible_at,
                           people.were_there and x.eligible_at < $1::timestamptz - q.starvation_bound as is_starving,
                           x.client_id, x.declined_by, x.passed_by, x.preferred_id,
                           false as is_held, null::bigint as routed_id, null::bigint as manager_id
                      from secondline.ticket x
                     where q.routing = 'load' and effort.smallest <= g.room
                       and x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                       and coalesce(x.priority, 'normal') = p.priority and x.effort_minutes <= g.room
                       and not exists (select from secondline.ticket_fault f
                                        where f.ticket_id = x.ticket_id and f.retry_at > $1::timestamptz)
                     order by x.eligible_at, x.ticket_id limit $6)
                    union all
                   (select x.ticket_id, x.effort_minutes, x.eligible_at, true, x.client_id, x.declined_by, x.passed_by,
                           x.preferred_id, false, null, null
                      from secondline.ticket x
                     where q.routing = 'load' and effort.largest > g.room and people.were_there
                       and x.status = 'new' and x.queue = g.queue and coalesce(x.skill, '') = g.skill
                       and coalesce(x.priority, 'normal') = p.priority and x.effort_minutes > g.room
                       and x.eligible_at < $1::timestamptz - q.starvation_bound
                       and not exists (select from secondline.ticket_fault f
                                        where f.ticket_id = x.ticket_id and f.retry_at > $1::timestamptz)
                     order by x.eligible_at, x.ticket_id limit g.starving)
                    union all
                   select y.* from secondline_rules.routed_waiting(
                              $1, g.queue, g.skill, p.priority, case when people.were_there then $1::timestamptz - q.starvation_bound end,
                              g.place, $7::bigint[], $8::bigint[], $9::bigint[], g.room, g.starving, $6) y
                    where q.routing <> 'load') t
             order by t.is_held, rank, t.eligible_at, t.ticket_id limit $6
        )
        select p.ticket_id, p.place - 1, p.effort_minutes, p.is_starving, c.last_person_id, p.declined_by, b.reason, p.passed_by,
               p.preferred_id, p.routed_id, p.manager_id
          from page p
          left join secondline.client c on c.client_id = p.client_id
          left join secondline.blocker b on b.ticket_id = p.ticket_id and b.ended_at is null
         order by p.is_held, p.rank, p.eligible_at, p.ticket_id
        """

    package func bind(_ parameters: inout Parameters) {
        parameters.append(at)
        parameters.append(queues)
        parameters.append(skills)
        parameters.append(rooms)
        parameters.append(starving)
        parameters.append(limit)
        parameters.append(takers.map { Int64($0.group) + 1 })
        parameters.append(takers.map(\.person.raw))
        parameters.append(takers.map(\.room))
    }

    package static func decode(_ row: inout RowReader) throws(DatabaseError) -> WaitingTicket {
        let id: TicketID = try row.next()
        let group: Int = try row.next()
        let effort: Minutes = try row.next()
        let isStarving: Bool = try row.next()
        let knownBy: PersonID? = try row.next()
        let declinedBy: [Int64]? = try row.next()
        let code: String? = try row.next()
        let passedBy: [Int64]? = try row.next()
        let preferred: PersonID? = try row.next()
        let routed: PersonID? = try row.next()
        let manager: PersonID? = try row.next()
        return WaitingTicket(
            id: id, group: group, effort: effort, isStarving: isStarving, knownBy: knownBy,
            declinedBy: declinedBy?.map(PersonID.init) ?? [], passedBy: passedBy?.map(PersonID.init) ?? [],
            preferred: preferred, route: routed.map { Route(person: $0, manager: manager ?? $0) },
            blocker: code.flatMap(Obstacle.init))
    }
}
