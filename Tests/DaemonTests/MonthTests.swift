import Daemon
import Policy
import Postgres
import Synchronization
import TestSupport
import Testing

/// Time is an argument: a month passes in seconds, through the functions that people call and the duty that the daemon runs.
@Suite("a month of a team of twelve", .serialized)
struct MonthTests {
    @Test(
        "two zones, a change of clocks, vacations, the late, the forgetful and the sick: each message that is due, once, in order"
    )
    func month() async throws {
        let team = try await Team()
        try await team.live { session in try await team.run(session) }
        try await team.check()
        try await team.close()
    }

    @Test("the same month with two daemons that are killed again and again: the same messages")
    func killed() async throws {
        let team = try await Team()
        let daemons = Mutex<[Session]>([])
        var generator = SeededGenerator(seed: 4)
        var kills = 0
        try await team.live { session in
            while daemons.withLock({ $0.count }) < 2 {
                let daemon = try await team.daemon()
                daemons.withLock { $0.append(daemon) }
            }
            let isKilled = Int.random(in: 0..<4, using: &generator) == 0
            let delay = Duration.microseconds(Int.random(in: 0..<4_000, using: &generator))
            let running = daemons.withLock { $0 }
            await withTaskGroup(of: Void.self) { group in
                for daemon in running { group.addTask { _ = try? await team.run(daemon) } }
                if isKilled {
                    group.addTask {
                        try? await Task.sleep(for: delay)
                        _ = try? await session.simpleQuery(
                            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'daemon' and datname = current_database()"
                        )
                    }
                }
            }
            guard isKilled else { return try await team.run(session) }
            kills += 1
            for daemon in daemons.withLock({ daemons in
                defer { daemons = [] }
                return daemons
            }) { await daemon.close() }
            // whoever starts next does what is left
            let next = try await team.daemon()
            daemons.withLock { $0.append(next) }
            return try await team.run(next)
        }
        #expect(kills > 100)
        try await team.check()
        for daemon in daemons.withLock({ $0 }) { await daemon.close() }
        try await team.close()
    }
}

private final class Team: Sendable {
    private let month = Month()
    private let database: ScratchDatabase
    private let session: Session
    private let people: [Int64]
    private let now = Mutex(Instant(microseconds: 0))
    private let recorded = RecordedLog()

    /// 2026-10-01T00:00Z.
    private static let begin = Timestamp(unixSeconds: 1_790_812_800).microseconds

    init() async throws {
        database = try await ScratchDatabase.migrated()
        session = try await database.session()
        let team = try await session.id("secondline.add_team('Support', 'Europe/Berlin')")
        var people: [Int64] = []
        for person in Month.people {
            let id = try await session.id(
                "secondline.add_person(\(team), '\(person.role)', \(quoteLiteral(person.name)), time_zone => '\(person.zone.name)')"
            )
            people.append(id)
            for weekday in person.weekdays.sorted() {
                for (starts, ends) in person.hours {
                    try await session.script(
                        "select secondline.set_working_hours(\(id), \(weekday), '\(Self.clock(starts))', '\(Self.clock(ends))')"
                    )
                }
            }
        }
        self.people = people
        try await session.script(
            """
            select secondline.add_holiday(\(team), '2026-10-\(Month.holiday)'); select secondline.set_deputy(\(team), \(people[1]));
            select secondline.set_standup(\(team), '{\(Month.standupDays.sorted().map(String.init).joined(separator: ","))}', '10:00');
            select secondline.set_team_contact(\(team), 'chat', '#support');
            -- as if all this had been set up on the first
            delete from secondline.planned_shift; delete from secondline.calendar;
            update secondline.person set changed_at = '2026-09-30';
            select secondline_rules.compile_person('2026-10-01 00:00+00', person_id) from secondline.person;
            select secondline_rules.compile_team('2026-10-01 00:00+00', \(team));
            """)
    }

    private static func clock(_ minutes: Int) -> String {
        "\(minutes / 60 % 24):\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    }

    func daemon() async throws -> Session {
        let daemon = Session(options: database.options("daemon"))
        try await daemon.open()
        try await WorkdayDuty.prepare(daemon)
        return daemon
    }

    /// Runs the duty until nothing is left to do now; returns when it wants to run again.
    @discardableResult
    func run(_ session: Session) async throws -> Duration? {
        let duty = WorkdayDuty(log: recorded.log) { self.now.withLock { $0 } }
        while true {
            let outcome = try await duty.run(session)
            if !outcome.again { return outcome.dueIn }
        }
    }

    /// What people do, and the duty after it, when it is due, and once an hour.
    func live(_ run: (Session) async throws -> Duration?) async throws {
        try await WorkdayDuty.prepare(session)
        let ids = people.map(String.init).joined(separator: ",")
        var acts = month.acts[...]
        var at = 0.0
        while at < Double(32 * 1440) {
            var script = ""
            while let act = acts.first, Double(act.at) <= at {
                script += "at := '\(Month.text(act.at))'; \(act.sql)\n"
                acts.removeFirst()
            }
            if !script.isEmpty {
                try await session.script(
                    """
                    do $$ declare at timestamptz; p bigint[] := '[0:\(people.count - 1)]={\(ids)}'; begin
                    \(script) end $$
                    """)
            }
            now.withLock { $0 = Instant(microseconds: Self.begin + Int64((at * 60_000_000).rounded())) }
            let due = try await run(session)
            var next = at + 60
            if let act = acts.first { next = min(next, Double(act.at)) }
            if let due {
                next = min(next, at + Double(due.components.seconds) / 60 + Double(due.components.attoseconds) / 60e18)
            }
            at = max(next, at + 0.001)
        }
        #expect(acts.isEmpty)
    }

    func check() async throws {
        let rows = try await session.simpleQuery(
            """
            select (extract(epoch from m.created_at - timestamptz '2026-10-01 00:00+00') * 1000 / 60)::bigint, m.kind,
                   array_position('{\(people.map(String.init).joined(separator: ","))}'::bigint[], m.person_id) - 1
              from (select created_at, kind, person_id, channel from secondline.message
                    union all
                    -- an older reminder makes way for a newer one
                    select created_at, kind, person_id, channel from secondline.message_history) m
             order by m.created_at, m.kind, 3 nulls first
            """)
        let sent = rows.map { Month.Message(at: Int($0[0]!)! / 1000, kind: $0[1]!, to: $0[2].flatMap(Int.init)) }
        #expect(rows.allSatisfy { Int($0[0]!)! % 1000 == 0 }, "a message is not at a full minute")
        let difference = sent.difference(from: month.messages)
        #expect(
            difference.isEmpty,
            "\(difference.count): \(difference.prefix(12).map { "\($0)" }.joined(separator: "\n"))")
        #expect(sent.count > 500)
        let late = try await session.simpleQuery(
            "select person_id, extract(day from day), late_minutes from secondline.day_report where late_minutes > 0 order by 1, 2"
        )
        #expect(late == month.lateDays.map { ["\(people[$0.person])", "\($0.day)", "\($0.minutes)"] })
        #expect(
            try await session.simpleQuery(
                "select distinct person_id from secondline.day_report where systematically_late and day = '2026-10-30'")
                == [["\(people[5])"]])
        #expect(
            try await session.simpleQuery(
                "select presence, count(*) from secondline.day_report where day < '2026-11-01' and presence <> 'ended' group by 1 order by 1"
            )
                == [["absent", "14"], ["excused", "2"], ["no_show", "1"]])
    }

    func close() async throws {
        await session.close()
        try await database.drop()
    }
}
