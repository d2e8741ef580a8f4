import Postgres
import TestSupport

/// Two teams with days of forty days ago, made through the rules with their times as arguments.
struct ReportScene: Sendable {
    /// The names of people in order, whose ids are 1, 2, …; Hanna leads Support, Ivo leads Sales.
    static let people = ["Hanna Brandt", "Anna Lindqvist", "Boris Novak", "Deniz Kaya", "Fatima Rahimi", "Ivo Sales"]

    /// ISO 8601: the day on which most happens, and that as the table has it.
    let day: String
    let shownDay: String
    /// How many days earlier the people are expected for the first time.
    static let lead = 5

    init(in session: Session) async throws {
        let row = try await session.simpleQuery(
            "select d::date, to_char(d, 'Dy YYYY-MM-DD') from (select current_date - 40 as d) x")[0]
        day = row[0] ?? ""
        shownDay = row[1] ?? ""
        try await session.script(
            """
            select secondline.add_team('Support', 'Europe/Berlin'), secondline.add_team('Sales', 'Europe/Berlin');
            select secondline.add_person(1, 'head', 'Hanna Brandt'), secondline.add_person(1, 'specialist', 'Anna Lindqvist'),
                   secondline.add_person(1, 'specialist', 'Boris Novak'), secondline.add_person(1, 'specialist', 'Deniz Kaya'),
                   secondline.add_person(1, 'specialist', 'Fatima Rahimi', null, 240, 'Asia/Tbilisi'),
                   secondline.add_person(2, 'head', 'Ivo Sales'), secondline.add_client('Northwind', 1),
                   secondline.add_queue('support');
            select secondline.submit_ticket('support', t, 'text', 'high', 'bug', 1, 1) from unnest(array['One', 'Two']) t;
            select secondline.set_working_hours(p, d, '09:00', '18:00') from generate_series(2, 5) p, generate_series(1, 7) d;
            -- they have been here for a while
            delete from secondline.calendar;
            delete from secondline.planned_shift;
            select secondline_rules.compile_person((date '\(day)' - \(Self.lead))::timestamptz, p) from generate_series(2, 5) p;
            create function pg_temp.at(d integer, t time, z text default 'Europe/Berlin') returns timestamptz language sql
            return (date '\(day)' + d + t) at time zone z;
            select secondline_rules.record_absence(now(), 4, 'vacation', date '\(day)', date '\(day)' + 1, null, null);
            """)
        // a good day, a late one without report, and one that begins in another zone
        try await session.script(
            """
            select secondline_rules.start_workday(pg_temp.at(0, '08:57'), 2);
            select secondline_rules.add_task(pg_temp.at(0, '09:00'), 2, 'Mend the print template', 1, null),
                   secondline_rules.add_task(pg_temp.at(0, '09:00'), 2, 'Ask for the logo', 2, null);
            select secondline_rules.submit_plan(pg_temp.at(0, '09:05'), 2, array['=cmd|"/c calc"!A1 \u{202E}']);
            select secondline_rules.report_task(pg_temp.at(0, '12:00'), 1, 'done', 50, null),
                   secondline_rules.report_task(pg_temp.at(0, '15:00'), 2, 'partly_done', 95, null),
                   secondline_rules.report_task(pg_temp.at(0, '17:00'), 3, 'not_done', null, null);
            select secondline_rules.submit_report(pg_temp.at(0, '17:30'), 2, E'+1: the "logo",\\nfound', 'calls', null, '{}', null);
            select * from secondline_rules.end_workday(pg_temp.at(0, '18:03'), 2);
            select secondline_rules.start_workday(pg_temp.at(0, '09:25'), 3);
            select secondline_rules.submit_plan(pg_temp.at(0, '09:30'), 3, array['Call Northwind', 'Read']);
            select secondline_rules.start_workday(pg_temp.at(0, '09:04', 'Asia/Tbilisi'), 5);
            """)
        try await session.script("select secondline_rules.start_workday(pg_temp.at(1, '09:00'), 3)")
    }

    /// Runs the command with the login of this person, or of nobody's, in some roles.
    func run(
        _ arguments: [String], as person: Int?, in roles: [String], _ database: ScratchDatabase, _ session: Session
    ) async throws -> CommandRun {
        var run: CommandRun?
        try await withLogin(database, session, in: roles) { conninfo in
            let login = try Conninfo(parsing: conninfo).user ?? ""
            if let person {
                try await session.script("update secondline.person set login = '\(login)' where person_id = \(person)")
            }
            run = await CommandRun(["report"] + arguments, on: conninfo)
            try await session.script("update secondline.person set login = null where login is not null")
        }
        return run!
    }
}
