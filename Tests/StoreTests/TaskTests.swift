import Postgres
import TestSupport
import Testing

/// The plan of a day and the report on it.
@Suite(.serialized, .ownDatabase) struct TaskTests {
    /// Titles and outcomes of the specialist's tasks, in order.
    private func tasks(_ one: Rhythm) async throws -> [String] {
        try await db.lines(
            one(
                """
                select title, planned, outcome, ticket_id is not null, dropped_at is not null from secondline.task
                 where person_id = {person} order by task_id
                """))
    }

    private func started() async throws -> Rhythm {
        let one = try await Rhythm()
        try await one.run("start_workday({09:00}, {person})")
        return one
    }

    private func task(_ one: Rhythm, _ title: String) async throws -> Int64 {
        try await db.id(one("secondline_rules.add_task({09:05}, {person}, '\(title)', null, null)"))
    }

    @Test("a plan is a list of tasks; what was added before belongs to it, what is added later too")
    func plan() async throws {
        let one = try await started()
        let first = try await task(one, "call back")
        try await one.run(
            "submit_plan({09:10}, {person}, '{write the manual,\"tidy up, at last\"}')",
            "add_task({12:00}, {person}, 'a flood', null, 30)", "change_task({12:01}, \(first), 'call back twice', 10)",
            "drop_task({12:02}, \(first), 'they came by')")
        #expect(
            try await tasks(one) == [
                "call back twice|t|-|f|t", "write the manual|t|-|f|f", "tidy up, at last|t|-|f|f", "a flood|t|-|f|f",
            ])
        #expect(try await one.lastEntry() == [one("planned|{person}|working|working|-")])
        #expect(
            try await db.lines(
                one(
                    "select estimate_minutes, drop_reason from secondline.task where person_id = {person} order by task_id"
                ))
                == ["10|they came by", "-|-", "-|-", "30|-"])
        #expect(
            try await db.value(one("select planned_at = {09:10} from secondline.workday where person_id = {person}"))
                == "t")
    }

    @Test("a plan of tasks that were added one by one needs no more; a hundred are the limit")
    func limits() async throws {
        let one = try await started()
        _ = try await task(one, "the only one")
        try await one.run("submit_plan({09:10}, {person}, '{}')")
        let other = try await started()
        try await other.run("submit_plan({09:10}, {person}, array_fill('task'::text, array[100]))")
        await db.expectRefusal("22023", other("select secondline.add_task({person}, 'one too many')"))
    }

    @Test("who worked on more than a hundred tickets before there was a plan can still submit one, and end the day")
    func manyTickets() async throws {
        let one = try await started()
        try await db.script(
            one(
                """
                select secondline.add_queue('line one of {person}');
                insert into secondline.ticket (queue, title) select 'line one of {person}', 'Call ' || i from generate_series(1, 101) i;
                select secondline_rules.work_on({10:00}, ticket_id, title, {person}, 'done')
                  from secondline.ticket where queue = 'line one of {person}';
                """))
        try await one.run(
            "submit_plan({17:00}, {person}, '{Answer what comes in}')",
            "add_task({17:01}, {person}, 'one more', null, null)")
        #expect(try await tasks(one).count == 103)
    }

    @Test("a ticket that is worked on is a task by itself, and resolving it is its outcome")
    func tickets() async throws {
        let here = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        let list =
            "select ticket_id, planned, outcome, reported_at is not null from secondline.task where person_id = \(person) order by task_id"
        let (first, second, third) = (
            try await here.assignedTicket(in: db), try await here.assignedTicket(in: db),
            try await here.assignedTicket(in: db)
        )
        // an offer is no work
        #expect(try await db.lines(list) == [])
        try await db.script("select secondline.accept_ticket(\(first), \(person))")
        try await db.script("select secondline.add_note(\(second), \(person), 'looked at it')")
        // a note of somebody else is their work
        try await db.script("select secondline.add_note(\(third), \(here.head), 'please')")
        #expect(try await db.lines(list) == ["\(first)|f|-|f", "\(second)|f|-|f"])
        try await db.script(
            """
            select secondline.resolve_ticket(\(first), \(person), 'done'); select secondline.resolve_ticket(\(third), \(person), 'done')
            """)
        #expect(
            try await db.lines(list) == ["\(first)|f|done|t", "\(second)|f|-|f", "\(third)|f|done|t"])
        // the person's own word counts more
        try await db.script(
            """
            select secondline.report_task(task_id, 'partly_done', 20, 'half') from secondline.task where ticket_id = \(second);
            select secondline.resolve_ticket(\(second), \(person), 'done')
            """)
        #expect(
            try await db.lines("\(list) limit 1 offset 1") == ["\(second)|f|partly_done|t"])
        #expect(
            try await db.lines("select missing from secondline.end_workday(\(person))") == ["{plan,report}"])
    }

    @Test(
        "a planned ticket is one task, dropped it comes back when it is worked on; without a workday there is no task")
    func plannedTicket() async throws {
        let here = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        let ticket = try await here.assignedTicket(in: db)
        let task = try await db.id("secondline.add_task(\(person), 'the ticket', \(ticket), 40)")
        await db.expectRefusal("SL006", "select secondline.add_task(\(person), 'again', \(ticket))")
        try await db.script("select secondline.accept_ticket(\(ticket), \(person))")
        let list =
            "select title, planned, outcome from secondline.task where person_id = \(person) and dropped_at is null"
        #expect(try await db.lines(list) == ["the ticket|t|-"])
        try await db.script("select secondline.drop_task(\(task), 'not today')")
        try await db.script("select secondline.resolve_ticket(\(ticket), \(person), 'after all')")
        #expect(try await db.lines(list) == ["title|f|done"])
        // without an open workday there is no task
        let next = try await here.assignedTicket(in: db)
        try await db.endDay(of: person)
        try await db.script("select secondline.accept_ticket(\(next), \(person))")
        #expect(try await db.lines(list) == ["title|f|done", "tickets|t|done"])
    }

    @Test("who accepts a ticket while their day ends does not leave a task without outcome behind")
    func race() async throws {
        let here = try await Department(in: db, specialists: 1)
        let person = here.specialists[0]
        let ticket = try await here.assignedTicket(in: db)
        let accepting = try await whileHolding(Session.endingDay(of: "\(person)")) {
            let accepting = Task {
                try await withSession { try await $0.script("select secondline.accept_ticket(\(ticket), \(person))") }
            }
            // it waits, or has not waited
            while try await db.value(
                """
                select exists (select from pg_locks l join pg_stat_activity a using (pid)
                                where not l.granted and l.locktype in ('transactionid', 'tuple') and a.datname = current_database())
                    or (select status = 'accepted' from secondline.ticket where ticket_id = \(ticket))
                """) == "f"
            {}
            return accepting
        }
        try await accepting.value
        #expect(
            try await db.lines(
                """
                select w.state, t.title, t.outcome from secondline.workday w join secondline.task t using (person_id, day)
                 where person_id = \(person)
                """) == ["ended|tickets|done"])
    }

    @Test("the report says what worked and what did not; again replaces it while the day is open")
    func report() async throws {
        let one = try await started()
        let task = try await task(one, "one")
        try await one.run(
            "submit_plan({09:10}, {person}, '{two}')", "report_task({10:00}, \(task), 'not_done', null, null)")
        await db.expectRefusal("SL001", one("select secondline.submit_report({person}, 'well', 'badly')"))
        try await one.run(
            "drop_task({10:00}, t.task_id, 'why') from secondline.task t where person_id = {person} and title = 'two'",
            "report_task({10:05}, \(task), 'done', 25, 'easy')",
            "report_task({10:05}, \(task), 'partly_done', null, null)")
        #expect(
            try await db.lines("select outcome, spent_minutes, comment from secondline.task where task_id = \(task)")
                == ["partly_done|25|easy"])
        let report = one(
            "select went_well, went_badly, blockers, shares_well, shares_badly from secondline.report where person_id = {person}"
        )
        #expect(
            try await db.value(
                one(
                    "select secondline_rules.submit_report({16:00}, {person}, 'well', 'badly', 'the printer', '{went_badly}', null)"
                ))
                == "2020-06-01")
        #expect(try await db.lines(report) == ["well|badly|the printer|f|t"])
        try await one.run("submit_report({16:10}, {person}, 'better', 'worse', null, null, null)")
        #expect(try await db.lines(report) == ["better|worse|-|f|f"])
        #expect(try await one.lastEntry() == [one("reported|{person}|working|working|-")])
        // a task that came after the report asks for its outcome
        let late = try await self.task(one, "late")
        #expect(
            try await db.lines(one("select * from secondline_rules.end_workday({17:00}, {person})"))
                == ["f|{\"task \(late)\"}"])
        try await one.run("report_task({17:01}, \(late), 'done', null, null)")
        #expect(
            try await db.lines(one("select * from secondline_rules.end_workday({17:02}, {person})")) == ["t|{}"])
    }

    @Test(
        "an overdue day asks no plan, and closes by the last that was missing: an outcome, a dropped task, or the report"
    )
    func overdue() async throws {
        for last in ["outcome", "drop", "report"] {
            let one = try await started()
            let task = try await task(one, "one")
            try await one.run("start_workday({2 09:00}, {person})")
            if last == "report" {
                try await one.run("report_task({2 09:10}, \(task), 'done', null, null)")
            } else {
                // reported, and a task was opened again: as after a correction by hand
                try await one.run("report_task({2 09:10}, \(task), 'done', null, null)")
                try await db.script(
                    one(
                        """
                        insert into secondline.task (person_id, day, planned, added_at, title) values ({person}, {today}, true, {2 09:11}, 'two')
                        """))
                await db.expectRefusal("SL001", one("select secondline.submit_report({person}, 'well', 'badly')"))
                try await db.script(
                    one(
                        """
                        insert into secondline.report (person_id, day, submitted_at, went_well, went_badly)
                        values ({person}, {today}, {2 09:12}, 'well', 'badly')
                        """))
            }
            #expect(try await one.states() == ["overdue", "working"])
            let open = one("(select task_id from secondline.task where person_id = {person} and title = 'two')")
            switch last {
            case "outcome": try await one.run("report_task({2 09:20}, \(open), 'done', null, null)")
            case "drop": try await one.run("drop_task({2 09:20}, \(open), 'no')")
            default: try await one.run("submit_report({2 09:20}, {person}, 'well', 'badly', null, null, null)")
            }
            #expect(try await one.states() == ["ended", "working"], "\(last)")
            #expect(try await one.lastEntry() == [one("ended|{person}|overdue|ended|-")])
        }
    }

    /// With the scene's owner at work, and `{task}` a task of theirs, `{dropped}` and `{past}` others.
    static let refusals: [Refused] = [
        Refused("SL003", "submit_plan({head}, '{one}')"), Refused("SL006", "submit_plan({colleague}, '{one}')"),
        Refused("P0002", "submit_plan(-1, '{one}')"), Refused("P0002", "submit_plan(null, '{one}')"),
        Refused("22023", "submit_plan({full}, '{}')"), Refused("22023", "submit_plan({full}, null)"),
        Refused("22023", "submit_plan({owner}, '{one,\" \"}')"), Refused("22023", "submit_plan({owner}, '{one,null}')"),
        Refused("22023", "submit_plan({owner}, array_fill('task'::text, array[100]))"),
        Refused("22023", "submit_plan({owner}, array_fill('task'::text, array[10000]))"),
        Refused("22023", "submit_plan({owner}, array[repeat('x', 501)])"),
        Refused("22023", "submit_plan({owner}, array[E'one\\ntwo'])"),
        Refused("SL003", "add_task({head}, 'one')"), Refused("P0002", "add_task(-1, 'one')"),
        Refused("22023", "add_task({owner}, '')"), Refused("22023", "add_task({owner}, null)"),
        Refused("22023", "add_task({owner}, E'\\u200B\\t')"), Refused("22023", "add_task({owner}, repeat('x', 501))"),
        Refused("P0002", "add_task({owner}, 'one', -1)"), Refused("SL006", "add_task({owner}, 'one', {accepted})"),
        Refused(
            "23514", "add_task({owner}, 'one', null, 0)", constraint: "task_estimate_in_range_check", hint: false),
        Refused(
            "23514", "add_task({owner}, 'one', null, -5)", constraint: "task_estimate_in_range_check", hint: false),
        Refused("P0002", "change_task(-1, 'one')"), Refused("P0002", "change_task(null, 'one')"),
        Refused("22023", "change_task({task}, ' ')"), Refused("SL006", "change_task({dropped}, 'one')"),
        Refused("SL006", "change_task({past}, 'one')"),
        Refused(
            "23514", "change_task({task}, null, 10001)", constraint: "task_estimate_in_range_check", hint: false),
        Refused("P0002", "drop_task(-1, 'why')"), Refused("22023", "drop_task({task}, '')"),
        Refused("22023", "drop_task({task}, null)"), Refused("SL006", "drop_task({dropped}, 'why')"),
        Refused("SL006", "drop_task({past}, 'why')"),
        Refused("P0002", "report_task(-1, 'done')"), Refused("22023", "report_task({task}, null)"),
        Refused("22P02", "report_task({task}, 'nearly')", hint: false),
        Refused("SL006", "report_task({dropped}, 'done')"), Refused("SL006", "report_task({past}, 'done')"),
        Refused(
            "23514", "report_task({task}, 'done', -1)", constraint: "task_spent_in_range_check", hint: false),
        Refused(
            "23514", "report_task({task}, 'done', 10001)", constraint: "task_spent_in_range_check", hint: false),
        Refused("22023", "report_task({task}, 'done', 1, repeat('x', 4001))"),
        Refused("SL003", "submit_report({head}, 'well', 'badly')"),
        Refused("P0002", "submit_report(-1, 'well', 'badly')"),
        Refused("SL002", "submit_report({full}, 'well', 'badly')"),
        Refused("SL001", "submit_report({owner}, 'well', 'badly', day => null)", hint: true),
        Refused("22023", "submit_report({colleague}, ' ', 'badly')"),
        Refused("22023", "submit_report({colleague}, 'well', E'\\n')"),
        Refused("22023", "submit_report({colleague}, 'well', null)"),
        Refused("22023", "submit_report({colleague}, 'well', 'badly', ' ')"),
        Refused("22023", "submit_report({colleague}, 'well', 'badly', null, '{blockers}')"),
        Refused("22023", "submit_report({colleague}, 'well', 'badly', null, array[null])"),
        Refused("SL003", "submit_report({colleague}, 'well', 'badly', day => '2020-01-01')"),
        Refused("22023", "submit_report({colleague}, repeat('x', 4001), 'badly')"),
        Refused("SL006", "add_agenda_item({gone}, 'x')"), Refused("22023", "add_agenda_item({owner}, '')"),
        Refused("22023", "note_standup({team}, null)"), Refused("P0002", "note_standup(-1, 'x')"),
        Refused("SL005", "praise({owner}, {owner}, 'me')"), Refused("SL006", "praise({owner}, {gone}, 'x')"),
        Refused("22023", "praise({owner}, {colleague}, ' ')"),
        Refused("22023", "remark({head}, {owner}, 'a', '', 'c')"),
        Refused("SL005", "remark({other_head}, {owner}, 'a', 'b', 'c')"),
        Refused("22023", "excuse_workday({owner}, {head}, ' ')"),
        Refused("22023", "excuse_workday({owner}, {head}, null)"),
        Refused("SL003", "excuse_workday({owner}, {head}, 'why', '2020-01-01')"),
        Refused("23P01", "record_absence({owner}, 'sick', '2030-01-02', '2030-01-02')"),
        Refused("23P01", "record_absence_hours({owner}, 'sick', '2030-01-03 10:00+01', '2030-01-03 11:00+01')"),
    ]

    @Test("a refused call says why and what to do, and changes nothing", arguments: refusals)
    func refused(_ one: Refused) async throws {
        var scene = try await Scene(in: db)
        // the owner has a task and no report, the colleague a plan with one task, which is done, the stranger's day is over
        scene.words["task"] = "\(try await db.id(scene("secondline.add_task({owner}, 'the task')")))"
        scene.words["dropped"] = "\(try await db.id(scene("secondline.add_task({owner}, 'the dropped')")))"
        scene.words["past"] = "\(try await db.id(scene("secondline.add_task({stranger}, 'the past')")))"
        try await db.endDay(of: Int64(scene.words["stranger"]!)!)
        try await db.script(
            scene(
                """
                select secondline.drop_task({dropped}, 'why');
                select secondline.submit_plan({owner}, '{more}') where \(one.call.hasPrefix("submit_report"));
                select secondline.submit_plan({colleague}, '{plan}');
                select secondline.report_task(task_id, 'done') from secondline.task where person_id = {colleague};
                select secondline.record_absence({owner}, 'vacation', '2030-01-01', '2030-01-03');
                """))
        scene.words["last"] = "\(try await db.id(scene("task_id from secondline.task where person_id = {colleague}")))"
        try await one.check(scene)
    }
}
