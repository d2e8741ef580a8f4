import Policy
import Postgres
import Store

extension Command {
    static let send = Command(
        name: "send", summary: "Send a note to a person, to try the channels",
        discussion: """
            The note is a message like any other: it pops up, and goes through each contact of the person that wants \
            its severity. Shown is where it goes, and what does not get it and why. With --channel nothing is sent \
            unless it goes there, and --wait is about that channel alone.
            With --wait the status is 0 when all was delivered and 75 when it was not, or not in time.
            """,
        options: [
            Option(long: "to", value: "PERSON", summary: "Their number, or a part of the name; needed"),
            Option(long: "text", value: "TEXT", summary: "What it says; needed"),
            Option(
                long: "severity", value: "SEVERITY", choices: ["low", "normal", "high", "urgent", "critical"],
                summary: "How much it matters; default: as kind note says"),
            Option(long: "channel", value: "NAME", summary: "The channel to try"),
            Option(long: "wait", value: "DURATION", summary: "Wait so long, such as 10s, for what the channels say"),
        ],
        run: { call in try await SendCommand(call: call).run() })
}

struct SendCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let search = try PersonSearch(try needed("to"), option: "--to")
        let text = try needed("text")
        let wait = try call.duration("wait", in: .milliseconds(100) ... .seconds(3600))
        let session = try await CommandSession(call, writes: true).open()
        let person = try await search.person(in: session)
        let (channel, severity) = (call.value("channel"), call.value("severity"))
        let (contacts, sent) = try await session.transaction {
            (db) throws(DatabaseError) -> ([PersonContacts.Row], SentNote?) in
            let contacts = try db.query(PersonContacts(of: person.id, severity: severity))
            guard goes(through: channel, contacts),
                let popup = try db.first(SendNote(to: person.id, text: text, severity: severity))
            else { return (contacts, nil) }
            let (copies, quiet) = try db.pipeline(NoteCopies(of: popup), QuietHours(for: popup))
            return (
                contacts,
                SentNote(person: person, popup: popup, contacts: contacts, copies: copies, quietFor: quiet.first)
            )
        }
        guard let sent else { throw refusal(of: channel ?? "", contacts, person.name) }
        call.output.write(sent.text(for: call.output))
        var status = ExitStatus.ok
        if let wait {
            status = try await DeliveryWait(sent: sent, channel: channel, session: session, output: call.output)
                .status(within: wait)
        }
        await session.close()
        return status
    }

    private func needed(_ option: String) throws(CommandFailure) -> String {
        guard let value = call.value(option) else {
            throw CommandFailure(
                .usage, "\"send\" needs --\(option)", advice: "Run \"secondline send --help\" to see what it takes.")
        }
        return value
    }

    private func goes(through channel: String?, _ contacts: [PersonContacts.Row]) -> Bool {
        guard let channel, channel != "popup" else { return true }
        return contacts.contains { $0.channel == channel && $0.isReached }
    }

    private func refusal(of channel: String, _ contacts: [PersonContacts.Row], _ name: String) -> CommandFailure {
        if let contact = contacts.first(where: { $0.channel == channel }) {
            return CommandFailure(
                .dataError, "\(name) wants only what is \(contact.fromSeverity) or above through \(channel)",
                advice: "Add --severity \(contact.fromSeverity). Nothing was sent.")
        }
        let list = (["popup"] + contacts.map(\.channel)).joined(separator: ", ")
        let clause = Suggestion.clause(channel, among: contacts.map(\.channel))
        return CommandFailure(
            .dataError, "\(name) has no contact through \(channel)\(clause)",
            advice: "There is \(list). secondline.set_contact(person, channel, address) adds one. Nothing was sent.")
    }
}
