import Daemon
import Policy
import Postgres
import TestSupport
import Testing

/// Efforts of a real software house, a third of them larger than anybody's capacity, over simulated days.
@Suite("starvation", .enabled(if: Dataset.isThere, "\(Dataset.missing)"), .serialized)
struct StarvationTests {
    @Test("no large ticket waits longer than its bound and the work that must end before it fits")
    func nothingStarves() async throws {
        let efforts = try Dataset.rows("sip_developers.csv.gz").compactMap { Double($0[10]) }.filter {
            $0 >= 5 && $0 <= 1440
        }
        let longest = try await simulate(bound: "2 hours", intensity: 0.95, days: 6, efforts: efforts.map { Int($0) })
        // the bound; one capacity of work in hand, or one large ticket that someone empty-handed had taken; and a step to notice
        #expect(longest.wait <= 120 + max(240, longest.effort) + 2 * Simulation.step)
    }

    @Test(
        "a large ticket among endless small ones is never served without reservations, and within its bound with them")
    func amongSmallOnes() async throws {
        let days = 2
        let (with, without) = (
            try await simulate(bound: "2 hours", intensity: 1.2, days: days, efforts: [60], first: 300),
            try await simulate(bound: "300 days", intensity: 1.2, days: days, efforts: [60], first: 300)
        )
        #expect(without.wait == days * 1440 - 300)
        #expect(with.wait <= 120 + 240 + 2 * Simulation.step)
    }

    /// The longest wait of a ticket above 240 minutes, and the largest effort, in minutes.
    private func simulate(
        bound: String, intensity: Double, days: Int, efforts: [Int], first: Int? = nil
    ) async throws -> (wait: Int, effort: Int) {
        let database = try await ScratchDatabase.migrated()
        let session = try await database.session()
        let department = try await Department(in: session, specialists: 24)
        try await session.script("select secondline.set_starvation_bound('\(department.queue)', '\(bound)')")
        let simulation = Simulation(
            session: session, queue: department.queue, efforts: efforts, intensity: intensity, first: first)
        let result = try await simulation.run(days: days)
        print(
            "bound \(bound), intensity \(intensity): longest wait of a large ticket \(result.wait) min, largest effort \(result.effort) min"
        )
        await session.close()
        try await database.drop()
        return result
    }
}

/// Time as an argument: people work around the clock on what they have, one ticket after the other, in steps of ten minutes.
private struct Simulation {
    static let step = 10

    let session: Session
    let queue: String
    let efforts: [Int]
    /// Arriving work as a share of what the people can do.
    let intensity: Double
    /// Arrives when everybody has something in hand.
    let first: Int?

    func run(days: Int) async throws -> (wait: Int, effort: Int) {
        var generator = SeededGenerator(seed: 42)
        try await session.script(
            """
            update secondline.person set changed_at = '2026-03-02'; update secondline.workday set started_at = '2026-03-02';
            create table public.work (ticket_id bigint primary key, minutes_left integer)
            """)
        let mean = Double(efforts.reduce(0, +)) / Double(efforts.count)
        let perStep = intensity * 24 * Double(Self.step) / mean
        var due = 0.0
        for minute in stride(from: 0, to: days * 1440, by: Self.step) {
            let now = "timestamptz '2026-03-02 00:00+00' + interval '\(minute) minutes'"
            due += perStep
            var script = ""
            while due >= 1 {
                due -= 1
                let effort = efforts.randomElement(using: &generator) ?? 75
                script +=
                    "select secondline_rules.submit(\(now), '\(queue)', 't', '', null, 'task', null, null, \(effort), null);"
            }
            if minute == 300, let first {
                script +=
                    "select secondline_rules.submit(\(now), '\(queue)', 'large', '', null, 'task', null, null, \(first), null);"
            }
            script += Self.work(now)
            try await session.script(script)
            let at = Instant(microseconds: Timestamp(unixSeconds: 1_772_409_600 + Int64(minute) * 60).microseconds)
            let duty = AssignmentDuty(log: EventLog(sink: { _ in }), batchSize: 1000, at: { at })
            while try await duty.run(session).again {}
        }
        let end = "timestamptz '2026-03-02 00:00+00' + interval '\(days * 1440) minutes'"
        let rows = try await session.simpleQuery(
            """
            select max(extract(epoch from coalesce(d.decided_at, \(end)) - t.submitted_at)::bigint / 60), max(t.effort_minutes)
              from secondline.ticket t left join secondline.decision d using (ticket_id) where t.effort_minutes > 240
            """)
        return (Int(rows[0][0] ?? "") ?? 0, Int(rows[0][1] ?? "") ?? 0)
    }

    /// Everyone works a step on their oldest ticket; what is done is resolved.
    private static func work(_ now: String) -> String {
        """
        insert into public.work select a.ticket_id, a.weight_minutes from secondline.assignment a where a.ended_at is null on conflict do nothing;
        update public.work w set minutes_left = w.minutes_left - \(step)
          from (select distinct on (person_id) ticket_id from secondline.assignment where ended_at is null
                 order by person_id, assignment_id) o where o.ticket_id = w.ticket_id;
        select secondline_rules.resolve(\(now), a.ticket_id, a.person_id, 'done') from secondline.assignment a
          join public.work w using (ticket_id) where a.ended_at is null and w.minutes_left <= 0;
        """
    }
}
