import Policy
import Postgres
import Store

extension Command {
    static let report = Command(
        name: "report", summary: "The head's table: who was there, what they planned, how it went",
        discussion: """
            A row per person and day up to today, with the times of the person's own clock; without days, today. With \
            a login of their own people see their own days and those of the teams that they lead. Late minutes count \
            from the start of the shift; "often" stands beside those of people who were late as often as the team \
            calls systematic (secondline.set_lateness). csv and json have all columns of secondline.day_report; a \
            field of csv that a spreadsheet would take for a formula begins with an apostrophe. Works on a standby as \
            well.
            """,
        options: [
            Option(long: "date", value: "DAY", summary: "This day, such as 2026-11-23"),
            Option(long: "from", value: "DAY", summary: "All days from this one on"),
            Option(long: "to", value: "DAY", summary: "Up to this one (default: today)"),
            Option(long: "team", value: "NAME", summary: "Only of this team: its name, or a part of it"),
            Option(long: "person", value: "PERSON", summary: "Only of this person: a number, or a part of the name"),
            Option(
                long: "format", value: "FORMAT", choices: ["text", "csv", "json"], summary: "How it is written"),
        ],
        run: { call in try await ReportCommand(call: call).run() })
}

struct ReportCommand {
    let call: Invocation

    /// The most rows, about, that are in memory at once where they are not laid out as a table.
    private static let rowsAtOnce = 20_000
    /// A table is as wide as its widest row, so all of a team's are there before the first is shown.
    private static let mostDaysOfText = 366

    func run() async throws -> ExitStatus {
        let period = try ReportPeriod(call)
        let teamSearch = try call.value("team").map { (word) throws(CommandFailure) in try TeamSearch(word) }
        let personSearch = try call.value("person").map { (word) throws(CommandFailure) in
            try PersonSearch(word, option: "--person")
        }
        let session = try await CommandSession(call, writes: false).open()
        let teams = try await session.query(VisibleTeams())
        guard !teams.isEmpty else { return try await nobody(in: session) }
        let team = try teamSearch?.team(among: teams)
        let person = try await personSearch?.person(in: session)
        if let person { try await check(person, team, in: session) }

        let people = person == nil ? team?.people ?? teams.reduce(0) { $0 + $1.people } : 1
        let parts = try await parts(of: period, people: max(1, people), in: session)
        func stretches(of team: VisibleTeams.Row?) -> [ReportStretch] {
            parts.map { part in
                ReportStretch(
                    from: part.from, to: part.to, isToday: period.from == nil, team: team?.id, person: person?.id)
            }
        }
        switch call.value("format") {
        case "csv": try await writeCSV(stretches(of: team), from: session)
        case "json": try await writeJSON(stretches(of: team), from: session)
        case _:
            let shown = (team.map { [$0] } ?? teams).map { ($0.name, stretches(of: $0)) }
            if try await !writeTables(shown, from: session) {
                call.output.write("Nothing is planned or recorded \(period.words).\n")
            }
        }
        await session.close()
        return .ok
    }

    /// So that a year of many people is read in pieces.
    private func parts(
        of period: ReportPeriod, people: Int, in session: Session
    ) async throws -> [StretchParts.Row] {
        guard let from = period.from else { return try await session.query(TodayEverywhere()) }
        let isText = call.value("format").map { $0 == "text" } ?? true
        let length = max(1, min(31, Self.rowsAtOnce / people))
        let parts = try await session.query(StretchParts(from: from, to: period.to, length: length))
        guard !isText || parts.count * length <= Self.mostDaysOfText + length else {
            throw CommandFailure(
                .usage, "a table of more than \(Self.mostDaysOfText) days is not for reading",
                advice: "Name fewer days with --from and --to, or take --format csv.")
        }
        return parts
    }

    private func nobody(in session: Session) async throws -> ExitStatus {
        let reader = try await session.query(ReportReader()).first
        await session.close()
        if let reader, reader.isAnybodyThere {
            throw CommandFailure(
                .noPermission, "the login \(reader.login) may see nobody's days",
                advice: """
                    Use that of a head, of a person (secondline.person.login), or of a program in secondline_app.
                    """)
        }
        throw CommandFailure(
            .dataError, "there are no people yet", advice: "See secondline.add_team and secondline.add_person.")
    }

    private func check(_ person: FindPeople.Row, _ team: VisibleTeams.Row?, in session: Session) async throws {
        guard let found = try await session.query(ReportedPerson(person.id)).first else { return }
        guard found.isVisible else {
            throw CommandFailure(
                .noPermission, "you may not see the days of \(person.name) (\(person.id.raw))",
                advice: "They themselves may, and the head and deputy of \(found.team).")
        }
        if let team, team.name != found.team {
            throw CommandFailure(
                .dataError, "\(person.name) (\(person.id.raw)) is of \(found.team), not of \(team.name)",
                advice: "Leave --team out.")
        }
    }

    /// False when there is nothing to show.
    private func writeTables(
        _ teams: [(name: String, stretches: [ReportStretch])], from session: Session
    ) async throws -> Bool {
        var isEmpty = true
        for (name, stretches) in teams {
            var rows: [DayReport.Row] = []
            for stretch in stretches { rows += try await session.query(DayReport(stretch)) }
            guard !rows.isEmpty else { continue }
            call.output.write((isEmpty ? "" : "\n") + ReportTable(team: name, rows: rows).text(for: call.output))
            isEmpty = false
        }
        return !isEmpty
    }

    private func writeCSV(_ stretches: [ReportStretch], from session: Session) async throws {
        var writer = CSVWriter(descriptor: call.output.descriptor, lineEnd: "\r\n")
        try writer.write(DayReportFields.columns)
        for stretch in stretches {
            for fields in try await session.query(DayReportFields(stretch)) {
                let fields = fields.map { $0?.harmlessInSpreadsheets ?? "" }
                try writer.write(call.output.isTerminal ? fields.map { $0.visible() } : fields)
            }
        }
        try writer.flush()
    }

    private func writeJSON(_ stretches: [ReportStretch], from session: Session) async throws {
        var separator = "["
        for stretch in stretches {
            for object in try await session.query(DayReportObjects(stretch)) {
                try write("\(separator)\n\(object.visibleJSON)")
                separator = ","
            }
        }
        try write(separator == "[" ? "[]\n" : "\n]\n")
    }

    /// What a program reads on must not be cut in silence.
    private func write(_ text: String) throws(SystemError) {
        if let code = FileBytes.write(Array(text.utf8), to: call.output.descriptor) { throw SystemError(code: code) }
    }
}
