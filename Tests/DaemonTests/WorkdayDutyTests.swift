import Daemon
import Policy
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite("the workday duty", .serialized)
struct WorkdayDutyTests {
    /// A head and a specialist from nine to six, Mondays to Fridays, in October 2026.
    private struct Office {
        let database: ScratchDatabase
        let session: Session
        let team: Int64
        let head: Int64
        let person: Int64
        let recorded = RecordedLog()

        init() async throws {
            database = try await ScratchDatabase.migrated()
            session = try await database.session()
            team = try await session.id("secondline.add_team('Support', 'UTC')")
            head = try await session.id("secondline.add_person(\(team), 'head', 'Hanna')")
            person = try await session.id("secondline.add_person(\(team), 'specialist', 'Anna')")
            try await session.script(
                """
                select secondline.set_working_hours(\(person), day, '09:00', '18:00') from generate_series(1, 5) day;
                delete from secondline.planned_shift; delete from secondline.calendar;
                update secondline.person set changed_at = '2026-10-01';
                select secondline_rules.compile_person('2026-10-01 00:00+00', \(person));
                select secondline_rules.compile_team('2026-10-01 00:00+00', \(team));
                """)
            try await WorkdayDuty.prepare(session)
        }

        /// Runs the duty at an instant of October, as 12 09:30.
        func run(_ at: String) async throws {
            let micros = try await session.id(
                "(extract(epoch from timestamptz '2026-10-\(at)+00' - timestamptz '2000-01-01 00:00+00') * 1000000)::bigint"
            )
            let duty = WorkdayDuty(log: recorded.log) { Instant(microseconds: micros) }
            while try await duty.run(session).again {}
        }

        func at(_ at: String, _ call: String) async throws {
            try await session.script("select secondline_rules.\(call.replacing("at,", with: "'2026-10-\(at)+00',"))")
        }

        /// What has been told, in order: kind and to whom.
        func told() async throws -> [String] {
            try await session.simpleQuery(
                """
                select m.kind || ' ' || case m.person_id when \(head) then 'head' else 'Anna' end
                  from (select message_id, kind, person_id from secondline.message where channel = 'popup'
                         union all select message_id, kind, person_id from secondline.message_history where channel = 'popup') m
                 order by m.message_id
                """
            ).map { $0[0]! }
        }

        func close() async throws {
            await session.close()
            try await database.drop()
        }
    }

    @Test(
        "a daemon that comes back in the morning still tells the head of the report that was missing; then the day is overdue"
    )
    func overnight() async throws {
        let office = try await Office()
        try await office.at("12 09:00", "start_workday(at, \(office.person))")
        try await office.at("12 09:05", "submit_plan(at, \(office.person), '{one}')")
        try await office.run("13 09:01")
        #expect(
            try await office.told() == ["plan.reminder Anna", "report.reminder Anna", "workday.unreported head"])
        #expect(
            office.recorded.lines("reminder.sent").map { $0.split(separator: " ").dropFirst(3).joined(separator: " ") }
                == [
                    "what=report which=after_end_3 person=\(office.person) day=2026-10-12",
                    "what=report which=unreported person=\(office.person) day=2026-10-12",
                ])
        #expect(office.recorded.lines("workday.overdue").count == 1)
        try await office.close()
    }

    @Test(
        "the head hears of it also when the person starts the next day before the daemon is back, also after a weekend")
    func afterStart() async throws {
        let office = try await Office()
        try await office.at("09 09:00", "start_workday(at, \(office.person))")
        try await office.at("12 08:55", "start_workday(at, \(office.person))")
        try await office.run("12 08:56")
        try await office.run("12 08:57")
        let told = try await office.told()
        #expect(
            told == ["plan.reminder Anna", "workday.unreported head", "plan.reminder Anna", "report.reminder Anna"])
        try await office.close()
    }

    @Test("who did not come is told to the head also when the daemon was down until the shift was over")
    func noShow() async throws {
        let office = try await Office()
        try await office.run("12 18:30")
        #expect(try await office.told() == ["workday.no_show head"])
        try await office.close()
    }

    @Test("a workday without a planned shift is overdue a day after its start")
    func unplanned() async throws {
        let office = try await Office()
        try await office.at("10 10:00", "start_workday(at, \(office.head))")
        try await office.run("11 09:59")
        #expect(office.recorded.lines("workday.overdue") == [])
        try await office.run("11 10:01")
        #expect(office.recorded.lines("workday.overdue").count == 1)
        try await office.close()
    }

    @Test("of several reminders of the same one stands in the inbox")
    func superseded() async throws {
        let office = try await Office()
        try await office.at("12 09:00", "start_workday(at, \(office.person))")
        try await office.run("12 09:30")
        #expect(try await office.told() == ["plan.reminder Anna", "plan.reminder Anna"])
        #expect(
            try await office.session.simpleQuery("select kind from secondline.message where channel = 'popup'")
                == [["plan.reminder"]])
        try await office.close()
    }

    @Test("an absence recorded during the day takes none of its reminders away")
    func absentLater() async throws {
        let office = try await Office()
        try await office.at("12 09:00", "start_workday(at, \(office.person))")
        try await office.at("12 09:05", "submit_plan(at, \(office.person), '{one}')")
        try await office.at(
            "12 10:00", "record_absence(at, \(office.person), 'vacation', '2026-10-12', '2026-10-12', null, null)")
        try await office.run("12 17:45")
        #expect(
            try await office.told() == ["plan.reminder Anna", "absence.recorded head", "report.reminder Anna"])
        try await office.close()
    }

    @Test("whoever notes a stand-up and does not commit keeps nobody waiting; the agenda goes out, once")
    func openNote() async throws {
        let office = try await Office()
        try await office.session.script(
            """
            select secondline.set_standup(\(office.team), '{1,2,3,4,5}', '10:00');
            select secondline.add_agenda_item(\(office.person), 'Who takes the Friday?')
            """)
        try await office.database.whileHolding(
            """
            select secondline.note_standup(\(office.team), 'not yet');
            insert into secondline.standup_note (team_id, day, noted_at, note) values (\(office.team), '2026-10-12', now(), 'x');
            select from secondline.agenda_item for update
            """
        ) {
            try await office.run("12 09:50")
            try await office.run("12 09:51")
        }
        try await office.run("12 09:52")
        #expect(
            try await office.told().sorted()
                == ["standup.agenda Anna", "standup.agenda head", "workday.unseen Anna"])
        #expect(office.recorded.lines("standup.announced").count == 1)
        try await office.close()
    }
}
