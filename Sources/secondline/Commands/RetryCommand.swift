import Postgres
import Store

extension Command {
    static let retry = Command(
        name: "retry", summary: "Try messages again now",
        discussion: """
            What was set aside, or waits for its next attempt, is given to its channel at once. A message that is \
            refused does not stop the others; the status is then 65.
            """,
        operands: [MessageAction.operand],
        run: { call in try await RetryCommand(call: call).run() })

    static let drop = Command(
        name: "drop", summary: "Give messages up",
        discussion: """
            They are not delivered; the history keeps them with the reason. A message that is refused does not stop \
            the others; the status is then 65.
            """,
        options: [Option(long: "because", value: "TEXT", summary: "Why; needed")],
        operands: [MessageAction.operand],
        run: { call in try await DropCommand(call: call).run() })
}

struct RetryCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let action = try MessageAction(call)
        let session = try await CommandSession(call, writes: true).open()
        let use = try await session.query(ChannelUse())
        let absent = Set(use.filter { $0.state == "not_configured" }.map(\.channel))
        let status = try await action.run { message throws(DatabaseError) in
            let channel = try await session.query(RetryMessage(message)).first ?? ""
            guard absent.contains(channel) else { return "ready, and tried now" }
            return "ready; it waits: \(ChannelWords.notConfigured(channel))"
        }
        await session.close()
        return status
    }
}

struct DropCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let action = try MessageAction(call)
        guard let because = call.value("because"),
            because.unicodeScalars.contains(where: { !$0.properties.isWhitespace })
        else {
            throw CommandFailure(
                .usage, "\"drop\" needs --because TEXT",
                advice: "The history keeps the reason, for whoever asks why the message did not come.")
        }
        let session = try await CommandSession(call, writes: true).open()
        let status = try await action.run { message throws(DatabaseError) in
            try await session.execute(DropMessage(message, because: because))
            return "dropped"
        }
        await session.close()
        return status
    }
}
