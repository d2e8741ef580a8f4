/// Assigning a backlog: tickets a second, by hand and by the daemon.
struct AssignBench {
    let database: BenchDatabase
    let tickets: Int

    private static let people = 60

    func run(_ rounds: Int, _ output: Terminal) async throws {
        try await database.hire(Self.people)
        var byHand = Rounds()
        var daemon = Rounds()
        var ratio = Rounds()
        for round in 0...rounds {
            try await database.submit(tickets)
            try await database.settle()
            let yardstick = Double(tickets) / (try await assignByHand()).inSeconds
            try await database.finishAll()
            try await database.submit(tickets)
            try await database.settle()
            let ours = Double(tickets) / (try await database.assignAll()).inSeconds
            try await database.finishAll()
            // the first round fills caches and grows files
            if round == 0 { continue }
            byHand.add(yardstick)
            daemon.add(ours)
            ratio.add(ours / yardstick)
            database.note("round \(round): by hand \(Int(yardstick))/s, daemon \(Int(ours))/s")
        }
        output.write(
            """
            assigning \(tickets) waiting tickets to \(Self.people) people, tickets/s, median of \(rounds) (least–most)
              hand-written set-based SQL  \(byHand.text())
              secondline                  \(daemon.text())
              ratio                       \(ratio.text(digits: 2))   budget ≥ 0.70

            """)
    }

    /// The same rows in the same tables, in batches of 1,000, with everything known beforehand: nobody is looked for, nothing
    /// is checked, everyone gets every sixtieth ticket.
    private func assignByHand() async throws -> Duration {
        try await database.run(
            """
            prepare by_hand (secondline.priority) as
            with waiting as materialized (
                select ticket_id, effort_minutes, row_number() over (order by ticket_id) as n from (
                    select ticket_id, effort_minutes from secondline.ticket
                     where status = 'new' and queue = 'bench' and coalesce(skill, '') = ''
                       and coalesce(priority, 'normal') = $1 order by eligible_at, ticket_id limit 1000
                       for no key update skip locked) t
            ), pair as materialized (
                select w.ticket_id, w.effort_minutes, p.person_id from waiting w
                  join (select person_id, row_number() over () as n from secondline.queue_member where queue = 'bench') p
                    on p.n = 1 + w.n % \(Self.people)
            ), opened as (
                insert into secondline.assignment (ticket_id, person_id, weight_minutes, offered_at)
                select ticket_id, person_id, effort_minutes, now() from pair
            ), taken as (
                update secondline.ticket t set status = 'assigned', assignee_id = p.person_id, changed_at = now()
                  from pair p where t.ticket_id = p.ticket_id
            ), decided as (
                insert into secondline.decision (ticket_id, decided_at, kind, person_id, reason, candidates)
                select ticket_id, now(), 'assigned', person_id, 'least_loaded',
                       '{"considered":[{"person_id":11,"load":1125,"capacity":100000},{"person_id":12,"load":1125,"capacity":100000},{"person_id":13,"load":1200,"capacity":100000},{"person_id":14,"load":1200,"capacity":100000},{"person_id":15,"load":1200,"capacity":100000}],"excluded":{}}'
                  from pair
            ), told as (
                insert into secondline.message (channel, state, severity, kind, person_id, ticket_id, created_at, send_at, data)
                select 'popup', 'sent', 'normal', 'ticket.offered', person_id, ticket_id, now(), now(),
                       '{"ticket": 4711, "title": "Ticket 4711", "queue": "bench", "client": null, "priority": "normal", "severity": "normal"}'
                  from pair
            )
            insert into secondline.journal (ticket_id, at, event, person_id, from_status, to_status)
            select ticket_id, now(), 'assigned', person_id, 'new', 'assigned' from pair
            """)
        let start = ContinuousClock.now
        for priority in ["urgent", "high", "normal", "low"] {
            for _ in 0..<((tickets / 4 + 999) / 1000) {
                try await database.run("execute by_hand ('\(priority)')")
            }
        }
        let took = ContinuousClock.now - start
        try await database.run("deallocate by_hand")
        return took
    }
}
