import Postgres
import Store
import TestSupport
import Testing

/// The statements that the daemon repeats all day, beside 200,000 tickets that nobody can take and 50,000 that have ended.
@Suite(.serialized, .ownDatabase) struct PlanTests {
    /// A polling statement with values as SQL.
    struct Poll: Sendable, CustomTestStringConvertible {
        let statement: any Statement.Type
        let values: String
        /// At most so many pages are read; ticket_waiting_index has some 2,000, the table more.
        let pages: Int

        var testDescription: String { statement.name }

        static let open = "array['open']"
        static let all = [
            Poll(statement: Look.self, values: "now(), 500", pages: 700),
            // 200,000 tickets of 75 minutes and nobody with more than 15 left: the usual state of a busy department
            Poll(
                statement: WaitingTickets.self,
                values: "now(), array['blocked'], array['unheard of'], array[15], array[0], 32, '{}', '{}', '{}'",
                pages: 60),
            // and nothing too large, which is looked for as well
            Poll(
                statement: WaitingTickets.self,
                values: "now(), array['blocked'], array['unheard of'], array[80], array[50], 32, '{}', '{}', '{}'",
                pages: 900),
            Poll(
                statement: WaitingTickets.self,
                values: "now(), \(open), array[''], array[100000], array[50], 500, '{}', '{}', '{}'",
                pages: 900),
            Poll(
                statement: WaitingTickets.self,
                values: "now(), \(open), array[''], array[15], array[50], 32, '{}', '{}', '{}'",
                pages: 900),
            Poll(
                statement: WaitingTickets.self,
                values:
                    "now(), array['open', 'blocked'], array['', 'unheard of'], array[100000, 100000], array[50, 0], 32, '{}', '{}', '{}'",
                pages: 900),
            Poll(statement: IdleSpecialists.self, values: "now(), 60", pages: 6000),
        ]
    }

    private func fill() async throws {
        guard try await db.value("select count(*) from secondline.team") == "0" else { return }
        try await db.script(
            """
            select secondline.add_team('team', 'UTC'), secondline.add_queue('open'),
                   secondline.add_queue('blocked', 2, 75, 'unheard of');
            select secondline.add_person(1, 'specialist', 'person ' || n) from generate_series(1, 60) n;
            select secondline.add_member('open', n), secondline.add_member('blocked', n), secondline.start_workday(n)
              from generate_series(1, 60) n;
            -- the triggers' work is not what this is about
            set session_replication_role = replica;
            insert into secondline.ticket (queue, skill, status, priority, effort_minutes, submitted_at, eligible_at, changed_at,
                                           ended_at, attend_at, title)
            select v.queue, v.skill, v.status::secondline.ticket_status, (enum_range(null::secondline.priority))[1 + n % 5], 75,
                   at, at, at, case when v.status = 'resolved' then at end,
                   case when v.status <> 'resolved' then now() + interval '1 day' end, 'title'
              from (values ('blocked', 'unheard of', 'new', 200000), ('open', null, 'new', 2000), ('open', null, 'resolved', 50000))
                   v (queue, skill, status, count)
             cross join generate_series(1, v.count) n
             cross join lateral (select now() - interval '5 hours' + n * interval '50 ms' as at) t;
            update secondline.person set changed_at = now() - interval '1 hour';
            update secondline.queue set changed_at = now() - interval '1 hour';
            reset session_replication_role;
            """, timeout: .seconds(120))
        try await db.script("vacuum analyze", timeout: .seconds(120))
    }

    /// The lines of a plan that scan all tickets.
    private func scans(_ plan: [String]) -> [String] {
        plan.filter { $0.contains(/(Seq|Bitmap Heap) Scan on ticket( |$)/) }
    }

    @Test(
        "a polling statement reads tickets by the indexes made for it, and few of them", arguments: Poll.all,
        ["force_generic_plan", "force_custom_plan"])
    func polling(_ poll: Poll, mode: String) async throws {
        try await fill()
        try await withSession { session in
            try await session.script("set plan_cache_mode = \(mode); prepare poll as \(poll.statement.sql)")
            let plan = try await session.lines("explain (analyze, buffers, timing off) execute poll(\(poll.values))")
            let text = plan.joined(separator: "\n")
            #expect(scans(plan) == [], "\(text)")
            if poll.statement != IdleSpecialists.self {
                #expect(text.contains(/using ticket_waiting(_effort)?_index/), "\(text)")
            }
            let pages = plan.lazy.compactMap { $0.firstMatch(of: /Buffers: shared hit=(\d+)(?: read=(\d+))?/) }.first
                .map { (Int($0.1) ?? 0) + ($0.2.flatMap { Int($0) } ?? 0) }
            #expect(pages ?? .max <= poll.pages, "\(text)")
        }
    }

    @Test(
        "the audit's statement reads tickets by ticket_waiting_index",
        arguments: ["force_generic_plan", "force_custom_plan"])
    func audit(mode: String) async throws {
        try await fill()
        // its owner's rights keep it a black box: its body is explained by itself
        let body = try #require(
            try await db.value(
                "select pg_get_function_sqlbody('secondline_rules.idle_specialist(timestamptz, interval)'::regprocedure)"
            ))
        let query = body.replacing("BEGIN ATOMIC", with: "").replacing(/;\s*END\s*$/, with: "")
            .replacing("idle_specialist.", with: "").replacing(/\bp_at\b/, with: "$1").replacing(
                /\bp_patience\b/, with: "$2")
        try await withSession { session in
            try await session.script("set plan_cache_mode = \(mode); prepare audit (timestamptz, interval) as \(query)")
            let plan = try await session.lines("explain execute audit(now(), '1 minute')")
            #expect(scans(plan) == [], "\(plan.joined(separator: "\n"))")
            #expect(plan.contains { $0.contains("using ticket_waiting_index") })
        }
    }

    @Test("what writes in a cycle reads no table of tickets from end to end")
    func writing() async throws {
        try await fill()
        try await withSession { session in
            let counted = """
                select relname, seq_scan from pg_stat_xact_user_tables
                 where relname in ('ticket', 'assignment', 'decision', 'journal') and seq_scan > 0
                """
            let scanned = try await session.transaction { (db) throws(DatabaseError) in
                try db.script("set local plan_cache_mode = force_generic_plan")
                for _ in 0..<2 {
                    _ = try db.simpleQuery(
                        """
                        select count(*) from (
                            select array_agg(ticket_id) as tickets, array_agg(1 + ticket_id % 60) as people, count(*)::integer as n
                              from (select ticket_id from secondline.ticket where status = 'new' and queue = 'open'
                                       and coalesce(skill, '') = '' and coalesce(priority, 'normal') = 'normal'
                                     order by eligible_at limit 50) t) b
                         cross join lateral secondline_rules.assign(
                               now(), b.tickets, b.people, array_fill('least_loaded'::text, array[n]),
                               array_fill('{}'::jsonb, array[n]), array_fill(0, array[n]), array_fill(0, array[n]))
                        """)
                }
                _ = try db.simpleQuery(
                    """
                    select secondline_rules.record_blockers(now(), array['blocked'], array['unheard of'], array['lacks_skill'],
                                                            array[(select max(ticket_id) from secondline.ticket)], array['no_room'])
                    """)
                return try db.simpleQuery(counted)
            }
            #expect(scanned.map { $0.compactMap { $0 } } == [])
            #expect(
                try await session.value("select count(*) > 0 from secondline.assignment") == "t", "nothing was assigned"
            )
        }
    }

    @Test("nothing about escalations and suggestions reads all tickets")
    func escalations() async throws {
        try await fill()
        try await db.script(
            """
            select secondline.add_queue('developers', 3), secondline.set_escalation('open', 'developers', slow_factor => 3);
            select secondline.add_member('developers', secondline.add_person(1, 'developer', 'Dora'));
            select secondline.add_member('open', secondline.add_person(1, 'specialist', 'Otto'));
            select secondline.start_workday(person_id) from secondline.person where full_name in ('Dora', 'Otto');
            """)
        let developer = try await db.id("person_id from secondline.person where full_name = 'Dora'")
        let owner = try await db.id("person_id from secondline.person where full_name = 'Otto'")
        let tickets = try await db.lines(
            "select ticket_id from secondline.ticket where status = 'new' and queue = 'open' order by 1 desc limit 2"
        ).map { Int64($0)! }
        #expect(try await db.assign(tickets.map { ($0, owner) }) == tickets)
        try await withSession { session in
            let scanned = try await session.transaction { (db) throws(DatabaseError) in
                try db.script(
                    """
                    set local plan_cache_mode = force_generic_plan;
                    select secondline.escalate_ticket(\(tickets[0]), \(owner), 'bug', 'low', 'x');
                    select secondline.link_ticket(\(tickets[1]), 1);
                    """)
                _ = try db.simpleQuery(
                    """
                    select secondline_rules.assign(
                        clock_timestamp(), array[developer_ticket_id], array[\(developer)], array['least_loaded'],
                        array['{}'::jsonb], array[0], array[0]) from secondline.escalation
                    """)
                try db.script(
                    """
                    select secondline.note_progress(1, \(developer), 'x'), secondline.finish_escalation(1, \(developer), 'fixed', 'x');
                    select secondline.send_back(1, \(owner), 'x'), secondline.cancel_ticket(developer_ticket_id, \(owner), 'x')
                      from secondline.escalation;
                    select secondline_rules.attend_escalations(clock_timestamp(), array[\(tickets[0]), \(tickets[1])]);
                    select secondline_rules.undecided_suggestion(clock_timestamp(), 1);
                    select count(*) from secondline.my_escalations;
                    """)
                return try db.simpleQuery(
                    "select seq_scan from pg_stat_xact_user_tables where relname = 'ticket' and seq_scan > 0")
            }
            #expect(scanned.map { $0.compactMap { $0 } } == [])
            #expect(try await session.value("select usual_at is not null from secondline.escalation_rule") == "t")
        }
    }
}
