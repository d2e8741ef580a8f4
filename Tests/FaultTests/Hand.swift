import Postgres
import TestSupport

/// Does what some of the people do: takes tickets, brings developers in, comes and goes; in the end solves what is left.
struct Hand: Sendable {
    let number: Int
    let of: Int
    let seed: UInt64
    let staff: Staffing
    let told: Told
    let caller: Caller
    let phase: Phase

    private static let inHand = """
        select a.ticket_id, a.person_id, t.status, t.kind, w.escalation_id, w.state, e.escalation_id, e.state, e.ticket_id = t.ticket_id,
               t.external_key
          from secondline.assignment a
          join secondline.ticket t on t.ticket_id = a.ticket_id
          left join secondline.escalation w on w.developer_ticket_id = t.ticket_id
          left join secondline.escalation e on e.escalation_id = t.escalation_id
         where a.ended_at is null
        """

    func work() async {
        var generator = SeededGenerator(seed: seed &+ UInt64(number) &* 7_000_003)
        while !phase.isOver, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(3))
            if !phase.isOpen || Int.random(in: 0..<25, using: &generator) == 0 {
                await live(using: &generator)
            }
            let look = await caller.call(
                "\(Self.inHand) and a.person_id % \(of) = \(number) order by a.assignment_id", looks: true)
            guard case .done(let rows) = look, let row = rows.randomElement(using: &generator),
                let act = act(row.map { $0 ?? "" }, using: &generator)
            else { continue }
            if case .done = await caller.call("select secondline.\(act.call)"), let event = act.event {
                let ticket = row[0] ?? ""
                told.note { $0.events.insert(Told.Event(ticket: ticket, event: event)) }
            }
        }
    }

    /// A pause, the end of a pause, the end of a day with its plan and report, a start.
    private func live(using generator: inout SeededGenerator) async {
        let mine = staff.people.filter { Int($0) % of == number }
        guard let person = mine.randomElement(using: &generator) else { return }
        let look = await caller.call(
            "select state from secondline.workday where person_id = \(person) and ended_at is null", looks: true)
        guard case .done(let rows) = look else { return }
        let pauses = Bool.random(using: &generator)
        switch rows.first?.first ?? nil {
        case "working":
            guard phase.isOpen else { return }
            if pauses {
                _ = await caller.call("select secondline.pause_workday(\(person))")
            } else {
                if case .done = await caller.call(Session.endingDay(of: "\(person)")) {
                    _ = await caller.call("select secondline.start_workday(\(person))")
                }
            }
        case "paused": _ = await caller.call("select secondline.resume_workday(\(person))")
        default: _ = await caller.call("select secondline.start_workday(\(person))")
        }
    }

    /// What is done next with a ticket; nil where one waits. Who declines is always the same: somebody is left.
    private func act(_ row: [String], using generator: inout SeededGenerator) -> (call: String, event: String?)? {
        let (ticket, person) = (row[0], row[1])
        let dice = Int.random(in: 0..<100, using: &generator)
        let isOpen = phase.isOpen
        if !row[4].isEmpty {
            let escalation = row[4]
            if row[2] == "assigned" {
                if isOpen, dice < 15, person == "\(staff.developers[0])" {
                    return ("decline_escalation(\(escalation), \(person), 'Not my part.')", nil)
                }
                return ("acknowledge_escalation(\(escalation), \(person))", nil)
            }
            if row[5] == "asked" { return nil }
            switch dice {
            case ..<15 where isOpen: return ("ask_owner(\(escalation), \(person), 'Since when?')", nil)
            case ..<35 where isOpen: return ("note_progress(\(escalation), \(person), 'Found it.')", nil)
            default: return ("finish_escalation(\(escalation), \(person), 'fixed', 'Ships tonight.')", nil)
            }
        }
        switch row[2] {
        case "with_developer":
            guard row[7] == "asked", row[8] == "t" else { return nil }
            return ("answer_developer(\(row[6]), \(person), 'Since the last release.')", nil)
        case "to_verify":
            return isOpen && dice < 20
                ? ("send_back(\(row[6]), \(person), 'Still there.')", nil) : ("confirm_fix(\(ticket), \(person))", nil)
        case "waiting_for_client": return ("client_replied(\(ticket), 'The last version.')", "client_replied")
        case "assigned":
            switch dice {
            case ..<10 where isOpen && person == "\(staff.specialists[number])":
                return ("decline_ticket(\(ticket), \(person), 'Not mine.')", "declined")
            case ..<20: return ("reply_to_client(\(ticket), \(person), 'We look at it.')", "replied")
            case ..<70: return ("accept_ticket(\(ticket), \(person))", "accepted")
            default: return ("resolve_ticket(\(ticket), \(person), 'Done.')", "resolved")
            }
        default:
            guard isOpen else { return ("resolve_ticket(\(ticket), \(person), 'Done.')", "resolved") }
            switch dice {
            case ..<25 where row[3] == "bug":
                return ("escalate_ticket(\(ticket), \(person), 'bug', 'high', 'It breaks.', 'developers')", "escalated")
            case ..<40: return ("reply_to_client(\(ticket), \(person), 'It goes on.')", "replied")
            case ..<52: return ("wait_for_client(\(ticket), \(person), 'Which version?')", "waiting")
            case ..<57: return ("hand_over(\(ticket), 'special', \(person), 'Theirs.')", "handed_over")
            case ..<61:
                return (
                    "reassign_ticket(\(ticket), \(staff.specialists[dice % 6]), \(person), 'Please.')", "reassigned"
                )
            case ..<65: return ("add_note(\(ticket), \(person), 'Remember the log.')", nil)
            default: return ("resolve_ticket(\(ticket), \(person), 'Done.')", "resolved")
            }
        }
    }
}
