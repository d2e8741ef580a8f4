import Postgres
import TestSupport
import Testing

/// The audit looks at the whole database, so each case has its own department and asks for that one only.
@Suite(.serialized, .ownDatabase) struct AuditTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let title: String
        /// Done while nobody looks, an hour before the audit; `{ticket}`, `{person}`, `{queue}` …
        var long: [String] = []
        /// Done just now.
        var now: [String] = []
        var load = 0
        let fires: Bool

        var testDescription: String { title }

        static let all = [
            Case(title: "a ticket waits beside someone free", fires: true),
            Case(title: "beside someone with room", load: 75, fires: true),
            Case(title: "beside someone without room for it", load: 166, fires: false),
            Case(title: "beside someone full", load: 240, fires: false),
            Case(title: "the queue is paused", long: ["secondline.pause_queue({queue}, 'flood')"], fires: false),
            Case(title: "the queue was resumed just now", now: ["secondline.resume_queue({queue})"], fires: false),
            Case(title: "the person pauses", long: ["secondline.pause_workday({person})"], fires: false),
            Case(
                title: "the person came back just now",
                now: ["secondline.pause_workday({person})", "secondline.resume_workday({person})"], fires: false),
            Case(
                title: "the person got a skill just now", now: ["secondline.grant_skill({person}, 'dutch')"],
                fires: false),
            Case(
                title: "the person does not have the skill", long: ["secondline.revoke_skill({person}, 'french')"],
                fires: false),
            Case(
                title: "the ticket was set aside", long: ["secondline_rules.set_aside(now(), {ticket}, 'no')"],
                fires: false),
            Case(
                title: "the ticket came just now", now: ["secondline.set_priority({ticket}, 'high', {manager})"],
                fires: false),
            Case(title: "the person holds at the fair limit", long: ["fair"], fires: false),
            Case(title: "the person is below the fair limit", long: ["below"], fires: true),
            Case(
                title: "the person is reserved for a larger ticket that starves", long: ["starving"], load: 75,
                fires: false),
            Case(title: "a larger ticket that does not starve reserves nobody", long: ["large"], load: 75, fires: true),
            Case(
                title: "a starving ticket that needs another skill reserves nobody", long: ["starving", "other skill"],
                load: 75,
                fires: true),
            Case(title: "the person declined it", long: ["declined"], fires: false),
            Case(
                title: "the person is not a member", long: ["secondline.remove_member({queue}, {person})"], fires: false
            ),
        ]
    }

    @Test("a ticket must not wait beside someone who could take it all the time", arguments: Case.all)
    func audit(_ one: Case) async throws {
        let here = try await Department(in: db, specialists: 1, skill: "french")
        let (person, queue) = (here.specialists[0], here.queue)
        let ticket = try await here.ticket(in: db)
        if one.load > 0 {
            let other = try await here.ticket(in: db, effort: one.load)
            try await db.assign([(other, person)])
            try await db.script("select secondline.accept_ticket(\(other), \(person))")
        }
        let words = ["ticket": "\(ticket)", "person": "\(person)", "queue": "'\(queue)'", "manager": "\(here.manager)"]
        let run = { (call: String) in
            switch call {
            case "fair", "below":
                try await db.script(
                    """
                    select secondline.set_fair_limit('\(queue)', \(call == "fair" ? 1 : 2));
                    update secondline.queue_member set recent_offers = array[now() - interval '30 minutes'] where queue = '\(queue)'
                    """)
            case "starving", "large":
                let large = try await here.ticket(in: db, effort: 200)
                let age = call == "starving" ? "3 hours" : "1 hour"
                try await db.script(
                    "update secondline.ticket set eligible_at = now() - interval '\(age)' where ticket_id = \(large)")
            case "other skill":
                try await db.script(
                    """
                    insert into secondline.skill values ('dutch') on conflict do nothing;
                    update secondline.ticket set skill = 'dutch' where effort_minutes = 200 and queue = '\(queue)'
                    """)
            case "declined":
                try await db.assign([(ticket, person)])
                try await db.script("select secondline.decline_ticket(\(ticket), \(person), 'no')")
            default:
                try await db.script("select " + words.reduce(call) { $0.replacing("{\($1.key)}", with: $1.value) })
            }
        }
        for call in one.long { try await run(call) }
        // an hour goes by
        try await db.script(
            """
            update secondline.person set changed_at = now() - interval '1 hour' where person_id = \(person);
            update secondline.queue set changed_at = now() - interval '1 hour' where name = '\(queue)';
            update secondline.ticket set changed_at = now() - interval '1 hour', submitted_at = now() - interval '4 hours',
                   eligible_at = least(eligible_at, now() - interval '1 hour') where queue = '\(queue)' and status = 'new';
            """)
        for call in one.now { try await run(call) }
        let found = try await db.lines(
            """
            select i.ticket_id, i.person_id, round(i.waited_seconds / 3600)
              from secondline_rules.idle_specialist(clock_timestamp(), '1 minute') i
              join secondline.ticket t using (ticket_id) where t.queue = '\(queue)'
            """)
        #expect(found == (one.fires ? ["\(ticket)|\(person)|1"] : []))
    }
}
