import Postgres
import TestSupport
import Testing

@Suite(.serialized, .ownDatabase) struct WorkdayTests {
    enum State: String, CaseIterable, Sendable {
        case none, working, paused, ended, overdue, excused, sick

        /// What leads there on the Monday, plan and report included.
        func reach(_ one: Rhythm) async throws {
            guard self != .none else { return }
            try await one.run("start_workday({09:00}, {person})")
            switch self {
            case .none, .working: break
            case .paused: try await one.run("pause_workday({10:00}, {person})")
            case .ended:
                try await one.report()
                try await one.run("end_workday({16:00}, {person})")
            case .overdue: try await one.run("compile_calendars({2 09:00}, 1000)", "mark_overdue({2 09:00}, 1000)")
            case .excused: try await one.run("excuse_workday({11:00}, {person}, {head}, 'a power cut', null)")
            case .sick: try await one.run("record_absence({11:00}, {person}, 'sick', {today}, {today}, null, null)")
            }
        }
    }

    /// What happens on the Monday at noon, or when the next shift has begun, and what then becomes of each state, in the order of
    /// `State`: a state, or the refusal.
    struct Event: Sendable, CustomTestStringConvertible {
        let call: String
        let becomes: [String]
        /// As journalled; the person who did it, if not the specialist.
        let event: String
        var by = "{person}"

        var testDescription: String { call }

        static let all = [
            Event(
                call: "start_workday({12:00}, {person})",
                becomes: ["working", "SL006", "SL006", "working", "working", "SL006", "SL006"], event: "reopened"),
            Event(
                call: "start_workday({17:00}, {person})",
                becomes: ["working", "SL006", "SL006", "SL006", "SL006", "SL006", "SL006"], event: "started"),
            Event(
                call: "pause_workday({12:00}, {person})",
                becomes: ["SL003", "paused", "SL006", "SL003", "SL003", "SL003", "SL003"], event: "paused"),
            Event(
                call: "resume_workday({12:00}, {person})",
                becomes: ["SL003", "SL006", "working", "SL003", "SL003", "SL003", "SL003"], event: "resumed"),
            Event(
                call: "end_workday({12:00}, {person})",
                becomes: ["SL003", "working", "paused", "SL003", "SL003", "SL003", "SL003"], event: "end_refused"),
            Event(
                call: "excuse_workday({12:00}, {person}, {head}, 'why', null)",
                becomes: ["SL003", "excused", "excused", "SL003", "excused", "SL003", "SL003"], event: "excused",
                by: "{head}"),
            Event(
                call: "record_absence({12:00}, {person}, 'sick', {today}, {today}, null, null)",
                becomes: ["none", "excused", "excused", "ended", "excused", "excused", "23P01"], event: "excused",
                by: "-"),
            Event(
                call: "record_absence({12:00}, {person}, 'vacation', {today}, {today}, null, null)",
                becomes: ["none", "working", "paused", "ended", "overdue", "excused", "23P01"], event: ""),
            Event(
                call: "mark_overdue({2 08:59}, 1000)",
                becomes: ["none", "working", "paused", "ended", "overdue", "excused", "excused"], event: ""),
            Event(
                call: "mark_overdue({2 09:00}, 1000)",
                becomes: ["none", "overdue", "overdue", "ended", "overdue", "excused", "excused"], event: "overdue",
                by: "-"),
            Event(
                call: "start_workday({2 08:50}, {person})",
                becomes: ["none", "overdue", "overdue", "ended", "overdue", "excused", "excused"], event: "started"),
            Event(
                call: "correct_workday({12:00}, {person}, {head}, {08:30}, null, 'why')",
                becomes: ["P0002", "working", "paused", "ended", "overdue", "excused", "excused"], event: "corrected",
                by: "{head}"),
            Event(
                call: "correct_workday({12:00}, {person}, {head}, {08:30}, {11:30}, 'why')",
                becomes: ["P0002", "SL001", "SL001", "ended", "SL001", "excused", "excused"], event: "corrected",
                by: "{head}"),
        ]
    }

    @Test("a workday goes the ways that its drawing shows, and no other", arguments: Event.all, State.allCases)
    func transition(event: Event, from: State) async throws {
        let one = try await Rhythm()
        try await db.script(one("select secondline_rules.compile_calendars({09:00}, 1000)"))
        try await from.reach(one)
        let wanted = event.becomes[State.allCases.firstIndex(of: from)!]
        let (before, entry) = (try await one.states(), try await one.lastEntry())
        if wanted.wholeMatch(of: /[0-9A-Z]{5}/) != nil {
            let journal = try await everything()
            await db.expectRefusal(SQLState(wanted), one("select secondline_rules.\(event.call)"))
            #expect(try await one.states() == before)
            #expect(try await everything() == journal)
            return
        }
        try await one.run(event.call)
        let states = try await one.states()
        #expect((states.first ?? "none") == wanted || from == .none && states == ["working"])
        let last = try await one.lastEntry()
        if states != before || event.event == "corrected" || event.event == "end_refused" {
            let told = (last.first ?? "").split(separator: "|", omittingEmptySubsequences: false).prefix(2)
            let started = from == .none ? "started" : event.event
            #expect(told.joined(separator: "|") == one("\(started)|\(event.by)"))
        } else {
            #expect(last == entry)
        }
    }

    /// No two open ones: what ends a day and what starts the next are told in order.
    @Test("with plan and report it ends, from work as from a pause", arguments: [State.working, .paused])
    func end(from: State) async throws {
        let one = try await Rhythm()
        try await from.reach(one)
        try await one.report()
        #expect(
            try await db.lines(one("select * from secondline_rules.end_workday({16:00}, {person})")) == ["t|{}"])
        #expect(try await one.states() == ["ended"])
        #expect(try await one.lastEntry() == [one("ended|{person}|\(from.rawValue)|ended|-")])
        #expect(
            try await db.value(one("select ended_at = {16:00} from secondline.workday where person_id = {person}"))
                == "t")
    }

    @Test("a day that was reported and not ended is not overdue: it ended with its shift")
    func forgotten() async throws {
        let one = try await Rhythm()
        try await one.run("start_workday({09:00}, {person})")
        try await one.report()
        try await one.run("start_workday({2 09:00}, {person})")
        #expect(try await one.states() == ["ended", "working"])
        #expect(
            try await db.value(
                one("select ended_at = {17:00} from secondline.workday where person_id = {person} and day = {today}"))
                == "t")
        #expect(
            try await db.lines(
                one(
                    "select event from secondline.workday_journal where person_id = {person} and day = {today} order by 1"
                ))
                == ["ended", "overdue", "planned", "reported", "started"])
    }

    @Test("opened again within the shift it has its plan and its report, and ends with them")
    func reopened() async throws {
        let one = try await Rhythm()
        try await State.ended.reach(one)
        try await one.run("start_workday({16:30}, {person})")
        #expect(try await one.lastEntry() == [one("reopened|{person}|ended|working|-")])
        #expect(
            try await db.lines(
                one("select started_at = {09:00}, ended_at from secondline.workday where person_id = {person}"))
                == ["t|-"])
        #expect(
            try await db.lines(one("select * from secondline_rules.end_workday({17:00}, {person})")) == ["t|{}"])
    }

    @Test("an overdue day keeps today from ending, and each of several ends with its own report")
    func overdue() async throws {
        let one = try await Rhythm()
        for day in 1...3 { try await one.run("start_workday({\(day) 09:00}, {person})") }
        #expect(try await one.states() == ["overdue", "overdue", "working"])
        #expect(
            try await db.lines(one("select missing from secondline_rules.end_workday({3 16:00}, {person})"))
                == ["{plan,report,\"day 2020-06-01\",\"day 2020-06-02\"}"])
        // the later one first
        try await one.run("submit_report({3 16:05}, {person}, 'well', 'badly', null, null, '2020-06-02')")
        #expect(try await one.states() == ["overdue", "ended", "working"])
        // then the earliest by itself
        #expect(
            try await db.value(
                one("select secondline_rules.submit_report({3 16:06}, {person}, 'well', 'badly', null, null, null)"))
                == "2020-06-01")
        #expect(try await one.states() == ["ended", "ended", "working"])
        #expect(
            try await db.lines(
                one(
                    "select day, ended_at = shift_ends_at from secondline.workday where person_id = {person} and state = 'ended' order by day"
                ))
                == ["2020-06-01|t", "2020-06-02|t"])
        #expect(
            try await db.lines(one("select missing from secondline_rules.end_workday({3 16:10}, {person})"))
                == ["{plan,report}"])
    }

    @Test("an overdue day that is excused keeps nothing from ending; the earliest is excused first")
    func excuseOverdue() async throws {
        let one = try await Rhythm()
        for day in 1...3 { try await one.run("start_workday({\(day) 09:00}, {person})") }
        try await one.run("excuse_workday({3 10:00}, {person}, {head}, 'an outage', null)")
        #expect(try await one.states() == ["excused", "overdue", "working"])
        try await one.run("excuse_workday({3 10:00}, {person}, {head}, 'an outage', '2020-06-03')")
        #expect(try await one.states() == ["excused", "overdue", "excused"])
        #expect(
            try await db.lines(
                one(
                    "select day, excused_by, excuse from secondline.workday where person_id = {person} and state = 'excused' order by day"
                ))
                == [one("2020-06-01|{head}|an outage"), one("2020-06-03|{head}|an outage")])
        #expect(try await one.lastEntry() == [one("excused|{head}|working|excused|an outage")])
    }

    struct Judge: Sendable {
        let who: String
        let of: String
        var before: [String] = []
        let refused: SQLState?
    }

    @Test(
        "who may excuse and correct: a head of the team and the deputy, nobody else, and nobody themselves",
        arguments: [
            Judge(who: "{head}", of: "{person}", refused: nil), Judge(who: "{deputy}", of: "{person}", refused: nil),
            Judge(who: "{deputy}", of: "{head}", refused: nil),
            Judge(who: "{other_head}", of: "{person}", refused: "SL005"),
            Judge(who: "{colleague}", of: "{person}", refused: "SL005"),
            Judge(who: "{manager}", of: "{person}", refused: "SL005"),
            Judge(who: "{person}", of: "{person}", refused: "SL005"),
            Judge(who: "{head}", of: "{head}", refused: "SL005"),
            Judge(who: "{head}", of: "{deputy}", refused: "SL005"),
            Judge(
                who: "{person}", of: "{person}", before: ["set_deputy({team}, {person})"], refused: "SL005"),
            Judge(who: "{deputy}", of: "{person}", before: ["set_deputy({team}, null)"], refused: "SL005"),
            Judge(who: "{other_head}", of: "{person}", before: ["set_head({team}, {other_head})"], refused: nil),
            // a second head takes nothing from the first
            Judge(who: "{head}", of: "{person}", before: ["set_head({team}, {other_head})"], refused: nil),
            Judge(
                who: "{other_head}", of: "{person}",
                before: ["set_head({team}, {other_head})", "set_head({team}, null)"], refused: "SL005"),
            Judge(who: "{head}", of: "{person}", before: ["deactivate_person({head})"], refused: "SL005"),
            Judge(who: "-1", of: "{person}", refused: "P0002"), Judge(who: "null", of: "{person}", refused: "P0002"),
            Judge(who: "{head}", of: "-1", refused: "P0002"), Judge(who: "{head}", of: "null", refused: "P0002"),
        ])
    func judges(_ one: Judge) async throws {
        let rhythm = try await Rhythm()
        for call in one.before { try await db.script(rhythm("select secondline.\(call)")) }
        if !["-1", "null"].contains(one.of) { try await rhythm.run("start_workday({09:00}, \(one.of))") }
        let calls = [
            "correct_workday(\(one.of), \(one.who), {08:30}, null, 'why')",
            "remark(\(one.who), \(one.of), 'what', 'how', 'why')",
            "excuse_workday(\(one.of), \(one.who), 'why')",
        ]
        for call in calls {
            let sql = rhythm("select secondline.\(call)")
            let before = try await everything()
            guard let refused = one.refused else {
                try await db.script(sql)
                continue
            }
            await db.expectRefusal(refused, sql)
            #expect(try await everything() == before)
        }
    }

    @Test("a sick-leave excuses the days that it covers, overdue ones too, and nobody else's")
    func sick() async throws {
        let one = try await Rhythm()
        for day in 1...3 { try await one.run("start_workday({\(day) 09:00}, {person})") }
        try await one.run("start_workday({3 09:00}, {colleague})")
        let absence = try await db.id(one("secondline.record_absence({person}, 'sick', '2020-06-02', '2020-06-05')"))
        #expect(try await one.states() == ["overdue", "excused", "excused"])
        #expect(
            try await db.lines(
                one(
                    "select distinct excused_by, excuse from secondline.workday where person_id = {person} and state = 'excused'"
                ))
                == ["-|sick-leave"])
        #expect(
            try await db.value(one("select state from secondline.workday where person_id = {colleague}")) == "working")
        await db.expectRefusal("SL006", one("select secondline_rules.start_workday({4 09:00}, {person})"))
        // taken back it excuses nothing
        try await db.script("select secondline.cancel_absence(\(absence))")
        #expect(try await one.states() == ["overdue", "overdue", "overdue"])
        #expect(try await one.lastEntry() == ["overdue|-|excused|overdue|the sick-leave was taken back"])
        try await one.run("start_workday({3 12:00}, {person})")
        #expect(try await one.states() == ["overdue", "overdue", "working"])
    }

    @Test("a day without a shift that nobody saw end ended when its person was last known to be at work")
    func endsWhenLastSeen() async throws {
        let one = try await Rhythm()
        let times =
            "select day, state, started_at at time zone 'Europe/Berlin', ended_at at time zone 'Europe/Berlin' from secondline.workday where person_id = {colleague} order by day"
        try await one.run(
            "start_workday({09:00}, {colleague})", "submit_plan({09:10}, {colleague}, '{one}')",
            "report_task({11:00}, t.task_id, 'done', null, null) from secondline.task t where person_id = {colleague}",
            "submit_report({11:00}, {colleague}, 'well', 'badly', null, '{}', null)",
            "record_absence({12:00}, {colleague}, 'sick', {today}, {today}, null, null)")
        try await db.script(
            one("select secondline.cancel_absence(absence_id) from secondline.absence where person_id = {colleague}"))
        try await one.run(
            "start_workday({2 09:00}, {colleague})", "submit_plan({2 09:10}, {colleague}, '{two}')",
            "pause_workday({2 15:00}, {colleague})", "start_workday({3 10:00}, {colleague})",
            "report_task({3 11:00}, t.task_id, 'done', null, null) from secondline.task t where person_id = {colleague} and title = 'two'",
            "submit_report({3 11:00}, {colleague}, 'well', 'badly', null, '{}', '2020-06-02')")
        #expect(
            try await db.lines(one(times)) == [
                "2020-06-01|ended|2020-06-01 09:00:00|2020-06-01 12:00:00",
                "2020-06-02|ended|2020-06-02 09:00:00|2020-06-02 15:00:00",
                "2020-06-03|working|2020-06-03 10:00:00|-",
            ])
    }

    @Test("what a head excused stays so when a sick-leave is taken back, and so does the day of one who left")
    func staysExcused() async throws {
        let one = try await Rhythm()
        try await State.excused.reach(one)
        try await db.script(
            one("select secondline.cancel_absence(secondline.record_absence({person}, 'sick', {today}, {today}))"))
        #expect(try await one.states() == ["excused"])
        try await one.run("start_workday({09:00}, {colleague})")
        let absence = try await db.id(one("secondline.record_absence({colleague}, 'vacation', {today}, {today})"))
        try await db.script(
            one("select secondline.deactivate_person({colleague}); select secondline.cancel_absence(\(absence))"))
        #expect(
            try await db.lines(one("select state, excuse from secondline.workday where person_id = {colleague}"))
                == ["excused|left the company"])
    }

    static let corrections: [(SQLState, String)] = [
        ("22023", "{08:30}, {08:30}, 'why'"), ("22023", "{08:30}, {08:00}, 'why'"),
        ("22023", "null, {12:00}, 'why'"), ("22023", "'-infinity', {12:00}, 'why'"),
        ("22023", "{08:30}, 'infinity', 'why'"), ("22023", "{09:00}, '2999-01-01', 'why'"),
        ("22023", "'2999-01-01', null, 'why'"), ("22023", "{08:30}, {12:00}, ' '"),
        ("22023", "{08:30}, {12:00}, null"), ("22023", "{16:30}, null, 'why'"),
        ("P0002", "{3 09:00}, {3 10:00}, 'why'"), ("23P01", "{09:00}, {2 09:30}, 'why'"),
        ("23P01", "{2 08:50}, {2 20:00}, 'why'"), ("SL001", "{2 08:50}, {2 10:00}, 'why'"),
    ]

    @Test("a wrong correction is refused with a hint, and changes nothing", arguments: corrections)
    func wrongCorrection(state: SQLState, arguments: String) async throws {
        let one = try await Rhythm()
        try await State.ended.reach(one)
        try await one.run("start_workday({2 09:00}, {person})")
        if arguments.contains("20:00") {
            try await one.run("excuse_workday({2 18:00}, {person}, {head}, 'why', null)")
            try await one.run("start_workday({2 19:00}, {colleague})")
            try await db.script(
                one(
                    "insert into secondline.workday (person_id, day, started_at) values ({person}, '2020-06-03', {2 19:00})"
                ))
        }
        let before = try await everything()
        await db.expectRefusal(state, one("select secondline.correct_workday({person}, {head}, \(arguments))"))
        #expect(try await everything() == before)
    }

    @Test("a correction is journalled with the reason and what it was")
    func correction() async throws {
        let one = try await Rhythm()
        try await State.ended.reach(one)
        let record = one(
            "select started_at = {08:30}, ended_at = {16:45}, state from secondline.workday where person_id = {person}")
        try await db.script(
            one("select secondline.correct_workday({person}, {deputy}, {08:30}, {16:45}, 'the badge was forgotten')"))
        #expect(try await db.lines(record) == ["t|t|ended"])
        #expect(
            try await one.lastEntry() == [
                one(
                    "corrected|{deputy}|ended|ended|the badge was forgotten: was 2020-06-01 09:00 to 2020-06-01 16:00")
            ])
        try await db.script(one("select secondline.correct_workday({person}, {head}, {08:40}, null, 'again')"))
        #expect(
            try await db.lines(
                one(
                    "select started_at = {08:40}, ended_at = {16:45} from secondline.workday where person_id = {person}"
                ))
                == ["t|t"])
    }

    @Test("the start of an overdue day is mended while today is worked; with a complete report its end too")
    func correctOverdue() async throws {
        let one = try await Rhythm()
        for day in 1...2 { try await one.run("start_workday({\(day) 20:00}, {person})") }
        try await db.script(one("select secondline.correct_workday({person}, {head}, {08:30}, null, 'came early')"))
        #expect(try await one.states() == ["overdue", "working"])
        // the shift had ended before the other began
        try await db.script(one("select secondline.correct_workday({person}, {head}, {2 09:00}, null, 'came early')"))
        await db.expectRefusal(
            "SL001", one("select secondline.correct_workday({person}, {head}, {08:30}, {16:00}, 'left')"))
        try await one.run("submit_report({2 21:00}, {person}, 'well', 'badly', null, null, {today})")
        try await db.script(one("select secondline.correct_workday({person}, {head}, {08:30}, {16:00}, 'left')"))
        #expect(try await one.states() == ["ended", "working"])
    }

    struct Late: Sendable, CustomTestStringConvertible {
        let started: String
        var before: [String] = []
        let minutes: String

        var testDescription: String { "\(started) \(before)" }
    }

    @Test(
        "who starts after the grace is late by all the minutes since the shift began; an absence by the hour is no lateness",
        arguments: [
            Late(started: "{08:40}", minutes: "0"), Late(started: "{09:00}", minutes: "0"),
            Late(started: "{09:05}", minutes: "0"), Late(started: "timestamptz '2020-06-01 09:05:01+02'", minutes: "5"),
            Late(started: "{09:06}", minutes: "6"), Late(started: "{12:30}", minutes: "210"),
            Late(started: "{09:20}", before: ["set_lateness({team}, '20 minutes')"], minutes: "0"),
            Late(started: "{09:21}", before: ["set_lateness({team}, '20 minutes')"], minutes: "21"),
            Late(started: "{09:01}", before: ["set_lateness({team}, '0')"], minutes: "1"),
            Late(
                started: "{11:00}", before: ["record_absence_hours({person}, 'sick', {08:00}, {11:00})"], minutes: "0"),
            Late(
                started: "{11:30}", before: ["record_absence_hours({person}, 'sick', {08:00}, {11:00})"],
                minutes: "30"),
            // from the middle of the shift it excuses nothing
            Late(
                started: "{12:00}", before: ["record_absence_hours({person}, 'sick', {10:00}, {12:00})"],
                minutes: "180"),
            Late(started: "{12:00}", before: ["add_holiday({team}, {today})"], minutes: "-"),
            Late(started: "{12:00}", before: ["clear_working_hours({person})"], minutes: "-"),
        ])
    func late(_ late: Late) async throws {
        // what is told later counts all the same
        for afterwards in [false, true] {
            let one = try await Rhythm()
            if !afterwards { for call in late.before { try await db.script(one("select secondline.\(call)")) } }
            try await one.run("start_workday(\(late.started), {person})")
            if afterwards { for call in late.before { try await db.script(one("select secondline.\(call)")) } }
            #expect(
                try await db.lines(
                    one("select late_minutes from secondline.day_report where person_id = {person} and day = {today}"))
                    == [late.minutes], "afterwards: \(afterwards)")
        }
    }

    @Test(
        "late on three of the last twenty shifts is systematic, unless the team says otherwise; overnight and in any zone"
    )
    func systematicallyLate() async throws {
        let one = try await Rhythm()
        let late = one(
            "select day, systematically_late from secondline.day_report where person_id = {person} and started_at is not null order by day"
        )
        // Mondays to Fridays from the 1st on; late on the 1st, 3rd and 5th
        for day in [1, 2, 3, 4, 5, 8] {
            try await one.run("start_workday({\(day) \([1, 3, 5].contains(day) ? "09:30" : "09:00")}, {person})")
        }
        #expect(try await db.lines(late).map { $0.suffix(1) } == ["f", "f", "f", "f", "t", "t"])
        // in a window of five the first is out of sight on the 8th
        try await db.script(one("select secondline.set_lateness({team}, '5 minutes', 3, 5)"))
        #expect(try await db.lines(late).map { $0.suffix(1) } == ["f", "f", "f", "f", "t", "f"])
        try await db.script(one("select secondline.set_lateness({team}, '5 minutes', 2, 20)"))
        #expect(try await db.lines(late).map { $0.suffix(1) } == ["f", "f", "t", "t", "t", "t"])
        try await db.script(one("select secondline.set_lateness({team}, '30 minutes', 1, 20)"))
        #expect(try await db.lines(late).map { $0.suffix(1) } == ["f", "f", "f", "f", "f", "f"])
    }
}

/// A sum of what the functions of a day write.
func everything() async throws -> [String] {
    let tables = [
        "person", "workday", "workday_journal", "task", "report", "reminder", "absence", "planned_shift", "message",
        "message_history", "agenda_item", "standup_meeting", "team", "ticket", "assignment", "journal", "working_hours",
        "calendar",
    ]
    return try await db.lines(
        tables.map { "select '\($0)', md5(string_agg(t::text, ',' order by t::text)) from secondline.\($0) t" }
            .joined(separator: " union all "))
}
