import Foundation
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline report")
struct ReportTests {
    private func withScene(_ body: (ReportScene, ScratchDatabase, Session) async throws -> Void) async throws {
        try await withDatabase { database, session in
            try await body(ReportScene(in: session), database, session)
        }
    }

    private func records(_ run: CommandRun) throws -> [[String]] {
        #expect(run.status == .ok, "\(run.errors)")
        let file = ScratchFile(run.output)
        defer { withExtendedLifetime(file) {} }
        var reader = CSVReader(descriptor: file.descriptor)
        var records: [[String]] = []
        while let record = try reader.next() {
            guard case .fields(let fields, _) = record else {
                Issue.record("\(record)")
                break
            }
            records.append(fields)
        }
        return records
    }

    /// Of each row that many columns of the CSV, joined by "|".
    private func rows(_ run: CommandRun, _ columns: String...) throws -> [String] {
        let records = try records(run)
        let places = columns.map { records[0].firstIndex(of: $0) ?? -1 }
        return records.dropFirst().map { record in places.map { record[$0] }.joined(separator: "|") }
    }

    @Test("a day is a table: presence, times, lateness, tasks, tickets, what is missing; a line for the team")
    func day() async throws {
        try await withScene { scene, database, _ in
            let run = await CommandRun(["report", "--date", scene.day], on: database.conninfo)
            #expect(run.status == .ok, "\(run.errors)")
            let tasks =
                "Mend the print template: done, 50 min; Ask for the logo: partly done, 95 min; =cmd|\"/c calc\"!A1"
            let open = "Call Northwind: no outcome; Read: no outcome"
            let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == [
                    "Support, \(scene.shownDay)", "PERSON PRESENCE ABSENCE START–END LATE TASKS TICKETS MISSING",
                    "Anna Lindqvist ended 08:57–18:03 \(tasks) \\u{202E}: not done 2 × 73 min",
                    "Boris Novak overdue 09:25– 25 min \(open) 2 outcomes, report", "Deniz Kaya absent vacation",
                    "Fatima Rahimi working 09:04– plan, report",
                    "4 people: 3 at work, 1 of them late, 1 absent; 2 tickets handled; 1 report overdue",
                ])
            #expect(!run.output.contains("\u{1B}") && !run.output.contains("\u{202E}"))
        }
    }

    @Test("what ends after midnight says so")
    func night() async throws {
        try await withScene { scene, database, session in
            try await session.script(
                """
                select secondline_rules.start_workday(pg_temp.at(0, '22:00'), 6);
                select secondline_rules.submit_plan(pg_temp.at(0, '22:05'), 6, array['Move the server']);
                select secondline_rules.report_task(now(), k.task_id, 'done', 300, null)
                  from secondline.task k where k.person_id = 6;
                select secondline_rules.submit_report(pg_temp.at(1, '05:00'), 6, 'all', 'nothing', null, '{}', null);
                select * from secondline_rules.end_workday(pg_temp.at(1, '06:03'), 6);
                """)
            let run = await CommandRun(["report", "--date", scene.day, "--team", "Sales"], on: database.conninfo)
            #expect(
                run.output == """
                    Sales, \(scene.shownDay)
                    PERSON     PRESENCE  START–END      TASKS
                    Ivo Sales  ended     22:00–06:03+1  Move the server: done, 300 min
                    1 person: 1 at work; 0 tickets handled

                    """)
        }
    }

    @Test("several days have their own column, and one person stands in the title")
    func period() async throws {
        try await withScene { scene, database, session in
            let to = try await session.simpleQuery("select (date '\(scene.day)' + 1)::text")[0][0] ?? ""
            let all = await CommandRun(["report", "--from", scene.day, "--to", to], on: database.conninfo)
            let lines = all.output.split(separator: "\n")
            #expect(lines.first == "Support")
            #expect(lines.dropFirst().first?.hasPrefix("DAY             PERSON ") == true)
            #expect(lines.count == 11)
            #expect(lines.last?.hasPrefix("8 days: 4 worked, 1 of them late, 2 absent, 2 no_show;") == true)
            let one = await CommandRun(
                ["report", "--from", scene.day, "--to", to, "--person", "bor", "--team", "Supp"], on: database.conninfo)
            #expect(one.output.hasPrefix("Support, Boris Novak\nDAY             PRESENCE  START–END  LATE "))
            #expect(one.output.contains("\n2 days: 2 worked, 1 of them late; 0 tickets handled; 1 report overdue\n"))
        }
    }

    @Test("on a terminal the tasks go on below themselves, and nothing is wider than it is", arguments: [70, 90, 120])
    func wrapped(_ width: Int) async throws {
        try await withScene { scene, _, session in
            let rows = try await session.query(
                DayReport(ReportStretch(from: scene.day, to: scene.day, isToday: false, team: nil, person: nil)))
            let table = ReportTable(team: "Support", rows: rows)
            let lines = table.text(width: width).split(separator: "\n").map(String.init)
            let column = try #require(lines[1].firstRange(of: "TASKS"))
            let start = lines[1].distance(from: lines[1].startIndex, to: column.lowerBound)
            #expect(lines[3].prefix(start).allSatisfy { $0 == " " } && lines[3].count > start)
            #expect(lines.dropFirst().dropLast().allSatisfy { $0.columns <= width })
            #expect(lines.count > table.text(width: nil).split(separator: "\n").count)
        }
    }

    @Test("csv has all columns of the view, its lines end as the standard wants, and no field is a formula")
    func csv() async throws {
        try await withScene { scene, database, session in
            let run = await CommandRun(["report", "--date", scene.day, "--format", "csv"], on: database.conninfo)
            let records = try records(run)
            let columns = try await session.simpleQuery(
                """
                select attname from pg_attribute where attrelid = 'secondline.day_report'::regclass and attnum > 0 order by attnum
                """)
            #expect(records[0] == columns.map { $0[0] ?? "" })
            #expect(records.count == 5)
            #expect(Array(run.output.utf8).count { $0 == 0x0D } == 5)
            #expect(
                try rows(run, "person", "presence", "absence_kind", "started_at", "ended_at", "late_minutes", "missing")
                    == [
                        "Anna Lindqvist|ended||\(scene.day) 08:57:00|\(scene.day) 18:03:00|0|",
                        "Boris Novak|overdue||\(scene.day) 09:25:00||25|task 4, task 5, report",
                        "Deniz Kaya|absent|vacation||||",
                        "Fatima Rahimi|working||\(scene.day) 09:04:00||0|plan, report",
                    ])
            let anna = try rows(
                run, "went_well", "tickets_handled", "minutes_per_ticket", "spent_minutes", "time_zone")[0]
            #expect(anna == "'+1: the \"logo\",\nfound|2|73|145|Europe/Berlin")
            try await session.script("update secondline.person set full_name = '=1+1' where person_id = 4")
            let renamed = await CommandRun(
                ["report", "--date", scene.day, "--format", "csv", "--person", "4"], on: database.conninfo)
            #expect(try rows(renamed, "person") == ["'=1+1"])
        }
    }

    @Test(
        "what a spreadsheet would compute is made text",
        arguments: [
            ("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("\rx", "'\rx"),
            (" =1", "' =1"),
            ("＝1", "'＝1"), ("a=1", "a=1"), ("", ""), ("1", "1"), (" ", " "),
        ])
    func formulas(_ text: String, _ expected: String) {
        #expect(text.harmlessInSpreadsheets == expected)
    }

    @Test("json is one array of the view's rows, and an empty one when there are none")
    func json() async throws {
        try await withScene { scene, database, _ in
            let run = await CommandRun(["report", "--date", scene.day, "--format", "json"], on: database.conninfo)
            #expect(run.status == .ok)
            let rows = try #require(
                try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
            #expect(rows.map { $0["person"] as? String } == ReportScene.people[1...4].map { $0 })
            #expect(Set(rows[0].keys) == Set(DayReportFields.columns))
            #expect((rows[0]["tasks"] as? String)?.contains("A1 \u{202E}: not done") == true)
            #expect(!run.output.contains("\u{202E}"))
            #expect(rows[1]["missing"] as? [String] == ["task 4", "task 5", "report"])
            #expect(rows[2]["started_at"] is NSNull)
            let none = await CommandRun(["report", "--date", "1999-01-01", "--format", "json"], on: database.conninfo)
            #expect(none.output == "[]\n")
        }
    }

    @Test("what cannot be written is an error where a program reads it", arguments: ["csv", "json"])
    func fullDisk(_ format: String) async throws {
        try await withScene { scene, database, _ in
            let full = open("/dev/full", O_WRONLY)
            defer { close(full) }
            let errors = ScratchFile()
            let status = await Program.secondline.run(
                arguments: ["report", "--date", scene.day, "--format", format, "--conninfo", database.conninfo],
                environment: [:], output: Terminal(descriptor: full, environment: [:]),
                errors: Terminal(descriptor: errors.descriptor, environment: [:]))
            #expect(status == .ioError)
            #expect(errors.text.contains("No space left"))
        }
    }

    @Test("many days come in parts, each once, in order")
    func parts() async throws {
        try await withScene { scene, database, session in
            // more people than rows at once make parts of a day each
            try await session.script(
                """
                insert into secondline.person (team_id, role, full_name, time_zone, capacity_minutes, load_minutes)
                select 2, 'specialist', 'Seller ' || n, 'UTC', 1, 0 from generate_series(1, 11000) n
                """)
            let days = try await session.simpleQuery(
                "select (d + n)::text from (select date '\(scene.day)' - \(ReportScene.lead) as d) x, generate_series(0, 35) n"
            )
            let last = days.last?[0] ?? ""
            for filter in [[], ["--person", "2"]] {
                let run = await CommandRun(
                    ["report", "--from", "0001-01-01", "--to", last, "--format", "csv"] + filter, on: database.conninfo)
                let mine = try rows(run, "person_id", "day").filter { $0.hasPrefix("2|") }
                #expect(mine == days.map { "2|\($0[0] ?? "")" })
                let order = try rows(run, "day")
                #expect(order == order.sorted())
            }
        }
    }

    @Test("a table of years is refused, csv is not")
    func longPeriod() async throws {
        try await withScene { scene, database, session in
            try await session.script(
                "insert into secondline.planned_shift values (2, '2020-01-01', '2020-01-01 09:00Z', '2020-01-01 18:00Z')"
            )
            let text = await CommandRun(["report", "--from", "2020-01-01"], on: database.conninfo)
            #expect(text.status == .usage)
            #expect(text.errors.contains("--format csv"))
            let csv = await CommandRun(
                ["report", "--from", "2019-01-01", "--to", "2020-05-01", "--format", "csv"], on: database.conninfo)
            #expect(try rows(csv, "day", "presence") == ["2020-01-01|no_show"])
        }
    }

    @Test("without days it is the day that it is for each person")
    func today() async throws {
        try await withDatabase { database, session in
            let zones = ["Pacific/Kiritimati", "Pacific/Pago_Pago"]
            try await session.script(
                """
                select secondline.add_team('Everywhere', 'UTC');
                select secondline.set_working_hours(secondline.add_person(1, 'specialist', z, null, 240, z), d, '00:00', '24:00')
                  from unnest(array['\(zones[0])', '\(zones[1])']) z, generate_series(1, 7) d;
                """)
            func now() async throws -> [String?] {
                try await session.simpleQuery(
                    "select (clock_timestamp() at time zone z)::date from unnest(array['\(zones[0])', '\(zones[1])']) z"
                ).map { $0[0] }
            }
            let before = try await now()
            let run = await CommandRun(["report", "--format", "csv"], on: database.conninfo)
            let table = await CommandRun(["report"], on: database.conninfo)
            let after = try await now()
            let seen = Dictionary(
                uniqueKeysWithValues: try rows(run, "person", "day").map { row in
                    let parts = row.split(separator: "|").map(String.init)
                    return (parts[0], parts[1])
                })
            #expect(seen.count == 2)
            for (index, zone) in zones.enumerated() { #expect([before[index], after[index]].contains(seen[zone])) }
            // they never have the same day
            #expect(table.output.hasPrefix("Everywhere\nDAY "))
            #expect(table.output.contains("\n2 days: 0 worked, 2 not_seen;"))
        }
    }

    @Test("programs and the daemon see everybody", arguments: ["secondline_app", "secondline_daemon"])
    func programs(_ role: String) async throws {
        try await withScene { scene, database, session in
            let run = try await scene.run(
                ["--date", scene.day, "--format", "csv"], as: nil, in: [role], database, session)
            #expect(try rows(run, "person") == ReportScene.people[1...4].map { $0 })
        }
    }

    @Test("a head sees the teams that they lead, also with a colleague's role, and nobody else's")
    func head() async throws {
        try await withScene { scene, database, session in
            let own = try await scene.run(
                ["--date", scene.day, "--format", "csv"], as: 1, in: ["secondline_head"], database, session)
            #expect(try rows(own, "person").count == 4)
            let other = try await scene.run(["--date", scene.day], as: 6, in: ["secondline_head"], database, session)
            #expect(other.output == "Nothing is planned or recorded for \(scene.day).\n")
            let refused = try await scene.run(
                ["--team", "Support", "--date", scene.day], as: 6, in: ["secondline_head"], database, session)
            #expect(refused.status == .dataError)
            #expect(refused.errors.contains("there is no team \"Support\" that you may see"))
            try await session.script("select secondline.set_deputy(1, 6)")
            let deputy = try await scene.run(["--date", scene.day], as: 6, in: ["secondline_head"], database, session)
            #expect(deputy.output.hasPrefix("Support, "))
        }
    }

    @Test("a member sees only their own days")
    func member() async throws {
        try await withScene { scene, database, session in
            for filter in [[], ["--team", "support"], ["--person", "Boris"], ["--person", "3"]] {
                let run = try await scene.run(
                    ["--date", scene.day, "--format", "csv"] + filter, as: 3, in: ["secondline_member"], database,
                    session)
                #expect(try rows(run, "person") == ["Boris Novak"])
            }
            let refused = try await scene.run(
                ["--date", scene.day, "--person", "Anna"], as: 3, in: ["secondline_member"], database, session)
            #expect(refused.status == .noPermission)
            #expect(refused.errors.contains("you may not see the days of Anna Lindqvist (2)"))
            #expect(refused.output.isEmpty)
        }
    }

    @Test("who may see nobody is told so", arguments: ["secondline_member", "secondline_head", "secondline_reader"])
    func nobody(_ role: String) async throws {
        try await withScene { scene, database, session in
            let run = try await scene.run(["--date", scene.day], as: nil, in: [role], database, session)
            #expect(run.status == .noPermission)
            #expect(run.errors.contains("may see nobody's days"))
            #expect(run.output.isEmpty)
        }
    }

    @Test("a department without people is told what to call")
    func empty() async throws {
        try await withDatabase { database, _ in
            let run = await CommandRun(["report"], on: database.conninfo)
            #expect(run.status == .dataError)
            #expect(run.errors.contains("secondline.add_person"))
        }
    }

    @Test(
        "a mistake in the days is one of the command line",
        arguments: [
            (["--date", "x"], "--date: \"x\" is not a day"),
            (["--date", "2026-02-30"], "--date: \"2026-02-30\" is not a day"),
            (["--from", "2026-2-3"], "--from: \"2026-2-3\" is not a day"),
            (["--date", ""], "--date: \"\" is not a day"),
            (["--date", "2026-02-03T"], "is not a day"), (["--date", "0000-01-01"], "is not a day"),
            (["--from", "2026-02-02", "--to", "2026-02-01"], "--from 2026-02-02 is after --to 2026-02-01"),
            (["--date", "2026-02-02", "--from", "2026-02-01"], "--date goes with neither --from nor --to"),
            (["--date", "2026-02-02", "--to", "2026-02-01"], "--date goes with neither --from nor --to"),
            (["--to", "2026-02-01"], "--to needs --from"), (["--team", " "], "--team names none"),
            (["--person", ""], "--person names nobody"), (["--format", "xml"], "It takes text, csv, json."),
            (["--tean", "x"], "Did you mean --team?"), (["today"], "does not take \"today\""),
        ])
    func mistakes(_ arguments: [String], _ says: String) async {
        let run = await CommandRun(["report"] + arguments, on: "host=/nonexistent")
        #expect(run.status == .usage)
        #expect(run.errors.contains(says), "\(run.errors)")
        #expect(run.output.isEmpty)
    }

    @Test(
        "a team or a person that is not there, or not alone, is refused with those that are near",
        arguments: [
            (
                ["--team", "Suport"],
                "no team \"Suport\" that you may see; did you mean Support?\nThere are Sales, Support."
            ),
            (["--team", "s"], "\"s\" may be Sales, Support"),
            (["--person", "nova "], "nobody's name has \"nova \" in it"),
            (["--person", "99"], "there is no person 99"),
            (["--person", "Boris", "--team", "Sales"], "Boris Novak (3) is of Support, not of Sales"),
        ])
    func notThere(_ arguments: [String], _ says: String) async throws {
        try await withScene { _, database, _ in
            let run = await CommandRun(["report"] + arguments, on: database.conninfo)
            #expect(run.status == .dataError)
            #expect(run.errors.contains(says), "\(run.errors)")
        }
    }

    @Test("names that several have are listed")
    func ambiguous() async throws {
        try await withScene { _, database, session in
            try await session.script("update secondline.person set full_name = 'Anna Lind' where person_id = 5")
            let run = await CommandRun(["report", "--person", "anna"], on: database.conninfo)
            #expect(run.status == .dataError)
            #expect(run.errors.contains("\"anna\" may be Anna Lind (5), Anna Lindqvist (2)"))
        }
    }
}
