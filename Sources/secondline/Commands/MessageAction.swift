import Policy
import Postgres

/// Something that is done to each of the messages named on the command line, each by itself.
struct MessageAction {
    static let operand = Operand(
        name: "MESSAGE", summary: "Its number, as \"secondline messages\" shows it", arity: .many)

    private let call: Invocation
    /// In the order given, each once.
    private let messages: [MessageID]

    /// All numbers are looked at before anything is done.
    init(_ call: Invocation) throws(CommandFailure) {
        var messages: [MessageID] = []
        var seen: Set<MessageID> = []
        for word in call.operands {
            guard let number = Int64(word), number > 0 else {
                throw CommandFailure(
                    .usage, "\"\(word)\" is not the number of a message",
                    advice: "\"secondline messages\" shows the numbers. Nothing was done.")
            }
            if seen.insert(MessageID(number)).inserted { messages.append(MessageID(number)) }
        }
        self.call = call
        self.messages = messages
    }

    /// `act` returns what became of the message. What is wrong with one message alone does not stop the others.
    func run(_ act: (MessageID) async throws(DatabaseError) -> String) async throws(DatabaseError) -> ExitStatus {
        var worst = ExitStatus.ok
        for message in messages {
            do throws(DatabaseError) {
                call.output.write("message \(message.raw): \(try await act(message).visible())\n")
            } catch {
                let status = Explanation.of(error).status
                guard error.kind == .server, status == .dataError || status == .temporaryFailure else { throw error }
                let hint = error.hint.map { " — \($0)" } ?? ""
                call.errors.write("message \(message.raw): refused: \(error.message)\(hint)".visible() + "\n")
                if worst != .dataError { worst = status }
            }
        }
        return worst
    }
}
