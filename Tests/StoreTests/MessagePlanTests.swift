import Postgres
import TestSupport
import Testing

/// What the delivery repeats all day, beside 200,000 messages that it need not look at.
@Suite(.serialized, .ownDatabase) struct MessagePlanTests {
    /// A statement, and how many pages it may read; the table has some 10,000, message_due_index over 1,000.
    struct Poll: Sendable, CustomTestStringConvertible {
        let what: String
        let sql: String
        let pages: Int

        var testDescription: String { what }

        static let all = [
            Poll(
                what: "a claim",
                sql: "secondline_rules.claim_messages(now(), 'one', 'chat', 20, '1 min', \(floor), null, null)",
                pages: 600),
            Poll(
                what: "a claim within a rate",
                sql: "secondline_rules.claim_messages(now(), 'one', 'chat', 20, '1 min', \(floor), 10, '1 s')",
                pages: 600),
            Poll(
                what: "a claim where nothing is due",
                sql: "secondline_rules.claim_messages(now(), 'one', 'later', 20, '1 min', \(floor), null, null)",
                pages: 40),
            Poll(
                what: "a claim where all was set aside",
                sql: "secondline_rules.claim_messages(now(), 'one', 'broken', 20, '1 min', '-infinity', null, null)",
                pages: 40),
            Poll(what: "popups", sql: "secondline_rules.attend_popups(now(), 100)", pages: 40),
            Poll(what: "somebody's inbox", sql: "secondline.inbox where person_id = 7", pages: 1200),
            Poll(
                what: "the acknowledgement of a delivery",
                sql: """
                    secondline_rules.finish_deliveries(now(), 'one', 'chat', array[{message}],
                        array[1], '{sent}', '{ok}', '{f}', '{0.1}', '{1}')
                    """, pages: 60),
            Poll(
                what: "a renewal",
                sql: """
                    secondline_rules.renew_leases(now(), array[{message}], array[1], '1 min')
                    """, pages: 20),
            Poll(
                what: "a known key",
                sql: """
                    secondline_rules.send(now(), 'note', 8, null, null, '{"text": "text"}', null, 'key 7')
                    """, pages: 100),
        ]

        private static let floor = "now() - interval '10 minutes'"
    }

    private func fill() async throws {
        guard try await db.value("select count(*) from secondline.team") == "0" else { return }
        try await db.script(
            """
            select secondline.add_team('team', 'UTC');
            select secondline.add_person(1, 'specialist', 'person ' || n), secondline.start_workday(n) from generate_series(1, 100) n;
            insert into secondline.channel (name) values ('chat'), ('later'), ('broken');
            insert into secondline.contact (channel, person_id, from_severity, address)
            select 'later', n, 'critical', 'address' from generate_series(1, 100) n;
            set session_replication_role = replica;
            insert into secondline.message (channel, state, severity, kind, person_id, created_at, send_at, attend_at, dedup_key, data)
            select v.channel, v.state::secondline.message_state, 'normal', 'note', 1 + n % 100, now() - interval '2 hours',
                   case v.send_at when 'never' then 'infinity' else now() + v.send_at::interval + n * interval '1 ms' end,
                   case when v.attend_at then now() + interval '1 hour' end, case when v.attend_at then 'key ' || n end,
                   '{"text": "text"}'
              from (values ('chat', 'ready', '-1 hour', 50000, false), ('chat', 'ready', '-5 min', 2000, false),
                           ('chat', 'set_aside', 'never', 50000, false), ('broken', 'set_aside', 'never', 40000, false),
                           ('later', 'ready', '1 hour', 40000, false), ('chat', 'ready', '1 hour', 20000, false),
                           ('popup', 'sent', '-30 min', 5000, true)) v (channel, state, send_at, count, attend_at)
             cross join generate_series(1, v.count) n;
            insert into secondline.message_history (message_id, ended_at, state, channel, severity, kind, person_id, created_at,
                                                    attempt, dedup_key, idempotency_key, data)
            select -n, now() - interval '1 hour', 'sent', 'chat', 'normal', 'note', 1, now() - interval '2 hours', 1,
                   'old key ' || n, gen_random_uuid(), '{"text": "text"}' from generate_series(1, 50000) n;
            reset session_replication_role;
            """, timeout: .seconds(120))
        try await db.script("vacuum analyze", timeout: .seconds(120))
        // delivered since, and no vacuum yet: their entries in the index are dead
        try await db.script(
            "delete from secondline.message where channel = 'chat' and send_at < now() - interval '30 minutes'")
    }

    @Test(
        "what the delivery repeats reads messages by the indexes made for it, and few of them", arguments: Poll.all)
    func polling(_ poll: Poll) async throws {
        try await fill()
        try await withSession { session in
            let message = try await session.value(
                "select min(message_id) from secondline.message where channel = 'chat' and send_at < now()")
            let sql = poll.sql.replacing("{message}", with: message ?? "")
            let (plan, scanned) = try await session.transaction { (db) throws(DatabaseError) in
                // the first of a session reads the catalogue too
                try db.script("select * from \(sql)")
                let plan = try db.simpleQuery("explain (analyze, buffers, timing off) select * from \(sql)")
                let scanned = try db.simpleQuery(
                    """
                    select relname, seq_scan, idx_scan from pg_stat_xact_user_tables
                     where relname in ('message', 'message_history', 'message_attempt') and seq_scan > 0
                    """)
                return (plan.compactMap { $0[0] }, scanned)
            }
            let text = plan.joined(separator: "\n")
            #expect(scanned == [], "\(text)")
            let pages = plan.lazy.compactMap { $0.firstMatch(of: /Buffers: shared hit=(\d+)(?: read=(\d+))?/) }.first
                .map { (Int($0.1) ?? 0) + ($0.2.flatMap { Int($0) } ?? 0) }
            #expect(pages ?? .max <= poll.pages, "\(text)")
        }
    }
}
