import Postgres
import Store

extension Command {
    static let messages = Command(
        name: "messages", summary: "Messages that are not done with",
        discussion: """
            The oldest first: how each stands, to whom it goes, how often it was tried, and what the channel last said, \
            or its subject. What is set aside waits for you: "retry" or "drop" it. Unread popups, which wait for \
            their readers, are shown with --to, --kind or --channel popup. Works on a standby as well.
            """,
        options: [
            Option(long: "set-aside", summary: "Only what was refused for good, or ended its daemon three times"),
            Option(long: "to", value: "PERSON", summary: "Only of this person: a number, or a part of the name"),
            Option(long: "kind", value: "KIND", summary: "Only of this kind, such as ticket.offered"),
            Option(long: "channel", value: "NAME", summary: "Only through this channel"),
            Option(long: "limit", value: "N", summary: "At most so many (default 50)"),
        ],
        run: { call in try await MessagesCommand(call: call).run() })
}

struct MessagesCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let limit = try call.integer("limit", in: 1...100_000) ?? 50
        let search = try call.value("to").map { (word) throws(CommandFailure) in
            try PersonSearch(word, option: "--to")
        }
        let session = try await CommandSession(call, writes: false).open()
        let person = try await search?.person(in: session)
        let wanted = OpenMessages(
            isSetAside: call.has("set-aside"), person: person?.id, kind: call.value("kind"),
            channel: call.value("channel"), limit: limit)
        let (messages, names) = try await session.transaction { (db) throws(DatabaseError) in
            try db.pipeline(wanted, MessageNames())
        }
        await session.close()
        if let names = names.first {
            try check("kind", among: names.kinds)
            try check("channel", among: names.channels)
        }
        call.output.write(text(messages))
        return .ok
    }

    /// A slip of the keyboard must not look as if nothing waited.
    private func check(_ option: String, among known: [String]) throws(CommandFailure) {
        guard let word = call.value(option), !known.contains(word) else { return }
        throw CommandFailure(
            .dataError, "--\(option): there is no \(option) \"\(word)\"\(Suggestion.clause(word, among: known))",
            advice: "There are \(known.prefix(20).joined(separator: ", ")).")
    }

    private func text(_ messages: [OpenMessages.Row]) -> String {
        guard let first = messages.first else {
            let isFiltered = call.has("to") || call.has("kind") || call.has("channel")
            let verb = call.has("set-aside") ? "is set aside" : "waits"
            return "Nothing \(isFiltered ? "of that " : "")\(verb).\n"
        }
        let text = MessageTable.table(of: messages).text(for: call.output)
        let rest = first.total - messages.count
        return rest > 0 ? text + "… and \(Figures.grouped(rest)) more: --limit shows more of them\n" : text
    }
}
