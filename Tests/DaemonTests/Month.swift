/// October 2026 of a team of twelve, as a script of what people do and the messages that must come of it. Computed with minutes and
/// fixed offsets alone, so that it knows nothing of how the product computes.
struct Month {
    /// Minutes since 2026-10-01T00:00Z.
    typealias Minute = Int

    enum Zone {
        case berlin, yekaterinburg

        var name: String { self == .berlin ? "Europe/Berlin" : "Asia/Yekaterinburg" }

        /// A wall clock of October as an instant. Berlin turns its clocks back on the 25th at 3:00.
        func minute(_ day: Int, _ wall: Int) -> Minute {
            let local = (day - 1) * 1440 + wall
            switch self {
            case .berlin: return local - (local < 24 * 1440 + 180 ? 120 : 60)
            case .yekaterinburg: return local - 300
            }
        }
    }

    struct Person {
        let number: Int
        let name: String
        var zone = Zone.berlin
        var role = "specialist"
        /// Spans of wall clock minutes; past 1440 is the next day.
        var hours = [(540, 1080)]
        /// 1 Monday … 7 Sunday.
        var weekdays = Set(1...5)

        var shiftStart: Int { hours.first!.0 }
        var shiftEnd: Int { hours.last!.1 }
    }

    struct Message: Hashable, Comparable, CustomStringConvertible {
        let at: Minute
        let kind: String
        /// Nil is the team.
        let to: Int?

        static func < (a: Message, b: Message) -> Bool {
            (a.at, a.kind, a.to ?? -1) < (b.at, b.kind, b.to ?? -1)
        }

        var description: String { "\(Month.text(at)) \(kind) → \(to.map(String.init) ?? "team")" }
    }

    static let people: [Person] = [
        Person(number: 0, name: "Hanna", role: "head"),
        Person(number: 1, name: "Boris"),
        Person(number: 2, name: "Clara, who plans late on even days"),
        Person(number: 3, name: "Dora, in two spans", hours: [(480, 720), (780, 1020)]),
        Person(number: 4, name: "Emil, at night", hours: [(1320, 1800)], weekdays: [2, 3, 4, 5, 6]),
        Person(number: 5, name: "Fritz, late on Mondays and Thursdays"),
        Person(number: 6, name: "Gerda, who reports after the end on Tuesdays"),
        Person(number: 7, name: "Hugo, who forgets the report on Wednesdays"),
        Person(number: 8, name: "Ida, who falls ill on the 14th"),
        Person(number: 9, name: "Jan, on vacation from the 5th to the 16th", zone: .yekaterinburg),
        Person(number: 10, name: "Kira, who does not come on the 20th", zone: .yekaterinburg),
        Person(number: 11, name: "Lena, at the doctor's on the 22nd", zone: .yekaterinburg),
    ]
    static let holiday = 9
    static let standupDays = Set(1...4)

    private(set) var acts: [(at: Minute, sql: String)] = []
    private(set) var messages: [Message] = []
    /// Of Fritz and all others, by the minutes: day and minutes.
    private(set) var lateDays: [(person: Int, day: Int, minutes: Int)] = []

    static func weekday(_ day: Int) -> Int { (day + 2) % 7 + 1 }

    static func text(_ at: Minute) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = at >= 0 ? at / 1440 : -1
        let minute = at - day * 1440
        let date = day < 0 ? "2026-09-30" : day < 31 ? "2026-10-\(two(day + 1))" : "2026-11-\(two(day - 30))"
        return "\(date) \(two(minute / 60)):\(two(minute % 60))+00"
    }

    init() {
        tell(0, "absence.recorded", 0)
        act(0, "perform secondline_rules.record_absence(at, p[9], 'vacation', '2026-10-05', '2026-10-16', null, null);")
        for person in Self.people {
            // whose last report was forgotten
            var isOverdue = false
            for day in 1...31 where person.weekdays.contains(Self.weekday(day)) && day != Self.holiday {
                live(day, of: person, &isOverdue)
            }
        }
        for day in 1...31 where Self.standupDays.contains(Self.weekday(day)) && day != Self.holiday {
            let at = Zone.berlin.minute(day, 590)
            for person in Self.people where !isAbsent(person.number, on: day) {
                tell(at, "standup.agenda", person.number)
            }
            messages.append(Message(at: at, kind: "standup.agenda", to: nil))
        }
        acts.sort { $0.at < $1.at }
        messages.sort()
    }

    /// For the whole day.
    private func isAbsent(_ person: Int, on day: Int) -> Bool {
        person == 9 && (5...16).contains(day) || person == 8 && (15...16).contains(day)
    }

    private mutating func act(_ at: Minute, _ sql: String) { acts.append((at, sql)) }

    private mutating func tell(_ at: Minute, _ kind: String, _ to: Int) {
        messages.append(Message(at: at, kind: kind, to: to))
    }

    private mutating func live(_ day: Int, of person: Person, _ isOverdue: inout Bool) {
        let (n, weekday) = (person.number, Self.weekday(day))
        guard !isAbsent(n, on: day) else { return }
        var start = person.zone.minute(day, person.shiftStart)
        let end = person.zone.minute(day, person.shiftEnd)
        if n == 11, day == 22 {
            // at the doctor's until eleven: the shift starts then
            tell(person.zone.minute(21, 1000), "absence.recorded", 0)
            act(
                person.zone.minute(21, 1000),
                "perform secondline_rules.record_absence(at, p[11], 'sick', null, null, "
                    + "'2026-10-22 09:00 Asia/Yekaterinburg', '2026-10-22 11:00 Asia/Yekaterinburg');")
            start = person.zone.minute(day, 660)
        }
        if n == 10, day == 20 {
            tell(start + 10, "workday.unseen", n)
            tell(start + 60, "workday.no_show", 0)
            return
        }
        var began = start + 2
        if n == 5, weekday == 1 || weekday == 4 {
            began = start + 25
            tell(start + 10, "workday.unseen", n)
            lateDays.append((n, day, 25))
        }
        act(began, "perform secondline_rules.start_workday(at, p[\(n)]);")
        tell(began, "plan.reminder", n)
        if isOverdue {
            tell(began, "report.reminder", n)
            act(began + 5, report(n, comment: "for yesterday"))
            isOverdue = false
        }
        let isLatePlanner = n == 2 && day % 2 == 0
        if isLatePlanner { tell(began + 30, "plan.reminder", n) }
        act(
            began + (isLatePlanner ? 45 : 8),
            "perform secondline_rules.submit_plan(at, p[\(n)], array['Answer tickets', 'Day \(day)']);")
        if n == 8, day == 14 {
            tell(person.zone.minute(day, 720), "absence.recorded", 0)
            act(
                person.zone.minute(day, 720),
                "perform secondline_rules.record_absence(at, p[8], 'sick', '2026-10-14', '2026-10-16', null, null);")
            return
        }
        if n == 3 {
            act(person.zone.minute(day, 720), "perform secondline_rules.pause_workday(at, p[3]);")
            act(person.zone.minute(day, 780), "perform secondline_rules.resume_workday(at, p[3]);")
        }
        switch n {
        case 2 where day == 28:
            tell(end - 15, "report.reminder", n)
            act(end, leave(n, isRefused: true))
            tell(end, "report.reminder", n)
            act(end + 10, "perform secondline_rules.excuse_workday(at, p[2], p[0], 'the laptop broke', null);")
        case 6 where weekday == 2:
            tell(end - 15, "report.reminder", n)
            act(end, leave(n, isRefused: true))
            // once, however often
            act(end + 1, leave(n, isRefused: true))
            tell(end, "report.reminder", n)
            tell(end + 30, "report.reminder", n)
            act(end + 40, report(n, comment: "late"))
            act(end + 40, leave(n, isRefused: false))
        case 7 where weekday == 3:
            tell(end - 15, "report.reminder", n)
            for minutes in [30, 60, 90] { tell(end + minutes, "report.reminder", n) }
            tell(end + 120, "workday.unreported", 0)
            isOverdue = true
        default:
            act(end - 20, report(n, comment: "as planned"))
            act(end, leave(n, isRefused: false))
        }
    }

    private func report(_ n: Int, comment: String) -> String {
        """
        perform secondline_rules.report_task(at, t.task_id, 'done', 30, null) from secondline.task t
          join secondline.workday w on w.person_id = t.person_id and w.day = t.day
         where t.person_id = p[\(n)] and t.outcome is null and w.state in ('working', 'overdue');
        perform secondline_rules.submit_report(at, p[\(n)], 'Went well', '\(comment)', null, '{}', null);
        """
    }

    private func leave(_ n: Int, isRefused: Bool) -> String {
        "assert (select ended from secondline_rules.end_workday(at, p[\(n)])) = \(!isRefused), 'person \(n)';"
    }
}
