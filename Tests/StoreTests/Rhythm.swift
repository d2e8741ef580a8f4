import Postgres
import TestSupport
import Testing

/// A specialist who works Monday to Friday from 9 to 17 in Berlin, in June 2020, with the functions that take the time as an
/// argument; `06-01` is a Monday.
struct Rhythm: Sendable {
    let here: Department
    let other: Department
    var person: Int64 { here.specialists[0] }

    init() async throws {
        here = try await Department(in: db, specialists: 2, atWork: false)
        other = try await Department(in: db, specialists: 1, atWork: false)
        try await db.script(
            """
            select secondline.set_working_hours(\(here.specialists[0]), d, '09:00', '17:00') from generate_series(1, 5) d;
            select secondline.set_deputy(\(here.team), \(other.specialists[0]));
            """)
    }

    /// `{09:00}` is that time on the Monday, `{2 09:00}` on the 2nd of June.
    func callAsFunction(_ text: String) -> String {
        let words = [
            "person": person, "colleague": here.specialists[1], "head": here.head, "manager": here.manager,
            "other_head": other.head, "deputy": other.specialists[0], "team": here.team, "other_team": other.team,
        ]
        return words.reduce(text) { $0.replacing("{\($1.key)}", with: "\($1.value)") }
            .replacing(#/\{(?:(\d+) )?(\d\d:\d\d)\}/#) { match in
                let day = match.1.map { $0.count == 1 ? "0\($0)" : String($0) } ?? "01"
                return "timestamptz '2020-06-\(day) \(match.2)+02'"
            }
            .replacing("{today}", with: "date '2020-06-01'")
    }

    func run(_ calls: String...) async throws {
        for call in calls { try await db.script(self("select secondline_rules.\(call)")) }
    }

    /// The plan is there, and so is the report.
    func report() async throws {
        try await run(
            "submit_plan({12:00}, {person}, '{one}')",
            "report_task({12:10}, t.task_id, 'done', null, null) from secondline.task t where person_id = {person}",
            "submit_report({12:20}, {person}, 'well', 'badly', null, '{}', null)")
    }

    func states() async throws -> [String] {
        try await db.lines(self("select state from secondline.workday where person_id = {person} order by day"))
    }

    /// The last entry: event, who, from, to, note.
    func lastEntry() async throws -> [String] {
        try await db.lines(
            self(
                """
                select event, by_person_id, from_state, to_state, note from secondline.workday_journal
                 where person_id = {person} order by entry_id desc limit 1
                """))
    }
}
