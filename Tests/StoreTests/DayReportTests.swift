import Postgres
import TestSupport
import Testing

/// What the columns of `secondline.day_report` say, for one person whose days of forty days ago are made through the rules.
@Suite("The day report", .ownDatabase, .serialized)
struct DayReportTests {
    /// `{p}` is the person, `{d}` the day, `at(n, time)` an instant so many days later on the person's clock.
    private struct Somebody {
        let person: Int64
        let day: String

        init(from starts: String? = "09:00", to ends: String = "18:00", onlyThatDay: Bool = false) async throws {
            let team = try await db.id("secondline.add_team('team ' || gen_random_uuid(), 'Europe/Berlin')")
            person = try await db.id("secondline.add_person(\(team), 'specialist', 'Anna')")
            day = try await db.value("select current_date - 40") ?? ""
            guard let starts else { return }
            let days = onlyThatDay ? "extract(isodow from date '\(day)')::integer" : "n"
            try await db.script(
                """
                select secondline.set_working_hours(\(person), \(days), '\(starts)', '\(ends)')
                  from generate_series(1, \(onlyThatDay ? 1 : 7)) n;
                delete from secondline.calendar where person_id = \(person);
                delete from secondline.planned_shift where person_id = \(person);
                select secondline_rules.compile_person((date '\(day)' - 5)::timestamptz, \(person));
                """)
        }

        func run(_ sql: String) async throws {
            try await db.script(
                """
                create or replace function pg_temp.at(d integer, t time) returns timestamptz language sql
                return (date '\(day)' + d + t) at time zone 'Europe/Berlin';
                \(sql.replacing("{p}", with: "\(person)").replacing("{d}", with: "date '\(day)'").replacing("at(", with: "pg_temp.at("))
                """)
        }

        /// Of the days from so many before to so many after: how far it is away, and the columns.
        func days(_ columns: String, from first: Int = 0, to last: Int = 0) async throws -> [String] {
            try await db.lines(
                """
                select r.day - date '\(day)', \(columns) from secondline.day_report r
                 where r.person_id = \(person) and r.day between date '\(day)' + \(first) and date '\(day)' + \(last) order by r.day
                """)
        }

        func absent(_ kind: String, _ from: String, _ to: String) async throws {
            try await run("select secondline_rules.record_absence(now(), {p}, '\(kind)', null, null, \(from), \(to))")
        }
    }

    @Test("an absence by the hour stands beside what the day was, and whoever comes after it is not late")
    func hours() async throws {
        let anna = try await Somebody()
        try await anna.absent("training", "at(0, '09:00')", "at(0, '11:00')")
        try await anna.absent("training", "at(1, '13:00')", "at(1, '14:00')")
        try await anna.run("select secondline_rules.start_workday(at(0, '11:03'), {p})")
        #expect(
            try await anna.days("presence, absence_kind, late_minutes", from: -1, to: 1) == [
                "-1|no_show|-|-", "0|working|training|0", "1|no_show|training|-",
            ])
    }

    @Test("hours that leave nothing of a shift are a day away; who comes all the same is not late")
    func allHours() async throws {
        let anna = try await Somebody()
        try await anna.absent("training", "at(0, '08:00')", "at(1, '18:00')")
        try await anna.run("select secondline_rules.start_workday(at(1, '14:00'), {p})")
        #expect(
            try await anna.days("presence, absence_kind, late_minutes, systematically_late", from: 0, to: 2) == [
                "0|absent|training|-|f", "1|working|training|0|f", "2|no_show|-|-|f",
            ])
    }

    @Test(
        "hours after midnight belong to the night that they are of",
        arguments: [("02:00", "04:00"), ("04:00", "06:00")])
    func night(_ from: String, _ to: String) async throws {
        let anna = try await Somebody(from: "22:00", to: "06:00", onlyThatDay: true)
        try await anna.absent("sick", "at(1, '\(from)')", "at(1, '\(to)')")
        #expect(try await anna.days("presence, absence_kind", from: -2, to: 2) == ["0|no_show|sick"])
        try await anna.run("select secondline_rules.start_workday(at(0, '22:09'), {p})")
        #expect(try await anna.days("presence, absence_kind, late_minutes", from: -2, to: 2) == ["0|working|sick|9"])
    }

    @Test("a day off is absent from first to last, a cancelled one is not")
    func daysOff() async throws {
        let anna = try await Somebody()
        try await anna.run(
            """
            select secondline_rules.record_absence(now(), {p}, 'vacation', {d}, {d} + 1, null, null);
            select secondline_rules.record_absence(now(), {p}, 'sick', {d} + 2, {d} + 2, null, null);
            update secondline.absence set cancelled_at = now() where person_id = {p} and kind = 'sick';
            """)
        #expect(
            try await anna.days("presence, absence_kind", to: 2) == [
                "0|absent|vacation", "1|absent|vacation", "2|no_show|-",
            ])
    }

    @Test("nobody is late within the grace, nor where no shift is planned")
    func late() async throws {
        let anna = try await Somebody()
        try await anna.run("select secondline_rules.start_workday(at(0, '09:05'), {p})")
        try await anna.run("select secondline_rules.start_workday(at(1, '09:05:01'), {p})")
        #expect(try await anna.days("presence, late_minutes", to: 1) == ["0|overdue|0", "1|working|5"])
        let boris = try await Somebody(from: nil)
        try await boris.run("select secondline_rules.start_workday(at(0, '11:00'), {p})")
        #expect(try await boris.days("presence, late_minutes", from: -1, to: 1) == ["0|working|-"])
    }

    @Test("so many late days of the last so many are systematic, as of the day")
    func systematic() async throws {
        let anna = try await Somebody()
        try await db.script(
            "update secondline.team set late_days = 2, late_window = 3 where team_id = (select max(team_id) from secondline.team)"
        )
        for (day, time) in ["09:30", "09:00", "09:30", "09:00", "09:00"].enumerated() {
            try await anna.run("select secondline_rules.start_workday(at(\(day), '\(time)'), {p})")
        }
        #expect(
            try await anna.days("systematically_late", from: -1, to: 5)
                == ["-1|f", "0|f", "1|f", "2|t", "3|f", "4|f", "5|f"])
    }

    @Test("of people who left the days until then are kept")
    func left() async throws {
        let anna = try await Somebody()
        try await anna.run("update secondline.person set deactivated_at = at(0, '12:00') where person_id = {p}")
        #expect(try await anna.days("presence", from: -2, to: 3) == ["-2|no_show", "-1|no_show"])
    }

    @Test("tasks are told with outcome and minutes, dropped ones too; tickets are counted, but not those")
    func tasks() async throws {
        let anna = try await Somebody()
        let client = try await db.id("secondline.add_client('client', \(anna.person))")
        try await db.script("select secondline.add_queue('tasks')")
        for title in ["one", "two", "three"] {
            try await anna.run(
                "select secondline.submit_ticket('tasks', '\(title)', 'text', 'high', 'bug', \(client), {p})")
        }
        try await anna.run(
            """
            select secondline_rules.start_workday(at(0, '09:00'), {p});
            select secondline_rules.add_task(at(0, '09:01'), {p}, t.title, t.ticket_id, null)
              from secondline.ticket t where t.queue = 'tasks' order by t.ticket_id;
            select secondline_rules.submit_plan(at(0, '09:02'), {p}, array['read', 'gone']);
            select secondline_rules.drop_task(at(0, '09:03'), k.task_id, 'no') from secondline.task k where k.title = 'gone';
            select secondline_rules.report_task(at(0, '12:00'), k.task_id, 'partly_done', 30, null)
              from secondline.task k where k.title = 'one';
            select secondline_rules.report_task(at(0, '12:00'), k.task_id, 'not_done', 15, null)
              from secondline.task k where k.title = 'two';
            select secondline_rules.report_task(at(0, '12:00'), k.task_id, 'done', null, null)
              from secondline.task k where k.title = 'three';
            """)
        #expect(
            try await anna.days("tasks, spent_minutes, tickets_handled, minutes_per_ticket") == [
                "0|one: partly done, 30 min; two: not done, 15 min; three: done; read: no outcome; gone: dropped|45|2|23"
            ])
    }

    @Test("a month of sixty people walks back through the days of each, not of all")
    func plan() async throws {
        let anna = try await Somebody()
        try await db.script(
            """
            set session_replication_role = replica;
            insert into secondline.person (team_id, role, full_name, time_zone, capacity_minutes, load_minutes)
            select p.team_id, 'specialist', 'Many ' || n, 'UTC', 1, 0
              from secondline.person p, generate_series(1, 60) n where p.person_id = \(anna.person);
            insert into secondline.planned_shift (person_id, day, starts_at, ends_at)
            select p.person_id, d, d + time '09:00', d + time '18:00'
              from generate_series(1, 500) n cross join lateral (select current_date - n as d) x
              join secondline.person p on p.full_name like 'Many %' order by d;
            insert into secondline.workday (person_id, day, state, started_at, ended_at, shift_starts_at, shift_ends_at)
            select s.person_id, s.day, 'ended', s.starts_at, s.ends_at, s.starts_at, s.ends_at
              from secondline.planned_shift s join secondline.person p on p.person_id = s.person_id
             where p.full_name like 'Many %' order by s.day;
            reset session_replication_role;
            analyze secondline.person, secondline.workday, secondline.planned_shift;
            """)
        let plan = try await db.lines(
            "explain select * from secondline.day_report r where r.day between current_date - 30 and current_date")
        #expect(plan.contains { $0.contains("workday_one_per_day on workday y") }, "\(plan.joined(separator: "\n"))")
        #expect(plan.contains { $0.contains("planned_shift_day_index") })
        #expect(!plan.contains { $0.contains("Seq Scan on workday") || $0.contains("Seq Scan on planned_shift") })
        // compiling it would take longer than doing it
        #expect(!plan.contains { $0.contains("JIT") })
    }
}
