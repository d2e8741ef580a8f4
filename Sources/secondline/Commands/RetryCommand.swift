import Postgres
import Store

extension Command {
    static let retry = Command(
        name: "retry", summary: "Try messages again now",
        discussion: """
            What was set aside, or waits for its next attempt, is given to its channel at once; a channel where \
            everything failed is tried without waiting for its next turn. A message that is refused does not stop \
            the others; the status is then 65.
            With --channel, when what was wrong there is mended: all that it refused, or that failed there.
            """,
        options: [Option(long: "channel", value: "NAME", summary: "All that was set aside or failed in this channel")],
        operands: [
            Operand(name: MessageAction.operand.name, summary: MessageAction.operand.summary, arity: .any)
        ],
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
        guard call.has("channel") != !call.operands.isEmpty else {
            throw CommandFailure(
                .usage, "\"retry\" needs either MESSAGE… or --channel NAME",
                advice: "\"secondline messages --set-aside\" shows the numbers.")
        }
        let action = try MessageAction(call)
        let session = try await CommandSession(call, writes: true).open()
        if let channel = call.value("channel") {
            let count = try await session.query(RetryChannel(channel)).first ?? 0
            await session.close()
            call.output.write("\(Figures.counted(count, "message")) of \(channel.visible()) ready, and tried now\n")
            return .ok
        }
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
