import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct ShiftTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        var zone = "Europe/Berlin"
        /// weekday, starts, ends
        let hours: [String]
        /// Functions called with the person as `{person}` and the team as `{team}`.
        var calls: [String] = []
        let day: String
        let shift: String

        var testDescription: String { title }

        static let monday = "2026-06-01"
        static let all = [
            Case(title: "no working hours plan nothing", hours: [], day: monday, shift: "{}"),
            Case(
                title: "a day without hours of its own plans nothing", hours: ["2, '09:00', '17:00'"], day: monday,
                shift: "{}"),
            Case(
                title: "hours are in the person's zone", hours: ["1, '09:00', '17:00'"], day: monday,
                shift: "{[07:00,15:00)}"),
            Case(
                title: "several spans a day stay apart", hours: ["1, '09:00', '12:00'", "1, '13:00', '17:00'"],
                day: monday,
                shift: "{[07:00,10:00),[11:00,15:00)}"),
            Case(
                title: "spans that touch are one", hours: ["1, '09:00', '12:00'", "1, '12:00', '17:00'"], day: monday,
                shift: "{[07:00,15:00)}"),
            Case(
                title: "a night belongs to the day on which it begins", hours: ["1, '22:00', '06:00'"], day: monday,
                shift: "{[20:00,+1 04:00)}"),
            Case(title: "and not to the next", hours: ["1, '22:00', '06:00'"], day: "2026-06-02", shift: "{}"),
            Case(
                title: "Sunday night lasts into Monday", hours: ["7, '22:00', '06:00'"], day: "2026-06-07",
                shift: "{[20:00,+1 04:00)}"),
            Case(
                title: "until midnight", hours: ["1, '16:00', '24:00'"], day: monday, shift: "{[14:00,22:00)}"),
            Case(
                title: "a whole day", zone: "UTC", hours: ["1, '00:00', '24:00'"], day: monday,
                shift: "{[00:00,+1 00:00)}"),
            // 2026-03-29, a Sunday: 02:00 to 03:00 does not exist in Berlin
            Case(
                title: "a shift over the gap is an hour shorter", hours: ["7, '00:00', '08:00'"], day: "2026-03-29",
                shift: "{[-1 23:00,06:00)}"),
            Case(
                title: "a night into the gap is an hour shorter", hours: ["6, '22:00', '06:00'"], day: "2026-03-28",
                shift: "{[21:00,+1 04:00)}"),
            Case(
                title: "a shift inside the gap is moved behind it", hours: ["7, '02:00', '02:30'"], day: "2026-03-29",
                shift: "{[01:00,01:30)}"),
            Case(
                title: "a shift that the gap turns round is nothing", hours: ["7, '02:30', '03:15'"], day: "2026-03-29",
                shift: "{}"),
            Case(
                title: "spans that meet in the gap still meet", hours: ["7, '00:00', '02:00'", "7, '02:00', '05:00'"],
                day: "2026-03-29", shift: "{[-1 23:00,03:00)}"),
            // 2026-10-25, a Sunday: 02:00 to 03:00 comes twice in Berlin
            Case(
                title: "a shift over the overlap is an hour longer", hours: ["7, '00:00', '08:00'"], day: "2026-10-25",
                shift: "{[-1 22:00,07:00)}"),
            Case(
                title: "a night into the overlap is an hour longer", hours: ["6, '22:00', '06:00'"], day: "2026-10-24",
                shift: "{[20:00,+1 05:00)}"),
            Case(
                title: "a time that comes twice is the second", hours: ["7, '02:00', '03:00'"], day: "2026-10-25",
                shift: "{[01:00,02:00)}"),
            Case(
                title: "spans that meet in the overlap still meet",
                hours: ["7, '00:00', '02:30'", "7, '02:30', '05:00'"],
                day: "2026-10-25", shift: "{[-1 22:00,04:00)}"),
            Case(
                title: "a holiday of the team plans nothing", hours: ["1, '09:00', '17:00'"],
                calls: ["add_holiday({team}, '2026-06-01')"], day: monday, shift: "{}"),
            Case(
                title: "another day's holiday changes nothing", hours: ["1, '09:00', '17:00'"],
                calls: ["add_holiday({team}, '2026-06-02')"], day: monday, shift: "{[07:00,15:00)}"),
            Case(
                title: "whole days of absence plan nothing, the first", hours: ["1, '09:00', '17:00'"],
                calls: ["record_absence({person}, 'vacation', '2026-06-01', '2026-06-05')"], day: monday, shift: "{}"),
            Case(
                title: "and the last", hours: ["1, '09:00', '17:00'"],
                calls: ["record_absence({person}, 'vacation', '2026-05-25', '2026-06-01')"], day: monday, shift: "{}"),
            Case(
                title: "a night before a day off is worked to its end", hours: ["1, '22:00', '06:00'"],
                calls: ["record_absence({person}, 'vacation', '2026-06-02', '2026-06-05')"], day: monday,
                shift: "{[20:00,+1 04:00)}"),
            Case(
                title: "hours of absence are cut out", hours: ["1, '09:00', '17:00'"],
                calls: ["record_absence_hours({person}, 'sick', '2026-06-01 12:00+02', '2026-06-01 13:00+02')"],
                day: monday, shift: "{[07:00,10:00),[11:00,15:00)}"),
            Case(
                title: "hours of absence over the end", hours: ["1, '09:00', '17:00'"],
                calls: ["record_absence_hours({person}, 'sick', '2026-06-01 15:00+02', '2026-06-03 13:00+02')"],
                day: monday, shift: "{[07:00,13:00)}"),
            Case(
                title: "a cancelled absence changes nothing", hours: ["1, '09:00', '17:00'"],
                calls: ["cancel_absence(secondline.record_absence({person}, 'vacation', '2026-06-01', '2026-06-05'))"],
                day: monday, shift: "{[07:00,15:00)}"),
        ]
    }

    @Test("a shift is the working hours that begin on the day, less holidays and absences", arguments: Case.all)
    func shift(_ one: Case) async throws {
        let here = try await Department(in: db, specialists: 1, zone: one.zone, atWork: false)
        let person = here.specialists[0]
        for span in one.hours { try await db.script("select secondline.set_working_hours(\(person), \(span))") }
        for call in one.calls {
            let call = call.replacing("{person}", with: "\(person)").replacing("{team}", with: "\(here.team)")
            try await db.script("select secondline.\(call)")
        }
        // in UTC, with the day only where it is another one
        let clock = { (instant: String) in
            """
            case (\(instant) at time zone 'UTC')::date - d when 1 then '+1 ' when -1 then '-1 ' else '' end \
            || to_char(\(instant) at time zone 'UTC', 'HH24:MI')
            """
        }
        let found = try await db.value(
            """
            select '{' || coalesce(string_agg(format('[%s,%s)', \(clock("lower(r)")), \(clock("upper(r)"))), ',' order by r), '') || '}'
              from (values (date '\(one.day)')) v (d) cross join lateral unnest(secondline.shift(\(person), d)) r
            """)
        #expect(found == one.shift)
    }

    @Test("nobody has no shift, not even an empty one")
    func nobody() async throws {
        #expect(try await db.value("select secondline.shift(-1, '2026-06-01') is null") == "t")
    }

    @Test(
        "a workday counts for the day on which its shift begins",
        arguments: [
            ("22:00", "06:00", "2026-06-01 21:50", "2026-06-01"), ("22:00", "06:00", "2026-06-02 00:30", "2026-06-01"),
            ("22:00", "06:00", "2026-06-02 05:59", "2026-06-01"), ("22:00", "06:00", "2026-06-02 06:00", "2026-06-02"),
            ("09:00", "17:00", "2026-06-01 23:59", "2026-06-01"), ("09:00", "17:00", "2026-06-02 00:00", "2026-06-02"),
        ])
    func workdayAfterMidnight(starts: String, ends: String, now: String, day: String) async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let person = here.specialists[0]
        try await db.script("select secondline.set_working_hours(\(person), 1, '\(starts)', '\(ends)')")
        try await db.script(
            "select secondline_rules.start_workday('\(now)'::timestamp at time zone 'Europe/Berlin', \(person))")
        #expect(try await db.value("select day from secondline.workday where person_id = \(person)") == day)
    }
}
