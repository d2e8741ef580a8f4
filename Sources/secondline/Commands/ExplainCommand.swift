import Postgres
import Store

extension Command {
    static let explain = Command(
        name: "explain", summary: "Tell the story of a ticket: who got it, why, and why not the others",
        discussion: """
            What it waited for and how long, each decision with those who were considered, its journal; for a waiting \
            ticket its place in the queue and, person by person, what keeps them from getting it now. Reasons are \
            shown as the codes of the ledger and the log, with what they mean. Works on a standby as well.
            """,
        operands: [Operand(name: "TICKET", summary: "Its number (secondline.ticket.ticket_id)")],
        run: { call in try await ExplainCommand(call: call).run() })
}

struct ExplainCommand {
    let call: Invocation

    private static let longestJournal = 500

    func run() async throws -> ExitStatus {
        let word = call.operand(0) ?? ""
        guard let ticket = Int64(word), ticket > 0 else {
            throw CommandFailure(
                .usage, "\"\(word)\" is not the number of a ticket",
                advice: "Give its ticket_id, such as 42; the view secondline.ticket_now shows them.")
        }
        let session = try await CommandSession(call, writes: false).open()
        let story = try await session.transaction { (db) throws(DatabaseError) -> TicketExplanation? in
            guard let story = try db.first(TicketStory(ticket: ticket)) else { return nil }
            let (waits, blockers, decisions, journal) = try db.pipeline(
                TicketWaits(ticket: ticket), TicketBlockers(ticket: ticket), TicketDecisions(ticket: ticket),
                TicketJournal(ticket: ticket, limit: Self.longestJournal))
            let isWaiting = story.status == "new"
            return TicketExplanation(
                ticket: ticket, story: story, waits: waits, blockers: blockers, decisions: decisions,
                journal: journal, place: isWaiting ? try db.first(PlaceInQueue(ticket: ticket)) : nil,
                candidates: isWaiting ? try db.query(TicketCandidates(ticket: ticket)) : [])
        }
        await session.close()
        guard let story else {
            throw CommandFailure(
                .dataError, "there is no ticket \(ticket)",
                advice: "Check the number, and with \"secondline check\" that this is the right database.")
        }
        call.output.write(story.text(for: call.output))
        return .ok
    }
}
