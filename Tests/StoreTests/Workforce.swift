import Foundation
import Postgres
import TestSupport

/// A team and its people with random calendars, in the database and beside it.
struct Workforce {
    static let zones = [
        "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", "UTC",
        "America/St_Johns", "Pacific/Chatham", "America/Havana", "Pacific/Kiritimati", "Pacific/Pago_Pago",
    ]

    let team: Int64
    let queue: String
    var zone: Zone
    var ids: [Int64] = []
    var people: [PlannedPerson] = []
    var holidays: Set<DayNumber> = []

    init(in session: Session, _ random: inout SeededGenerator, around day: DayNumber) async throws {
        let zones = Self.zones.map(Zone.init)
        zone = random.pick(zones)
        let name = "\(UUID())"
        queue = name
        team = try await session.id("secondline.add_team('\(name)', '\(zone.name)')")
        try await session.script("select secondline.add_queue('\(name)', team => \(team))")
        for _ in 0..<4 {
            let person = PlannedPerson(zone: random.chance(1, in: 2) ? zone : random.pick(zones))
            people.append(person)
            ids.append(
                try await session.id(
                    "secondline.add_person(\(team), 'specialist', 'name', time_zone => '\(person.zone.name)')"))
        }
        for place in people.indices {
            try await setHours(of: place, random.week(), in: session)
            for _ in 0..<random.pick([0, 1, 3]) { try await away(place, around: day, &random, in: session) }
        }
        for _ in 0..<random.pick([0, 5, 15]) {
            try await addHoliday(day + Int.random(in: -110...310, using: &random), in: session)
        }
        if random.chance(1, in: 4) {
            people[3].hasLeft = true
            try await write(
                "update secondline.person set deactivated_at = now() where person_id = \(ids[3])", in: session)
        }
    }

    /// Past the triggers, which go by the clock.
    func write(_ sql: String, in session: Session) async throws {
        try await session.script("set session_replication_role = replica; \(sql); reset session_replication_role")
    }

    mutating func setHours(of place: Int, _ week: [Int: [TimeSpan]], in session: Session) async throws {
        people[place].hours = week
        let rows = week.flatMap { weekday, spans in
            spans.map { "(\(ids[place]), \(weekday), \(SQLText.time($0.start)), \(SQLText.time($0.end)))" }
        }
        let insert = rows.isEmpty ? "" : "; insert into secondline.working_hours values \(rows.joined(separator: ","))"
        try await write("delete from secondline.working_hours where person_id = \(ids[place])\(insert)", in: session)
    }

    mutating func addHoliday(_ day: DayNumber, in session: Session) async throws {
        holidays.insert(day)
        try await write(
            "insert into secondline.holiday values (\(team), \(SQLText.day(day))) on conflict do nothing", in: session)
    }

    /// Records an absence by day or by hour; returns the days that may be concerned.
    @discardableResult
    mutating func away(
        _ place: Int, around day: DayNumber, reach: ClosedRange<Int> = -110...310, _ random: inout SeededGenerator,
        in session: Session
    ) async throws -> ClosedRange<DayNumber> {
        let first = day + Int.random(in: reach, using: &random)
        let kind = "\(ids[place]), 'vacation'"
        if random.chance(1, in: 2) {
            let last = first + Int.random(in: 0...14, using: &random)
            people[place].daysOff.append(first...last)
            try await write(
                """
                insert into secondline.absence (person_id, kind, first_day, last_day)
                values (\(kind), \(SQLText.day(first)), \(SQLText.day(last)))
                """, in: session)
            return first...last
        }
        let start = Micros(first) * .day + random.time()
        let end = start + random.pick([1, .hour, 3 * .hour, 2 * .day]) + random.time()
        people[place].hoursOff.append(TimeSpan(start: start, end: end))
        try await write(
            """
            insert into secondline.absence (person_id, kind, from_at, to_at)
            values (\(kind), \(SQLText.instant(start)), \(SQLText.instant(end)));
            insert into secondline.absence (person_id, kind, from_at, to_at, cancelled_at)
            values (\(kind), \(SQLText.instant(start + .day)), \(SQLText.instant(end + .day)), now())
            """, in: session)
        return DayNumber(start / .day) - 1...DayNumber(end / .day) + 1
    }

    func compile(at instant: Micros, in session: Session) async throws {
        let at = SQLText.instant(instant)
        try await session.script(
            """
            select secondline_rules.compile_person(\(at), n) from unnest(array\(ids)::bigint[]) n;
            select secondline_rules.compile_team(\(at), \(team))
            """)
    }

    private func midnights(_ days: ClosedRange<DayNumber>, _ zone: Zone) -> TimeSpan {
        TimeSpan(start: zone.instant(days.lowerBound, 0), end: zone.instant(days.upperBound + 1, 0))
    }

    /// Nil when they have no hours: every hour counts.
    func calendar(of place: Int, days: ClosedRange<DayNumber>) -> BusinessCalendar? {
        let person = people[place]
        guard person.hours.contains(where: { !$0.value.isEmpty }) else { return nil }
        return BusinessCalendar(
            working: person.spans(
                days.lowerBound - 4...days.upperBound + 4, holidays: holidays.union(person.daysOff.joined())),
            away: person.hoursOff, within: midnights(days, person.zone))
    }

    func teamCalendar(days: ClosedRange<DayNumber>) -> BusinessCalendar? {
        let working = people.filter { !$0.hasLeft && $0.hours.contains { !$0.value.isEmpty } }
        if working.isEmpty { return nil }
        return BusinessCalendar(
            working: working.flatMap {
                $0.spans(days.lowerBound - 4...days.upperBound + 4, holidays: holidays)
            }, away: [], within: midnights(days, zone))
    }
}
