import Synchronization
import TestSupport

/// Who writes tickets and notes, and keeps an answer owed until it is known.
struct Clients: Sendable {
    let number: Int
    let seed: UInt64
    let staff: Staffing
    let told: Told
    let caller: Caller
    /// Nobody writes any more when the harness says so.
    let phase: Phase

    func write() async {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 1_000_003)
        var count = 0
        while phase.isOpen, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(8))
            count += 1
            // a heap would only make everything slow
            let waiting = await caller.call(
                "select count(*) from secondline.ticket where status = 'new'", looks: true)
            guard case .done(let rows) = waiting, let text = rows.first?.first ?? nil, let new = Int(text), new < 40
            else { continue }
            if Int.random(in: 0..<8, using: &generator) == 0 {
                await note("note-\(number)-\(count)", using: &generator)
            } else {
                await ticket("key-\(number)-\(count)", using: &generator)
            }
        }
    }

    private func ticket(_ key: String, using generator: inout SeededGenerator) async {
        let queue = ["support", "special"].randomElement(using: &generator)!
        let kind = ["question", "bug", "task"].randomElement(using: &generator)!
        let effort = [15, 30, 60, 120].randomElement(using: &generator)!
        let priority = ["'urgent'", "'high'", "'normal'", "'low'", "null"].randomElement(using: &generator)!
        let client = Bool.random(using: &generator) ? "\(staff.client)" : "null"
        let isPlain = Bool.random(using: &generator)
        let insert = """
            insert into secondline.ticket (queue, title, description, priority, kind, client_id, author_id, effort_minutes, external_key)
            values ('\(queue)', 'Title \(key)', 'What happened.', \(priority), '\(kind)', \(client), \(staff.manager), \(effort), '\(key)')
            returning ticket_id
            """
        let function = """
            select secondline.submit_ticket('\(queue)', 'Title \(key)', 'What happened.', \(priority), '\(kind)', \(client),
                \(staff.manager), \(effort), external_key => '\(key)')
            """
        var outcome = await caller.call(isPlain ? insert : function)
        // the same key again is the same ticket
        while case .unknown = outcome, !Task.isCancelled { outcome = await caller.call(function) }
        if case .done = outcome { told.note { $0.tickets.insert(key) } }
    }

    private func note(_ key: String, using generator: inout SeededGenerator) async {
        let person = staff.specialists.randomElement(using: &generator)!
        let sql = "select secondline.send_message(\(person), 'note', '{\"text\": \"Note \(key)\"}', '\(key)')"
        var outcome = await caller.call(sql)
        while case .unknown = outcome, !Task.isCancelled { outcome = await caller.call(sql) }
        if case .done = outcome { told.note { $0.notes.insert(key) } }
    }
}
