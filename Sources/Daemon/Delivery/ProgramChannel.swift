package import ChildProcess
internal import Glibc
package import Store

/// A channel that starts a program for each message and gives it the message on its standard input.
package struct ProgramChannel: Channel {
    package let program: ChildProgram
    package let format: MessageFormat
    package let timeLimit: Duration
    /// The sender of mails, one plain address; JSON has none.
    package let from: String

    package init(program: ChildProgram, format: MessageFormat, timeLimit: Duration, from: String) {
        self.program = program
        self.format = format
        self.timeLimit = timeLimit
        self.from = from
    }

    package func deliver(_ message: OutgoingMessage) async -> Delivery {
        let input: [UInt8]
        switch format {
        case .json: input = message.jsonLine
        case .mail:
            guard let sender = MailAddress(from) else {
                return Delivery(.failed, said: notAnAddress("the sender ", from))
            }
            guard let reader = MailAddress(message.address) else {
                return Delivery(.refused, said: notAnAddress("", message.address))
            }
            input = Mail(message, from: sender, to: reader).bytes
        }
        return delivery(await program.run(input: input, timeLimit: timeLimit))
    }

    private func notAnAddress(_ what: String, _ text: String) -> String {
        let shown = SaidText(text).text.unicodeScalars
        return "\(what)\"\(String(shown.prefix(300)))\(shown.count > 300 ? "…" : "")\" is not a mail address"
    }

    private func delivery(_ end: ChildEnd) -> Delivery {
        let output = SaidText(end.output).text
        switch end.way {
        case .exited(0): return Delivery(.sent, said: output)
        case .exited(let status):
            let said = output.isEmpty ? "exit status \(status)" : output
            return Delivery(Self.refusals.contains(status) ? .refused : .failed, said: said)
        case .signalled(let signal):
            let name = strsignal(signal).map { " (\(String(cString: $0)))" } ?? ""
            let said = words("killed by signal \(signal)\(name)", output)
            return Delivery(.unknown, said: said, crashed: !Self.requests.contains(signal))
        case .outOfTime:
            return Delivery(.unknown, said: words("did not end within \(LogValue.short(timeLimit))", output))
        case .cancelled: return Delivery(.unknown, said: words("was stopped before it ended", output))
        case .notStarted(let code):
            return Delivery(.failed, said: words("cannot start \(program.path): \(fault(code))", ""))
        case .lost(let code): return Delivery(.unknown, said: words("its exit status is lost: \(fault(code))", output))
        }
    }

    /// `EX_DATAERR` and `EX_NOUSER` of sysexits.h: another attempt with this message would end alike.
    private static let refusals: Set<Int32> = [65, 67]

    /// Somebody asked it to end, as systemd does with all that a service has started: it did not die of the message.
    private static let requests: Set<Int32> = [SIGTERM, SIGINT, SIGHUP]

    private func words(_ what: String, _ output: String) -> String {
        SaidText(output.isEmpty ? what : "\(what): \(output)").text
    }

    private func fault(_ code: Int32) -> String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
