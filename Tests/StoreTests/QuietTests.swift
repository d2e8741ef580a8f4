import Postgres
import TestSupport
import Testing

/// Who is left alone when, and what becomes of it.
@Suite(.serialized, .ownDatabase) struct QuietTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        /// weekday, starts, ends
        var hours = ["1, '09:00', '17:00'", "2, '09:00', '17:00'"]
        /// Calls with `{person}` and `{team}`.
        var calls: [String] = []
        var atWork = false
        var severity = "normal"
        var zone = "Europe/Berlin"
        let at: String
        /// Nil: told at once.
        let until: String?

        var testDescription: String { title }

        static let all = [
            Case(title: "during the shift they are told", at: "2026-06-01 09:00+02", until: nil),
            Case(
                title: "before the shift it waits for its start", at: "2026-06-01 08:59:59+02",
                until: "2026-06-01 07:00Z"),
            Case(title: "after the shift, for the next", at: "2026-06-01 17:00+02", until: "2026-06-02 07:00Z"),
            Case(title: "over the weekend, for Monday", at: "2026-06-02 18:00+02", until: "2026-06-08 07:00Z"),
            Case(title: "who is at work is told whenever", atWork: true, at: "2026-06-01 23:00+02", until: nil),
            Case(
                title: "who paused is still at work", calls: ["pause_workday({person})"], atWork: true,
                at: "2026-06-01 23:00+02", until: nil),
            Case(title: "urgent waits for nobody", severity: "urgent", at: "2026-06-01 23:00+02", until: nil),
            Case(title: "nor does critical", severity: "critical", at: "2026-06-01 23:00+02", until: nil),
            Case(title: "high waits", severity: "high", at: "2026-06-01 23:00+02", until: "2026-06-02 07:00Z"),
            Case(title: "without any hours nothing is quiet", hours: [], at: "2026-06-01 23:00+02", until: nil),
            Case(
                title: "a day off moves it to the day after",
                calls: ["record_absence({person}, 'day_off', '2026-06-02', '2026-06-02')"], at: "2026-06-01 18:00+02",
                until: "2026-06-08 07:00Z"),
            Case(
                title: "a holiday does as well", calls: ["add_holiday({team}, '2026-06-02')"],
                at: "2026-06-01 18:00+02", until: "2026-06-08 07:00Z"),
            Case(
                title: "an absence by the hour is quiet until it ends",
                calls: ["record_absence_hours({person}, 'sick', '2026-06-01 10:00+02', '2026-06-01 12:00+02')"],
                at: "2026-06-01 10:30+02", until: "2026-06-01 10:00Z"),
            Case(
                title: "who is away for longer than two months is not woken at night",
                calls: ["record_absence({person}, 'vacation', '2026-06-01', '2026-12-31')"], at: "2026-06-01 03:00+02",
                until: "2026-07-30 22:00Z"),
            Case(
                title: "in the night shift they are told, past midnight too", hours: ["1, '22:00', '06:00'"],
                at: "2026-06-02 05:59+02", until: nil),
            Case(
                title: "after the night shift it waits for the next", hours: ["1, '22:00', '06:00'"],
                at: "2026-06-02 06:00+02", until: "2026-06-08 20:00Z"),
            Case(
                title: "between two spans of a day it waits for the second",
                hours: ["1, '09:00', '12:00'", "1, '13:00', '17:00'"], at: "2026-06-01 12:30+02",
                until: "2026-06-01 11:00Z"),
            // clocks go forward on 2026-03-29, back on 2026-10-25
            Case(
                title: "a Monday after the clocks went forward begins an hour earlier", at: "2026-03-27 18:00+01",
                until: "2026-03-30 07:00Z"),
            Case(
                title: "and after they went back an hour later", at: "2026-10-23 18:00+02",
                until: "2026-10-26 08:00Z"),
            Case(
                title: "the reader's own zone counts", zone: "America/New_York", at: "2026-06-01 14:00+02",
                until: "2026-06-01 13:00Z"),
        ]
    }

    @Test("outside the shift, and not at work, what is not urgent waits for the next shift", arguments: Case.all)
    func quiet(_ one: Case) async throws {
        let post = try await Post(atWork: one.atWork, zone: one.zone)
        for call in one.hours.map({ "set_working_hours({person}, \($0))" }) + one.calls {
            let call = call.replacing("{person}", with: "\(post.reader)").replacing("{team}", with: "\(post.here.team)")
            try await db.script("select secondline.\(call)")
        }
        try await db.script("select secondline.set_contact(\(post.reader), '\(post.channel)', 'a', 'low')")
        let at = "timestamptz '\(one.at)'"
        let popup = try await post.popUp(severity: one.severity, at: at)
        let message = try await db.id("message_id from secondline.message where channel = '\(post.channel)'")
        let batch = try await Courier(channel: post.channel).claim(at: at)
        #expect(batch.messages == (one.until == nil ? [message] : []))
        let sendAt = try await db.value(
            "select to_char(send_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI\"Z\"') from secondline.message where message_id = \(message)"
        )
        if let until = one.until {
            #expect(sendAt == until)
            let left = try await db.value("select extract(epoch from timestamptz '\(until)' - \(at))::float8")
            #expect(batch.dueIn == left.flatMap { Double($0) })
            // it goes then, unless they are still away
            let then = try await Courier(channel: post.channel).claim(at: "timestamptz '\(until)'")
            #expect(then.messages == [message] || one.title.contains("two months"))
        }
        #expect(try await db.value("select send_at = \(at) from secondline.message where message_id = \(popup)") == "t")
    }

    @Test("what is quiet delays nobody else's")
    func others() async throws {
        let post = try await Post(specialists: 2, atWork: false)
        try await db.script(
            "select secondline.set_working_hours(\(post.reader), 1, '20:00', '22:00'), secondline.start_workday(\(post.here.specialists[1]))"
        )
        for person in post.here.specialists {
            try await db.script("select secondline.set_contact(\(person), '\(post.channel)', 'a', 'low')")
        }
        for _ in 0..<5 { _ = try await post.popUp(post.reader, at: Post.at(-60)) }
        _ = try await post.popUp(post.here.specialists[1])
        let courier = Courier(channel: post.channel)
        // the limit counts what is put off as well: there is more at once
        let first = try await courier.claim(limit: 5)
        #expect(first.messages == [])
        #expect(first.dueIn == 0)
        #expect(try await courier.claim(limit: 5).claims.count == 1)
        #expect(try await courier.claim(limit: 5).dueIn == 8 * 3600)
    }

    @Test("what is for somebody who has left is dropped, also when urgent, and says so")
    func left() async throws {
        let post = try await Post(atWork: false)
        try await db.script("select secondline.set_contact(\(post.reader), '\(post.channel)', 'a', 'low')")
        _ = try await post.popUp(severity: "urgent")
        let message = try await db.id("message_id from secondline.message where channel = '\(post.channel)'")
        try await db.script("select secondline.deactivate_person(\(post.reader))")
        #expect(try await Courier(channel: post.channel).claim().messages == [])
        #expect(try await post.end(message) == "dropped|the person has left")
    }

    @Test("a retried message is looked at again: quiet hours still hold")
    func retried() async throws {
        let post = try await Post(atWork: false)
        try await db.script(
            """
            select secondline.set_working_hours(\(post.reader), 1, '20:00', '22:00'),
                   secondline.set_contact(\(post.reader), '\(post.channel)', 'a', 'low')
            """)
        _ = try await post.popUp()
        let message = try await db.id("message_id from secondline.message where channel = '\(post.channel)'")
        #expect(try await Courier(channel: post.channel).claim().messages == [])
        try await db.script("select secondline_rules.retry_message(\(Post.at(60)), \(message))")
        #expect(try await Courier(channel: post.channel).claim(at: Post.at(60)).messages == [])
        #expect(try await post.state(message) == "ready|0|0|28800|-|-")
    }
}
