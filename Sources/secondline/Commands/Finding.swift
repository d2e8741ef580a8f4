/// What one check found.
struct Finding: Sendable {
    enum Verdict: Sendable, Equatable {
        case ok
        case warning
        case failed(ExitStatus)
    }

    let verdict: Verdict
    let what: String
    /// What to do about it.
    let advice: String?

    static func ok(_ what: String) -> Finding { Finding(verdict: .ok, what: what, advice: nil) }

    static func warning(_ what: String, _ advice: String) -> Finding {
        Finding(verdict: .warning, what: what, advice: advice)
    }

    static func failed(_ status: ExitStatus, _ what: String, _ advice: String?) -> Finding {
        Finding(verdict: .failed(status), what: what, advice: advice)
    }

    static func failed(_ subject: String, _ failure: CommandFailure) -> Finding {
        .failed(failure.status, "\(subject): \(failure.message)", failure.advice)
    }

    var status: ExitStatus {
        if case .failed(let status) = verdict { status } else { .ok }
    }

    func line(for terminal: Terminal) -> String {
        let word =
            switch verdict {
            case .ok: terminal.styled("ok     ", .green)
            case .warning: terminal.styled("warning", .yellow)
            case .failed: terminal.styled("FAILED ", .red)
            }
        let advice = advice.map { " — \($0)" } ?? ""
        // several mistakes at once keep their lines
        return "\(word)  \("\(what)\(advice)".visible(keeping: .newlines))\n"
    }
}
