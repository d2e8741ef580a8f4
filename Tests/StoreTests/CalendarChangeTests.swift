import Postgres
import TestSupport
import Testing

/// What people do to calendars, through the public functions.
@Suite(.serialized, .ownDatabase) struct CalendarChangeTests {
    /// As if it had been set up long ago: what is past stays from now on.
    private static let setUpLongAgo = "update secondline.calendar set since_day = from_day"

    @Test("after any changes through the functions the calendars are as if compiled from nothing, from today on")
    func throughTheFunctions() async throws {
        // put the seed of a failed run here to repeat it
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let here = try await Department(in: db, specialists: 3, atWork: false)
        let people = here.specialists
        let elsewhere = try await db.id("secondline.add_team('elsewhere \(here.team)', 'Asia/Kolkata')")
        try await db.script(
            """
            select secondline.set_working_hours(p, d, '09:00', '17:00') from unnest(array\(people)::bigint[]) p, generate_series(1, 5) d;
            \(Self.setUpLongAgo)
            """)
        let today = "current_date"
        for step in 0..<40 {
            let person = random.pick(people)
            let day = "\(today) + \(Int.random(in: -20...20, using: &random))"
            let change = random.pick([
                "select secondline.clear_working_hours(\(person))",
                "select secondline.set_working_hours(\(person), \(Int.random(in: 1...7, using: &random)), '09:00', '\(random.pick(["12:00", "06:00", "24:00"]))')",
                "select secondline.add_holiday(\(here.team), \(day))",
                "select secondline.remove_holiday(team_id, on_date) from secondline.holiday where team_id = \(here.team) and on_date <> \(day)",
                "select secondline.record_absence(\(person), 'vacation', \(day), \(day))",
                "select secondline.record_absence_hours(\(person), 'vacation', \(day) + time '10:00', \(day) + time '11:00:00.000001')",
                "select secondline.cancel_absence(max(absence_id)) from secondline.absence where cancelled_at is null having count(*) > 0",
                "select secondline.change_person(\(person), time_zone => '\(random.pick(["UTC", "Asia/Kolkata", "America/New_York"]))')",
                "select secondline.change_person(\(person), team => \(random.pick([here.team, elsewhere])))",
                "select secondline.change_team(\(here.team), time_zone => '\(random.pick(["UTC", "Asia/Kolkata"]))')",
                "update secondline.person set deactivated_at = case when deactivated_at is null then now() end where person_id = \(person)",
                "update secondline.working_hours set person_id = \(random.pick(people)) where (person_id, weekday) = (\(person), 3)",
            ])
            do throws(DatabaseError) {
                try await db.script(change)
            } catch {
                // overlaps
                #expect(["23P01", "23505"].contains(error.sqlState), "seed \(seed), step \(step), \(change): \(error)")
                continue
            }
            // whoever left is compiled when they come back
            let isHere =
                "(c.person_id is null or exists (select from secondline.person p where p.person_id = c.person_id and p.deactivated_at is null))"
            // from a day on that is past the midnight of all zones
            let shape = """
                select coalesce('person ' || person_id, 'team ' || team_id), day_length,
                       md5((select range_agg(tstzrange(starts_at, ends_at)) * tstzmultirange(tstzrange(\(today) + 1, \(today) + 190))
                              from secondline.business_span s where s.calendar_id = c.calendar_id)::text)
                  from secondline.calendar c where c.hours <> '' and \(isHere) order by 1
                """
            let count = try await db.value(
                "select count(*) from secondline.calendar c where c.hours <> '' and \(isHere)")
            let rows = try await db.lines(
                """
                begin;
                \(shape);
                select 'planned', md5(string_agg(c::text, ' ' order by person_id, day)) from secondline.planned_shift c where \(isHere) and day between \(today) + 1 and \(today) + 190;
                delete from secondline.calendar; delete from secondline.planned_shift;
                select from secondline.person p cross join lateral secondline_rules.compile_person(clock_timestamp(), p.person_id);
                select from secondline.team t cross join lateral secondline_rules.compile_team(clock_timestamp(), t.team_id);
                \(shape);
                select 'planned', md5(string_agg(c::text, ' ' order by person_id, day)) from secondline.planned_shift c where \(isHere) and day between \(today) + 1 and \(today) + 190;
                rollback
                """
            ).filter { !$0.isEmpty }
            let half = rows.count / 2
            #expect("\(half - 1)" == count)
            #expect(Array(rows.prefix(half)) == Array(rows.suffix(half)), "seed \(seed), step \(step): \(change)")
        }
    }

    @Test(
        "planned shifts of the past stay as they were, also when an absence of the past is recorded after the hours changed"
    )
    func pastStays() async throws {
        let here = try await Department(in: db, specialists: 1, zone: "UTC", atWork: false)
        let person = here.specialists[0]
        // midnight may come meanwhile
        let today = "date '\(try #require(await db.value("select (now() at time zone 'UTC')::date")))'"
        try await db.script(
            """
            set timezone = 'UTC';
            select secondline.set_working_hours(\(person), d, '09:00', '17:00') from generate_series(1, 7) d;
            -- set up sixty days ago, and the hours have changed today
            delete from secondline.calendar where person_id = \(person);
            select secondline_rules.compile_person((\(today) - 60 + time '12:00') at time zone 'UTC', \(person));
            select secondline.clear_working_hours(\(person));
            select secondline.set_working_hours(\(person), d, '12:00', '20:00') from generate_series(1, 7) d;
            """)
        let past =
            "select starts_at::time, count(*) from secondline.planned_shift where person_id = \(person) and day < \(today) - 1 group by 1 order by 1"
        #expect(try await db.lines(past) == ["09:00:00|59"])
        try await db.script("select secondline.record_absence(\(person), 'sick', \(today) - 40, \(today) - 39)")
        #expect(try await db.lines(past) == ["09:00:00|57"])
        try await db.script("select secondline.add_holiday(\(here.team), \(today) - 20)")
        #expect(try await db.lines(past) == ["09:00:00|56"])
        try await db.script(
            "select secondline.record_absence_hours(\(person), 'sick', \(today) - 10 + time '08:00', \(today) - 10 + time '10:00')"
        )
        // its day and the night before
        #expect(try await db.lines(past) == ["09:00:00|54", "12:00:00|2"])
    }

    @Test("whoever comes back, or to another team, has the holidays that they missed, and the teams' hours follow them")
    func comesBack() async throws {
        let here = try await Department(in: db, specialists: 1, zone: "UTC", atWork: false)
        let there = try await Department(in: db, specialists: 1, zone: "UTC", atWork: false)
        let person = here.specialists[0]
        let monday = "date '2000-01-03' + 7 * ((current_date - date '2000-01-03') / 7 + 2)"
        let planned = """
            select count(*) filter (where day = \(monday)), count(*) filter (where day = \(monday) + 7),
                   (select hours from secondline.calendar where team_id = \(here.team)),
                   (select hours from secondline.calendar where team_id = \(there.team))
              from secondline.planned_shift where person_id = \(person)
            """
        try await db.script(
            """
            select secondline.set_working_hours(\(person), 1, '09:00', '17:00');
            update secondline.person set deactivated_at = now() where person_id = \(person);
            select secondline.add_holiday(\(here.team), \(monday)), secondline.add_holiday(\(there.team), \(monday) + 7);
            """)
        #expect(try await db.lines(planned) == ["1|1||-"])
        try await db.script("update secondline.person set deactivated_at = null where person_id = \(person)")
        #expect(try await db.lines(planned) == ["0|1|1 09:00:00-17:00:00 UTC|-"])
        try await db.script("select secondline.change_person(\(person), team => \(there.team))")
        #expect(try await db.lines(planned) == ["1|0||1 09:00:00-17:00:00 UTC"])
    }

    @Test("people who never had hours, and whoever has them cleared, work every hour; a team without people as well")
    func withoutHours() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        let person = here.specialists[0]
        try await db.script(
            """
            select secondline.add_holiday(\(here.team), current_date);
            select secondline.record_absence(\(person), 'vacation', current_date, current_date);
            update secondline.person set time_zone = 'UTC' where person_id = \(person);
            """)
        #expect(try await db.value("select secondline.calendar_of_person(\(person)) is null") == "t")
        #expect(try await db.value("select secondline.calendar_of_team(\(here.team)) is null") == "t")
        #expect(try await db.value("select secondline.calendar_of_person(-1) is null") == "t")
        try await db.script(
            """
            select secondline.set_working_hours(\(person), 1, '09:00', '17:00');
            select secondline.clear_working_hours(\(person))
            """)
        for calendar in ["calendar_of_person(\(person))", "calendar_of_team(\(here.team))"] {
            #expect(
                try await db.value(
                    "select secondline.business_time(secondline.\(calendar), now(), now() + interval '10 days')")
                    == "240:00:00", "\(calendar)")
        }
        #expect(
            try await db.value("select count(*) from secondline.planned_shift where person_id = \(person)") == "0")
    }

    @Test("calendars that come to their end are compiled on once, wherever their people are, and never twice a day")
    func comesToItsEnd() async throws {
        let zones = ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"]
        try await db.script("delete from secondline.calendar")
        for zone in zones {
            let here = try await Department(in: db, specialists: 1, zone: zone, atWork: false)
            try await db.script("select secondline.set_working_hours(\(here.specialists[0]), 1, '09:00', '17:00')")
        }
        for at in ["00:00:01", "05:00", "11:00", "13:59", "23:59:59"] {
            try await db.script(
                "update secondline.calendar set to_day = date '2026-06-05' + 200 - calendar_id::integer % 4, from_day = '2026-06-05', since_day = '2026-06-05'"
            )
            let instant = "timestamptz '2026-06-05 \(at) UTC'"
            _ = try await db.value("select secondline_rules.compile_calendars(\(instant), 100)")
            #expect(try await db.value("select secondline_rules.compile_calendars(\(instant), 100)") == "0", "\(at)")
        }
        // for two years, a look every 50 days: never out of days, and what is long past is forgotten
        try await db.script(
            "select secondline_rules.compile_calendars('2026-06-05 UTC'::timestamptz + n * interval '50 days', 100) from generate_series(0, 40) n"
        )
        #expect(
            try await db.value(
                "select bool_and(to_day - date '2031-11-26' >= 199 and date '2031-11-26' - from_day < 1102) from secondline.calendar"
            )
                == "t")
    }

    @Test("changes of the calendars of one team at once never deadlock, and none is lost")
    func atOnce() async throws {
        let here = try await Department(in: db, specialists: 8, atWork: false)
        let people = here.specialists
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (place, person) in people.enumerated() {
                group.addTask {
                    try await withSession { session in
                        try await session.script("set lock_timeout = '20s'; set synchronous_commit = off")
                        for round in 0..<5 {
                            try await session.script("select secondline.clear_working_hours(\(person))")
                            try await session.script(
                                "select secondline.set_working_hours(\(person), 1, '0\(place):00', '1\(round):00')")
                        }
                    }
                }
            }
            group.addTask {
                try await withSession { session in
                    try await session.script("set lock_timeout = '20s'")
                    for day in 1...8 {
                        try await session.script(
                            "select secondline.add_holiday(\(here.team), current_date + 7 * \(day))")
                    }
                }
            }
            group.addTask {
                try await withSession { session in
                    try await session.script("set lock_timeout = '20s'")
                    for person in people.reversed() {
                        try await session.script("select secondline.start_workday(\(person))")
                    }
                }
            }
            group.addTask {
                try await withSession { session in
                    for _ in 0..<8 {
                        try await session.script(
                            "select secondline_rules.compile_calendars(clock_timestamp() + interval '150 days', 5)")
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await db.value("select deadlocks from pg_stat_database where datname = current_database()") == "0")
        #expect(
            try await db.value(
                "select string_agg(hours, '' order by hours) from secondline.calendar where person_id = any (array\(people))"
            )
                == (0..<8).map { "1 0\($0):00:00-14:00:00" }.joined())
        #expect(
            try await db.value("select hours from secondline.calendar where team_id = \(here.team)")
                == (0..<8).map { "1 0\($0):00:00-14:00:00 Europe/Berlin" }.joined(separator: ", "))
    }

    static let refused: [Refused] = [
        Refused("22023", "add_team('new', 'Europe/Atlantis')"), Refused("22023", "add_team('new', null)"),
        Refused("22023", "add_person({team}, 'specialist', 'new', time_zone => 'Mars')"),
        Refused("22023", "set_working_hours({owner}, null, '09:00', '17:00')"),
        Refused("22023", "set_working_hours({owner}, 1, null, '17:00')"),
        Refused("22023", "set_working_hours({owner}, 1, '09:00', null)"),
        Refused("22023", "set_working_hours({owner}, 1, '24:00', '00:00')"),
        Refused("P0002", "set_working_hours(null, 1, '09:00', '17:00')"),
        Refused("23P01", "set_working_hours({colleague}, 1, '16:59:59.9', '18:00')"),
        Refused("23P01", "set_working_hours({colleague}, 7, '22:00', '09:00:00.1')"),
        Refused("P0002", "add_holiday(null, current_date)"), Refused("22023", "add_holiday({team}, null)"),
        Refused("22023", "add_holiday({team}, 'infinity')"),
        Refused("23P01", "record_absence({colleague}, 'vacation', '2026-06-05', '2026-06-09')"),
        Refused("23P01", "record_absence_hours({colleague}, 'vacation', '2026-06-01 09:00+02', '2026-06-01 10:00+02')"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-06-05', '2026-06-04')"),
        Refused("22023", "record_absence({owner}, 'vacation', null, '2026-06-04')"),
        Refused("22023", "record_absence({owner}, 'vacation', '2026-06-05', 'infinity')"),
        Refused("22023", "record_absence_hours({owner}, 'vacation', '2026-06-05 10:00', '2026-06-05 10:00')"),
        Refused("22023", "record_absence_hours({owner}, 'vacation', '2026-06-05 10:00', null)"),
        Refused("P0002", "business_time(-1, now(), now())"), Refused("P0002", "business_end(-1, now(), 1)"),
        Refused("22023", "business_time(null, now(), null)"), Refused("22023", "business_time(null, null, now())"),
        Refused("22023", "business_time(null, now(), 'infinity')"),
        Refused("22023", "business_time(null, now(), now() - interval '1 us')"),
        Refused("22023", "business_end(null, null, 1)"), Refused("22023", "business_end(null, now(), null)"),
        Refused("22023", "business_end(null, now(), -1)"), Refused("22023", "business_end(null, now(), 'nan')"),
        Refused("22023", "business_end(null, now(), 10000001)"),
        Refused(
            "22008", "business_time(secondline.calendar_of_person({colleague}), now() - interval '101 days', now())"),
        Refused(
            "22008", "business_time(secondline.calendar_of_person({colleague}), now(), now() + interval '302 days')"),
        Refused("22008", "business_end(secondline.calendar_of_person({colleague}), now() - interval '101 days', 1)"),
        Refused("22008", "business_end(secondline.calendar_of_person({colleague}), now(), 10000000)"),
        Refused("P0002", "set_queue_team({queue}, -1)"), Refused("P0002", "set_queue_team('no such', {team})"),
    ]

    @Test("what makes no sense is refused, says why, and changes nothing", arguments: refused)
    func refusals(_ call: Refused) async throws {
        let scene = try await Scene(in: db)
        try await db.script(
            scene(
                """
                select secondline.set_working_hours({colleague}, 1, '09:00', '17:00');
                select secondline.record_absence({colleague}, 'vacation', '2026-06-01', '2026-06-05')
                """))
        try await call.check(scene)
    }

    @Test("spans that touch, also at odd seconds and over midnight on Sunday, do not overlap")
    func touching() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        for span in [
            "1, '09:00', '12:30:30'", "1, '12:30:30', '12:30:31'", "1, '12:30:31', '24:00'", "2, '00:00', '08:00'",
            "7, '22:00', '09:00'", "6, '22:00', '22:00:00.5'", "6, '22:00:01', '22:00'",
        ] {
            try await db.script("select secondline.set_working_hours(\(here.specialists[0]), \(span))")
        }
    }

    @Test("less than a microsecond of business time ends where it begins, outside of business time as well")
    func nothing() async throws {
        let here = try await Department(in: db, specialists: 1, atWork: false)
        try await db.script(
            """
            select secondline.set_working_hours(\(here.specialists[0]), 1, '09:00', '17:00');
            select secondline_rules.compile_person('2026-06-05 UTC', \(here.specialists[0]))
            """)
        for minutes in ["0", "1e-9"] {
            #expect(
                try await db.value(
                    """
                    select secondline.business_end(secondline.calendar_of_person(\(here.specialists[0])), '2026-06-06 12:00 UTC', \(minutes))
                         = '2026-06-06 12:00 UTC'
                    """) == "t")
        }
    }
}
