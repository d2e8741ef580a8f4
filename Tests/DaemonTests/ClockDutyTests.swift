import Daemon
import Postgres
import TestSupport
import Testing

@Suite("the clock duty", .serialized)
struct ClockDutyTests {
    @Test("an offer left untouched for an hour goes to the next person; after the second the head hears of it, once")
    func offers() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00", byClient: false)
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.run("12 10:59")
        #expect(try await office.value("select status from secondline.ticket") == "assigned")
        try await office.run("12 11:00")
        #expect(try await office.value("select status from secondline.ticket") == "new")
        #expect(try await office.value("select passed_by from secondline.ticket") == "{\(office.anna)}")
        #expect(try await office.value("select state from secondline.assignment") == "timed_out")
        #expect(
            try await office.value("select load_minutes from secondline.person where person_id = \(office.anna)") == "0"
        )
        #expect(try await office.alerts() == [])
        try await office.assign(ticket, office.boris, "12 11:00")
        try await office.run("12 12:00")
        try await office.run("12 12:01")
        #expect(try await office.alerts() == ["untouched head"])
        #expect(try await office.told() == ["alert.untouched Hanna"])
        #expect(office.recorded.lines("ticket.timed_out").count == 2)
        #expect(office.recorded.lines("alert.raised").count == 1)
        // somebody takes it up
        try await office.assign(ticket, office.anna, "12 12:05")
        try await office.at("12 12:06", "accept(at, \(ticket), \(office.anna))")
        try await office.run("12 12:06")
        #expect(try await office.alerts() == ["untouched head ended"])
        try await office.close()
    }

    @Test("an offer of Monday's last half hour times out on Tuesday; what a head gave by hand never does")
    func overnight() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 17:30", byClient: false)
        try await office.assign(ticket, office.anna, "12 17:30")
        let chosen = try await office.submit("12 17:30", byClient: false)
        try await office.at("12 17:31", "reassign(at, \(chosen), \(office.boris), \(office.head), 'knows it')")
        try await office.run("13 09:29")
        #expect(
            try await office.value("select status from secondline.ticket where ticket_id = \(ticket)") == "assigned")
        try await office.run("13 09:30")
        #expect(try await office.value("select status from secondline.ticket where ticket_id = \(ticket)") == "new")
        try await office.run("13 12:31")
        #expect(
            try await office.value("select assignee_id from secondline.ticket where ticket_id = \(chosen)")
                == "\(office.boris)")
        #expect(try await office.told().contains("ticket.stalled Boris"), "it is stalled instead")
        try await office.close()
    }

    @Test(
        "three quarters of the response time nudge who has the ticket, all of it alerts the head; each once",
        arguments: [("urgent", "10:22:30", "10:30"), ("high", "10:45", "11:00"), ("low", "16:00", "18:00")])
    func response(priority: String, nudge: String, breach: String) async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00", priority: priority)
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.at("12 10:01", "accept(at, \(ticket), \(office.anna))")
        let clock = "select due_at from secondline.ticket t, secondline_rules.clocks(t) where alarm = 'response_"
        #expect(
            try await office.value("\(clock)nudge'")
                == (try await office.value("select timestamptz '2026-10-12 \(nudge)+00'")))
        #expect(
            try await office.value("\(clock)breach'")
                == (try await office.value("select timestamptz '2026-10-12 \(breach)+00'")))
        try await office.session.script("update secondline.queue set stalled_after = '30 days'")
        try await office.run("12 \(nudge)")
        try await office.run("12 \(nudge)")
        #expect(try await office.told() == ["response.due Anna"])
        try await office.run("12 \(breach)")
        try await office.run("12 \(breach)")
        #expect(try await office.told() == ["response.due Anna", "alert.response_breach Hanna"])
        // the answer settles it, and silences what was said
        try await office.at("13 09:00", "reply(at, \(ticket), \(office.anna), null)")
        try await office.run("13 09:00")
        #expect(try await office.alerts().allSatisfy { $0.hasSuffix("ended") })
        #expect(
            try await office.value(
                "select count(*) from secondline.inbox where kind in ('response.due', 'alert.response_breach')") == "0")
        try await office.close()
    }

    @Test(
        "a question back begins the next clock; while it waits for the client none runs; a silent client is reminded, then it ends"
    )
    func silence() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00")
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.at("12 10:30", "wait_for_client(at, \(ticket), \(office.anna), 'Which version?')")
        try await office.run("14 10:29")
        #expect(try await office.told() == ["client.question client"])
        try await office.run("14 10:30")
        #expect(try await office.told() == ["client.question client", "client.reminder client"])
        try await office.at("14 11:00", "client_replied(at, \(ticket), null, 'Two')")
        #expect(try await office.value("select waited from secondline.ticket") == "18:30:00")
        try await office.run("14 12:59")
        try await office.run("14 13:00")
        #expect(try await office.alerts() == ["response_breach head"])
        try await office.at("14 13:30", "wait_for_client(at, \(ticket), \(office.anna), 'And which system?')")
        try await office.run("21 13:29")
        #expect(try await office.value("select status from secondline.ticket") == "waiting_for_client")
        try await office.run("21 13:30")
        #expect(try await office.value("select status from secondline.ticket") == "resolved")
        #expect(try await office.told().suffix(2) == ["client.reminder client", "client.unanswered client"])
        #expect(office.recorded.lines("ticket.unanswered").count == 1)
        // also after that
        try await office.at("22 10:00", "client_replied(at, \(ticket), null, 'I was away')")
        #expect(try await office.value("select status from secondline.ticket") == "accepted")
        try await office.close()
    }

    @Test(
        "a target of its own, a change of priority and of hours: running clocks show what holds now; what rang does not ring again"
    )
    func changes() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00")
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.at("12 10:01", "accept(at, \(ticket), \(office.anna))")
        try await office.run("12 10:02")
        try await office.session.script(
            "select secondline.set_target('support', 'normal', 'first_response', '20 minutes'); select secondline.set_target('support', 'normal', 'resolution', '1 day')"
        )
        try await office.forget()
        try await office.run("12 10:15")
        #expect(try await office.told() == ["response.due Anna"])
        try await office.run("12 10:20")
        #expect(try await office.alerts() == ["response_breach head"])
        try await office.session.script("select secondline.set_target('support', 'normal', 'first_response', null)")
        try await office.forget()
        try await office.run("12 10:21")
        #expect(try await office.alerts() == ["response_breach head ended"])
        try await office.at("12 10:30", "reply(at, \(ticket), \(office.anna), null)")
        let due =
            "select due_at at time zone 'UTC' from secondline.ticket t, secondline_rules.clocks(t) where alarm = 'resolution_breach'"
        #expect(try await office.value(due) == "2026-10-13 10:00:00")
        // on Tuesday nobody works
        try await office.session.script("select secondline.add_holiday(\(office.team), '2026-10-13')")
        #expect(try await office.value(due) == "2026-10-14 10:00:00")
        try await office.forget()
        try await office.run("12 10:31")
        #expect(
            try await office.value("select attend_at <= '2026-10-13 10:31+00' from secondline.ticket") == "t",
            "nothing is left alone for more than a day")
        try await office.at("12 10:40", "set_priority(at, \(ticket), 'urgent', \(office.anna))")
        #expect(try await office.value(due) == "null")
        try await office.close()
    }

    @Test(
        "nothing on a ticket for four business hours: its assignee is asked, later the head hears of it and it is on the agenda; any act ends it"
    )
    func stalled() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00", byClient: false)
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.at("12 15:00", "accept(at, \(ticket), \(office.anna))")
        try await office.run("13 09:59")
        #expect(try await office.told() == [])
        try await office.run("13 10:00")
        #expect(try await office.told() == ["ticket.stalled Anna"])
        let agenda =
            "select count(*) from secondline_rules.standup_agenda('2026-10-13 11:00+00', \(office.team), '2026-10-13') where section = 'stalled'"
        #expect(try await office.value(agenda) == "1")
        try await office.run("13 14:00")
        #expect(try await office.told() == ["ticket.stalled Anna", "alert.stalled_alert Hanna"])
        try await office.at("13 14:10", "report_difficulty(at, \(ticket), \(office.anna), 'I cannot reach the server')")
        try await office.run("13 14:10")
        #expect(try await office.alerts() == ["stalled_alert head ended"])
        #expect(try await office.value(agenda) == "0")
        #expect(
            try await office.told().suffix(3).sorted()
                == ["ticket.difficulty Boris", "ticket.difficulty Dora", "ticket.difficulty Hanna"])
        try await office.run("13 18:09")
        #expect(try await office.told().count == 5)
        try await office.close()
    }

    @Test("a ticket that goes from hand to hand, and one that everybody declined, are the head's")
    func bouncing() async throws {
        let office = try await ClockOffice()
        let ticket = try await office.submit("12 10:00", byClient: false)
        for (person, at) in [
            (office.anna, "12 10:00"), (office.boris, "12 10:01"), (office.anna, "12 10:02"),
            (office.boris, "12 10:03"),
        ] {
            try await office.assign(ticket, person, at)
            try await office.at(at, "time_out(at, t) from secondline.ticket t where ticket_id = \(ticket)")
            try await office.session.script("update secondline.ticket set passed_by = null")
        }
        try await office.run("12 10:04")
        #expect(try await office.alerts() == ["bouncing head"])
        let other = try await office.submit("12 10:05", byClient: false)
        for (person, at) in [(office.anna, "12 10:06"), (office.boris, "12 10:07")] {
            try await office.assign(other, person, at)
            try await office.at(at, "decline(at, \(other), \(person), 'no idea')")
            try await office.run(at)
        }
        #expect(try await office.alerts() == ["bouncing head", "declined head"])
        try await office.close()
    }

    @Test(
        "an alert that nobody acknowledges goes to the deputy, then to the team; acknowledged it stays, and comes back after a day"
    )
    func acknowledging() async throws {
        let office = try await ClockOffice()
        _ = try await office.submit("12 10:00")
        try await office.run("12 12:00")
        #expect(try await office.told() == ["alert.response_breach Hanna"])
        try await office.run("12 12:30")
        try await office.run("12 13:00")
        try await office.run("12 13:30")
        #expect(
            try await office.told() == [
                "alert.response_breach Hanna", "alert.response_breach Dora", "alert.response_breach Hanna",
                "alert.response_breach Dora", "alert.response_breach Anna", "alert.response_breach Boris",
            ])
        #expect(try await office.alerts() == ["response_breach team"])
        #expect(office.recorded.lines("alert.passed_on").count == 2)
        let alert = try await office.session.id("alert_id from secondline.alert")
        try await office.at("12 13:40", "acknowledge_alert(at, \(alert), \(office.boris))")
        #expect(try await office.alerts() == ["response_breach team acknowledged"])
        #expect(try await office.value("select count(*) from secondline.inbox where kind like 'alert%'") == "0")
        await #expect(throws: DatabaseError.self) {
            try await office.at("12 13:41", "acknowledge_alert(at, \(alert), \(office.head))")
        }
        try await office.run("13 13:39")
        #expect(try await office.alerts() == ["response_breach team acknowledged"])
        try await office.run("13 13:40")
        #expect(try await office.alerts() == ["response_breach head"])
        try await office.close()
    }

    @Test("who would hear of more than three at once hears of all in one message")
    func many() async throws {
        let office = try await ClockOffice()
        for _ in 0..<12 { _ = try await office.submit("12 10:00") }
        try await office.run("12 12:00")
        #expect(try await office.told() == ["alert.many Hanna"])
        #expect(try await office.alerts().count == 12)
        let words = try await office.value("select subject || text from secondline.inbox where kind = 'alert.many'")
        #expect(words.contains("12 tickets need you") && words.count { $0 == "•" } == 10)
        try await office.close()
    }

    @Test("who ends the day keeps what can wait until the next shift; the rest is re-homed, for the substitute first")
    func departures() async throws {
        let office = try await ClockOffice()
        try await office.session.script(
            "update secondline.person set substitute_id = \(office.boris) where person_id = \(office.anna)")
        let urgent = try await office.submit("12 17:45", priority: "urgent")
        let calm = try await office.submit("12 17:45", priority: "low")
        for ticket in [urgent, calm] {
            try await office.assign(ticket, office.anna, "12 17:45")
            try await office.at("12 17:46", "accept(at, \(ticket), \(office.anna))")
        }
        // half past nine on Tuesday is in time for her next shift
        try await office.at("12 17:50", "note_departure(\(office.anna), '2026-10-12 17:50+00')")
        try await office.run("12 17:50")
        #expect(office.recorded.lines("ticket.rehomed") == [], "she is still there")
        try await office.session.script(
            "update secondline.planned_shift set starts_at = '2026-10-13 12:00+00' where person_id = \(office.anna) and day = '2026-10-13'"
        )
        try await office.session.script(
            """
            select secondline_rules.change_workday('2026-10-12 17:55+00', w, 'excused', 'excused', \(office.head), 'ill')
              from secondline.workday w where w.person_id = \(office.anna)
            """)
        try await office.run("12 17:55")
        #expect(office.recorded.lines("ticket.rehomed").count == 1)
        #expect(try await office.value("select status from secondline.ticket where ticket_id = \(urgent)") == "new")
        #expect(
            try await office.value("select preferred_id from secondline.ticket where ticket_id = \(urgent)")
                == "\(office.boris)")
        #expect(
            try await office.value("select assignee_id from secondline.ticket where ticket_id = \(calm)")
                == "\(office.anna)")
        #expect(
            try await office.value("select note from secondline.journal where event = 'rehomed'")
                == "away until 13 Oct 2026, 12:00")
        try await office.close()
    }

    @Test(
        "an absence takes what cannot wait when it begins, also one recorded before; without working hours until it ends"
    )
    func absences() async throws {
        let office = try await ClockOffice(hours: false)
        let ticket = try await office.submit("12 10:00", priority: "low")
        try await office.assign(ticket, office.anna, "12 10:00")
        try await office.at("12 10:01", "accept(at, \(ticket), \(office.anna))")
        try await office.at(
            "12 11:00",
            "record_absence(at, \(office.anna), 'day_off', null, null, '2026-10-12 14:00+00', '2026-10-12 17:00+00')")
        try await office.run("12 14:00")
        #expect(
            try await office.value("select status from secondline.ticket") == "accepted", "eight hours are over at six")
        try await office.session.script(
            """
            select secondline_rules.change_workday('2026-10-12 17:00+00', w, 'excused', 'excused', \(office.head), 'ill')
              from secondline.workday w where w.person_id = \(office.anna)
            """)
        try await office.run("12 17:00")
        #expect(
            try await office.value("select status from secondline.ticket") == "accepted",
            "nobody knows when she is back")
        try await office.at(
            "12 17:30", "record_absence(at, \(office.anna), 'sick', '2026-10-13', '2026-10-13', null, null)")
        try await office.run("13 00:00")
        #expect(try await office.value("select status from secondline.ticket") == "new")
        #expect(try await office.value("select count(*) from secondline.departure") == "0")
        try await office.close()
    }

    @Test("whoever holds a ticket or a person locked stops nothing else, and is looked at afterwards")
    func locked() async throws {
        let office = try await ClockOffice()
        let held = try await office.submit("12 10:00", byClient: false)
        let free = try await office.submit("12 10:00", byClient: false)
        let his = try await office.submit("12 10:00", byClient: false)
        try await office.assign(held, office.anna, "12 10:00")
        try await office.assign(free, office.anna, "12 10:00")
        try await office.assign(his, office.boris, "12 10:00")
        try await office.database.whileHolding(
            """
            select from secondline.ticket where ticket_id = \(held) for update;
            select from secondline.person where person_id = \(office.boris) for update
            """
        ) {
            try await office.run("12 11:00", rounds: 3)
            #expect(
                try await office.session.simpleQuery("select ticket_id from secondline.ticket where status = 'new'")
                    == [["\(free)"]])
        }
        try await office.run("12 11:01")
        #expect(try await office.value("select count(*) from secondline.ticket where status = 'new'") == "3")
        try await office.close()
    }

    @Test("accepted while it times out: what comes first holds, and the other finds it so", arguments: [true, false])
    func acceptedMeanwhile(isAcceptedFirst: Bool) async throws {
        let office = try await ClockOffice()
        let (ticket, anna) = (try await office.submit("12 10:00", byClient: false), office.anna)
        try await office.assign(ticket, anna, "12 10:00")
        try await office.run("12 10:30")
        let accept = "select secondline.accept_ticket(\(ticket), \(anna))"
        if isAcceptedFirst {
            try await office.database.whileHolding(accept) { try await office.run("12 11:00", rounds: 3) }
            try await office.run("12 11:00")
        } else {
            let timeOut = "select from secondline_rules.run_clocks('2026-10-12 11:00+00', 500)"
            let late = try await office.database.session()
            let refusal = try await office.database.whileHolding(timeOut) {
                let refusal = Task { await #expect(throws: DatabaseError.self) { try await late.script(accept) } }
                let waitsOrEnded = """
                    select count(*) from pg_stat_activity where datname = current_database() and query = $$\(accept)$$
                       and (wait_event_type = 'Lock' or state <> 'active')
                    """
                while try await office.value(waitsOrEnded) == "0" {}
                return refusal
            }
            #expect(await refusal.value?.sqlState == "SL005")
        }
        let state = isAcceptedFirst ? "accepted|\(anna)" : "new|"
        #expect(
            try await office.value(
                "select concat_ws('|', status, coalesce(assignee_id::text, '')) from secondline.ticket") == state)
        #expect(
            try await office.value("select count(*) from secondline.assignment where ended_at is null")
                == (isAcceptedFirst ? "1" : "0"))
        #expect(
            try await office.value("select load_minutes from secondline.person where person_id = \(anna)")
                == (isAcceptedFirst ? "75" : "0"))
        try await office.close()
    }
}
