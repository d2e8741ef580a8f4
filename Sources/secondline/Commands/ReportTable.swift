import Store

/// The days of a team as its head reads them.
struct ReportTable {
    let team: String
    let rows: [DayReport.Row]

    func text(for terminal: Terminal) -> String { text(width: terminal.width, styled: terminal.styled) }

    /// Columns that would be empty are left out; the only day or person stands in the title.
    func text(width: Int?, styled: (String, Terminal.Style) -> String = { text, _ in text }) -> String {
        let days = Set(rows.map(\.day))
        let isOnePerson = days.count > 1 && Set(rows.map(\.personID)).count == 1
        let only = days.count == 1 ? rows[0].day : isOnePerson ? rows[0].person : nil
        let shown = Self.columns.filter { column in
            switch column.heading {
            case "DAY": days.count > 1
            case "PERSON": !isOnePerson
            case _: rows.contains { !column.cell($0).text.isEmpty }
            }
        }
        var table = TextTable(
            shown.map {
                .init(
                    heading: $0.heading, alignment: $0.alignment, shrinks: $0.heading == "PERSON",
                    wrapsTo: $0.wrapsTo)
            })
        for row in rows { table.append(shown.map { $0.cell(row) }) }
        let title = ([team] + (only.map { [$0] } ?? [])).joined(separator: ", ")
        return styled(title.visible(), .bold) + "\n" + table.text(width: width, styled: styled) + summary + "\n"
    }

    private struct Column {
        let heading: String
        var alignment = TextTable.Column.Alignment.left
        var wrapsTo: Int?
        let cell: (DayReport.Row) -> TextTable.Cell
    }

    private static var columns: [Column] {
        [
            Column(heading: "DAY") { .init($0.day) },
            Column(heading: "PERSON") { .init($0.person, .bold) },
            Column(heading: "PRESENCE") { .init($0.presence, style(of: $0.presence)) },
            Column(heading: "ABSENCE") { .init($0.absence ?? "", .faint) },
            Column(heading: "START–END") { .init(times($0)) },
            Column(heading: "LATE") { late($0) },
            Column(heading: "TASKS", wrapsTo: 20) { .init($0.tasks ?? "") },
            Column(heading: "TICKETS", alignment: .right) { .init(tickets($0)) },
            Column(heading: "MISSING", wrapsTo: 10) { .init(missing($0), .yellow) },
        ]
    }

    private static func style(of presence: String) -> Terminal.Style? {
        switch presence {
        case "working": .green
        case "no_show", "overdue": .red
        case "not_seen": .yellow
        case "absent", "expected", "excused": .faint
        case _: nil
        }
    }

    /// `09:02–17:58`, `22:00–06:03+1`, `09:02–` while it is open.
    private static func times(_ row: DayReport.Row) -> String {
        guard let start = row.start else { return "" }
        return clock(start) + "–" + (row.end.map(clock) ?? "")
    }

    private static func clock(_ clock: DayReport.Clock) -> String {
        switch clock.daysLater {
        case 0: clock.time
        case let days: "\(clock.time)\(days > 0 ? "+" : "")\(days)"
        }
    }

    private static func late(_ row: DayReport.Row) -> TextTable.Cell {
        guard let minutes = row.lateMinutes, minutes > 0 else { return "" }
        let time = Figures.time(Double(minutes) * 60)
        return row.isSystematicallyLate ? .init("\(time), often", .red) : .init(time, .yellow)
    }

    /// How many, and the minutes of one: `3 × 40 min`.
    private static func tickets(_ row: DayReport.Row) -> String {
        let minutes = row.minutesPerTicket.map { " × \(Figures.grouped($0)) min" } ?? ""
        return row.ticketsHandled > 0 || !minutes.isEmpty ? Figures.grouped(row.ticketsHandled) + minutes : ""
    }

    /// `plan, 2 outcomes, report`: which tasks have none is seen beside it.
    private static func missing(_ row: DayReport.Row) -> String {
        let outcomes = row.missing.count { $0.hasPrefix("task ") }
        var words: [String] = []
        for item in row.missing {
            if !item.hasPrefix("task ") {
                words.append(item)
            } else if !words.contains(where: { $0.contains("outcome") }) {
                words.append(Figures.counted(outcomes, "outcome"))
            }
        }
        return words.joined(separator: ", ")
    }

    /// `12 people: 9 at work, 2 of them late, 2 absent, 1 not_seen; 14 tickets handled; 1 unfinished report`; of several days
    /// the days of people are counted.
    private var summary: String {
        let isOneDay = Set(rows.map(\.day)).count == 1
        func counted(_ presence: String...) -> Int { rows.count { presence.contains($0.presence) } }
        var words: [String] = []
        let worked = rows.count { $0.start != nil }
        words.append("\(Figures.grouped(worked)) \(isOneDay ? "at work" : "worked")")
        let late = rows.count { ($0.lateMinutes ?? 0) > 0 }
        if late > 0 { words[0] += ", \(Figures.grouped(late)) of them late" }
        for presence in ["absent", "expected", "not_seen", "no_show"] where counted(presence) > 0 {
            words.append("\(Figures.grouped(counted(presence))) \(presence)")
        }
        let people = Figures.grouped(rows.count) + (isOneDay ? (rows.count == 1 ? " person" : " people") : " days")
        var text = "\(people): \(words.joined(separator: ", "))"
        text += "; \(Figures.counted(rows.reduce(0) { $0 + $1.ticketsHandled }, "ticket")) handled"
        let open = counted("overdue")
        if open > 0 { text += "; \(Figures.counted(open, "report")) overdue" }
        return text
    }
}
