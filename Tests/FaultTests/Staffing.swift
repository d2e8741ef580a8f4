import Postgres
import TestSupport

/// The department of the harness: two queues with the same specialists, developers behind them, and a channel for everybody.
struct Staffing: Sendable {
    let head: Int64
    let manager: Int64
    let client: Int64
    let specialists: [Int64]
    let developers: [Int64]

    var people: [Int64] { specialists + developers }

    init(in session: Session) async throws {
        let team = try await session.id("secondline.add_team('Support', 'UTC')")
        head = try await session.id("secondline.add_person(\(team), 'head', 'Hanna Head')")
        manager = try await session.id("secondline.add_person(\(team), 'account_manager', 'Max Manager')")
        client = try await session.id("secondline.add_client('Client', \(manager))")
        try await session.script(
            """
            select secondline.add_queue('support', 2, 60);
            select secondline.add_queue('special', 2, 60);
            select secondline.add_queue('developers', 3, 60);
            select secondline.set_escalation('support', 'developers');
            select secondline.set_client_contact(\(client), 'record', 'client', 'low');
            """)
        var specialists: [Int64] = []
        var developers: [Int64] = []
        for number in 0..<8 {
            let role = number < 6 ? "specialist" : "developer"
            let person = try await session.id(
                "secondline.add_person(\(team), '\(role)', 'Person \(number)', null, 480)")
            let queues = number < 6 ? ["support", "special"] : ["developers"]
            for queue in queues { try await session.script("select secondline.add_member('\(queue)', \(person))") }
            try await session.script(
                "select secondline.set_contact(\(person), 'record', 'here', 'low'), secondline.start_workday(\(person))"
            )
            if number < 6 { specialists.append(person) } else { developers.append(person) }
        }
        self.specialists = specialists
        self.developers = developers
    }
}
