import Foundation
import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct BusinessTimeTests {
    /// Set SECONDLINE_TEST_SEED to what a failed run printed to repeat it.
    static let seed =
        ProcessInfo.processInfo.environment["SECONDLINE_TEST_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 0 ... .max)

    /// 2009 to 2032: both directions of DST are within any window, now and then the day that Apia never had.
    static func someDay(_ random: inout SeededGenerator) -> DayNumber {
        random.chance(1, in: 5)
            ? 15_338 + Int.random(in: -290...90, using: &random) : Int.random(in: 14_300...22_900, using: &random)
    }

    /// Nothing may depend on how a session shows times.
    static func disguise(_ session: Session, _ random: inout SeededGenerator) async throws {
        try await session.script(
            """
            set timezone = '\(random.pick(Workforce.zones))'; set datestyle = '\(random.pick(["iso", "german", "sql, dmy", "postgres"]))';
            set intervalstyle = '\(random.pick(["postgres", "iso_8601", "sql_standard", "postgres_verbose"]))'
            """)
    }

    private struct Question {
        let from: Micros
        let to: Micros
        let time: Micros
        /// Business time asked for, and when it is over.
        let asked: Micros
        let end: Micros
    }

    private func questions(
        _ count: Int, about calendar: BusinessCalendar, within window: TimeSpan, _ random: inout SeededGenerator
    ) -> [Question] {
        let inside = calendar.spans.filter { $0.start < window.end && $0.end > window.start }
        func instant(_ random: inout SeededGenerator) -> Micros {
            var instant = Micros.random(in: window.start...window.end, using: &random)
            if let span = inside.randomElement(using: &random), random.chance(3, in: 4) {
                instant = random.pick([
                    span.start, span.end, span.start + 1, span.end - 1, span.start - 1, span.end + 1,
                    (span.start + span.end) / 2,
                ])
            }
            return min(max(instant, window.start), window.end)
        }
        return (0..<count).map { _ in
            let (one, other) = (instant(&random), instant(&random))
            let (from, to) = (min(one, other), max(one, other))
            let all = calendar.time(from: from, to: window.end)
            var asked =
                calendar.time(from: from, to: to)
                + random.pick([0, 0, -1, 1, Micros.random(in: 0...Micros.day, using: &random)])
            asked = random.chance(1, in: 20) ? 0 : min(max(asked, 0), all)
            return Question(
                from: from, to: to, time: calendar.time(from: from, to: to), asked: asked,
                end: calendar.end(from: from, after: asked)!)
        }
    }

    @Test(
        "business time and its end are exact, whatever the hours, holidays, absences and zones", .timeLimit(.minutes(2))
    )
    func exact() async throws {
        var cases = 0
        for round in 0..<58 {
            var random = SeededGenerator(seed: Self.seed &+ UInt64(round))
            let start = Self.someDay(&random)
            let now = Micros(start) * .day + Micros.random(in: 0..<Micros.day, using: &random)
            let staff = try await Workforce(in: db, &random, around: start)
            try await Self.disguise(db, &random)
            try await staff.compile(at: now, in: db)
            var calendars: [(id: String, calendar: BusinessCalendar?, today: DayNumber)] = staff.people.indices.map {
                let today = staff.people[$0].zone.day(at: now)
                let calendar = staff.calendar(of: $0, days: today - 100...today + 300)
                return ("secondline.calendar_of_person(\(staff.ids[$0]))", calendar, today)
            }
            let today = staff.zone.day(at: now)
            let team = staff.teamCalendar(days: today - 100...today + 300)
            calendars.append(("secondline.calendar_of_team(\(staff.team))", team, today))
            calendars.append(("secondline.calendar_of_queue('\(staff.queue)')", team, today))
            for (call, calendar, today) in calendars {
                let seed = "SECONDLINE_TEST_SEED=\(Self.seed), round \(round), \(call)"
                let id = try await db.value("select \(call)")
                #expect((id == nil) == (calendar == nil), "\(seed)")
                // the days that it knows in every zone
                let window = TimeSpan(start: Micros(today - 99) * .day, end: Micros(today + 300) * .day)
                let asked = questions(60, about: calendar ?? BusinessCalendar(always: window), within: window, &random)
                let rows = asked.map { "(\($0.from), \($0.to), \($0.asked))" }.joined(separator: ",")
                let at = { (column: String) in SQLText.instant(column) }
                let answers = try await db.lines(
                    """
                    select \(SQLText.micros("secondline.business_time(c, \(at("q.a")), \(at("q.b")))")), \(SQLText.micros("e.e")),
                           \(SQLText.micros("secondline.business_time(c, \(at("q.a")), e.e)")),
                           case when e.e > \(at("q.a")) then
                               \(SQLText.micros("secondline.business_time(c, \(at("q.a")), e.e - interval '1 us')")) else -1 end
                      from (values \(rows)) q (a, b, n) cross join (select \(id ?? "null")::bigint) c (c)
                     cross join lateral (select secondline.business_end(c, \(at("q.a")), n / 60000000::float8)) e (e)
                    """)
                #expect(answers.count == asked.count)
                for (question, answer) in zip(asked, answers) {
                    cases += 1
                    let before = question.asked == 0 ? -1 : question.asked - 1
                    let right = "\(question.time)|\(question.end)|\(question.asked)|\(before)"
                    #expect(answer == right, "\(seed), \(question)")
                }
            }
            try await expectWholeClocks("SECONDLINE_TEST_SEED=\(Self.seed), round \(round)")
        }
        #expect(cases >= 20_000)
    }

    /// A calendar of a run in which time goes on.
    private struct Kept {
        let owner: String
        /// From this day on it is as if it had been compiled from nothing.
        var rightSince: DayNumber
        /// The same for planned shifts, which change on fewer days.
        var plannedSince: DayNumber
    }

    @Test(
        "compiled on after a change it is as if compiled from nothing, and what is past stays", .timeLimit(.minutes(2)))
    func compiledOn() async throws {
        var changes: [String: Int] = [:]
        for round in 0..<16 {
            var random = SeededGenerator(seed: Self.seed &+ UInt64(round))
            // other rounds are at other times
            try await db.script("delete from secondline.calendar; delete from secondline.planned_shift")
            let start = Self.someDay(&random)
            var now = Micros(start) * .day + Micros.random(in: 0..<Micros.day, using: &random)
            var staff = try await Workforce(in: db, &random, around: start)
            try await Self.disguise(db, &random)
            try await staff.compile(at: now, in: db)
            var kept = staff.people.indices.map {
                Kept(
                    owner: "person_id = \(staff.ids[$0])", rightSince: .min,
                    plannedSince: staff.people[$0].zone.day(at: now))
            }
            kept.append(Kept(owner: "team_id = \(staff.team)", rightSince: .min, plannedSince: .max))
            for step in 0..<7 {
                now += random.pick([0, .hour, .day, 5 * .day, 40 * .day, 102 * .day, 330 * .day, 900 * .day])
                now += Micros.random(in: 0..<Micros.day, using: &random)
                let seed = "SECONDLINE_TEST_SEED=\(Self.seed), round \(round), step \(step)"
                let at = SQLText.instant(now)
                // what comes to its end is compiled on once, not again and again
                while try await db.value("select secondline_rules.compile_calendars(\(at), 3) > 0") == "t" {
                    changes["compiled on", default: 0] += 1
                    try #require(changes["compiled on"]! < 16 * 7 * 6, "\(seed): without end")
                }
                let place = Int.random(in: staff.people.indices, using: &random)
                let today = staff.people[place].zone.day(at: now)
                let change = random.pick(["hours", "holiday", "absence", "absence", "zone", "leave"])
                changes[change, default: 0] += 1
                var days: ClosedRange<DayNumber>?
                let before = try await clocks(before: today, staff)
                switch change {
                case "hours": try await staff.setHours(of: place, random.week(), in: db)
                case "holiday":
                    let day = today + Int.random(in: -30...30, using: &random)
                    days = day...day
                    try await staff.addHoliday(day, in: db)
                case "absence": days = try await staff.away(place, around: today, reach: -30...30, &random, in: db)
                case "zone":
                    staff.people[place].zone = Zone(random.pick(Workforce.zones))
                    try await staff.write(
                        "update secondline.person set time_zone = '\(staff.people[place].zone.name)' where person_id = \(staff.ids[place])",
                        in: db)
                default:
                    staff.people[place].hasLeft.toggle()
                    try await staff.write(
                        "update secondline.person set deactivated_at = \(staff.people[place].hasLeft ? "now()" : "null") where person_id = \(staff.ids[place])",
                        in: db)
                }
                // as the triggers do
                let since = days.map { SQLText.day($0.lowerBound - (change == "absence" ? 1 : 0)) } ?? "null"
                let until = days.map { SQLText.day($0.upperBound) } ?? "null"
                let concerned = change == "holiday" ? Array(staff.people.indices) : [place]
                for place in concerned where change != "leave" {
                    try await db.script(
                        "select secondline_rules.compile_person(\(at), \(staff.ids[place]), \(since), \(until))")
                }
                if change != "absence" {
                    try await db.script(
                        "select secondline_rules.compile_team(\(at), \(staff.team), \(change == "holiday" ? "\(since) - 2" : "null"))"
                    )
                }
                for place in kept.indices {
                    let isTeam = place == staff.people.count
                    let zone = isTeam ? staff.zone : staff.people[place].zone
                    let today = zone.day(at: now)
                    if let days, isTeam ? change == "holiday" : concerned.contains(place) {
                        kept[place].rightSince = min(kept[place].rightSince, today, days.lowerBound)
                    } else if days == nil, isTeam || concerned.contains(place) {
                        kept[place].rightSince = today
                        kept[place].plannedSince = max(today, kept[place].plannedSince)
                    }
                    try await expectAsNew(
                        kept[place], zone, at: now,
                        isTeam ? { staff.teamCalendar(days: $0) } : { staff.calendar(of: place, days: $0) },
                        isTeam ? nil : staff.people[place], staff.holidays, "\(seed), \(change)")
                }
                // of a holiday the team is compiled from two days before it
                let past = days.map { min($0.lowerBound - (change == "holiday" ? 2 : 1), today - 2) } ?? today - 2
                let after = try await clocks(before: today, staff)
                let same = before.filter { $0.value.day < past && after[$0.key] != nil && !$0.value.isNew }
                for (key, value) in same where !after[key]!.isForgotten {
                    #expect(after[key]!.clock == value.clock, "\(seed), \(change): the past of \(key) changed")
                }
                try await expectWholeClocks(seed)
            }
        }
        print("compiled on: seed \(Self.seed), \(changes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" })")
    }

    private struct Shown {
        let day: DayNumber
        let clock: String
        /// Set up on this day or the one before: all of it changes.
        let isNew: Bool
        let isForgotten: Bool
    }

    /// What the calendars' clocks show on days before one.
    private func clocks(before today: DayNumber, _ staff: Workforce) async throws -> [String: Shown] {
        let rows = try await db.simpleQuery(
            """
            select calendar_id || ' on ' || d, d, secondline_rules.business_clock(calendar_id, \(SQLText.instant("d * 86400000000::bigint"))),
                   since_day >= \(SQLText.day(today - 1)), d <= from_day - date '1970-01-01' + 1
              from secondline.calendar, generate_series(\(today - 160), \(today), 8) d
            """)
        return Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0[0]!, Shown(day: Int($0[1]!)!, clock: $0[2]!, isNew: $0[3] == "t", isForgotten: $0[4] == "t"))
            })
    }

    private func expectAsNew(
        _ kept: Kept, _ zone: Zone, at now: Micros, _ reference: (ClosedRange<DayNumber>) -> BusinessCalendar?,
        _ person: PlannedPerson?, _ holidays: Set<DayNumber>, _ seed: String
    ) async throws {
        let seed = "\(seed), \(kept.owner)"
        let today = zone.day(at: now)
        guard
            let row = try await db.simpleQuery(
                "select calendar_id, from_day - date '1970-01-01', to_day - date '1970-01-01' from secondline.calendar where \(kept.owner)"
            ).first, let fromDay = Int(row[1]!), let toDay = Int(row[2]!)
        else {
            #expect(reference(today...today) == nil, "\(seed)")
            return
        }
        #expect(toDay - today >= 198 && toDay - today <= 301 && today - fromDay <= 801 + 102, "\(seed)")
        let days = max(kept.rightSince, fromDay)...toDay
        let window = TimeSpan(start: zone.instant(days.lowerBound, 0), end: zone.instant(toDay + 1, 0))
        let right = reference(days) ?? BusinessCalendar(always: window)
        let found = try await db.simpleQuery(
            """
            select \(SQLText.micros("lower(r)")), \(SQLText.micros("upper(r)")) from (
                select unnest(range_agg(tstzrange(starts_at, ends_at)) * tstzmultirange(tstzrange(\(SQLText.instant(window.start)), \(SQLText.instant(window.end))))) as r
                  from secondline.business_span where calendar_id = \(row[0]!)) s
            """
        ).map { TimeSpan(start: Micros($0[0]!)!, end: Micros($0[1]!)!) }
        let wrong =
            zip(found, right.spans).first { $0 != $1 }.map { "\($0)" }
            ?? "\(found.count) and \(right.spans.count) spans"
        #expect(found == right.spans, "\(seed): from \(days.lowerBound), today \(today): \(wrong)")
        guard let person, person.hours.contains(where: { !$0.value.isEmpty }) else { return }
        let planned = try await db.simpleQuery(
            """
            select day - date '1970-01-01', \(SQLText.micros("starts_at")), \(SQLText.micros("ends_at")) from secondline.planned_shift
             where \(kept.owner) and day >= \(SQLText.day(kept.plannedSince)) and day >= \(SQLText.day(fromDay)) order by day
            """
        ).map { $0.map { $0! }.joined(separator: " ") }
        let off = holidays.union(person.daysOff.joined())
        let expected = (max(kept.plannedSince, fromDay)...toDay).compactMap { day -> String? in
            let shift = BusinessCalendar(
                working: person.spans(day...day, holidays: off), away: person.hoursOff,
                within: TimeSpan(start: .min, end: .max)
            ).spans
            return shift.isEmpty ? nil : "\(day) \(shift[0].start) \(shift.last!.end)"
        }
        let other =
            zip(planned, expected).first { $0 != $1 }.map { "\($0)" } ?? "\(planned.count) and \(expected.count) shifts"
        #expect(planned == expected, "\(seed), today \(today): \(other)")
    }

    /// The clock of a calendar never jumps nor runs backwards, and reaches from end to end.
    private func expectWholeClocks(_ seed: String) async throws {
        let broken = try await db.lines(
            """
            select calendar_id, starts_at from (
                select s.*, lead(s.starts_at) over w as next_at, lead(s.clock) over w as next_clock, lag(s.ends_at) over w as last_at
                  from secondline.business_span s window w as (partition by calendar_id order by starts_at)) s
             where next_at < ends_at or next_clock <> clock + (ends_at at time zone 'UTC' - starts_at at time zone 'UTC')
                or last_at is null and starts_at <> '1970-01-01 00:00 UTC' or next_at is null and ends_at <> '3000-01-01 00:00 UTC'
            """)
        #expect(broken == [], "\(seed)")
    }
}
