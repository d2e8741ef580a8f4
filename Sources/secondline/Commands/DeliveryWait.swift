import Policy
import Postgres
import Store

/// Waits until each copy of a note has been delivered, has failed, or will certainly take longer than anybody waits.
struct DeliveryWait {
    private enum Fate {
        case delivered(String)
        case not(String)
        case open
    }

    let sent: SentNote
    /// Nil is all.
    let channel: String?
    let session: Session
    let output: Terminal

    private static let interval: Duration = .milliseconds(100)

    func status(within patience: Duration) async throws -> ExitStatus {
        let deadline = ContinuousClock.now + patience
        var open = sent.copies.filter { channel == nil || $0.channel == channel }
        var status = ExitStatus.ok
        for copy in open where sent.contact(through: copy.channel)?.state == "not_configured" {
            tell(copy, .not("not delivered: \(ChannelWords.absent)"))
            status = .temporaryFailure
        }
        open.removeAll { sent.contact(through: $0.channel)?.state == "not_configured" }
        while !open.isEmpty {
            let isLast = ContinuousClock.now >= deadline
            let rows = try await session.query(DeliveryProgress(of: open.map(\.message)))
            var left: [NoteCopies.Row] = []
            for (copy, row) in zip(open, rows) {
                let fate = fate(of: row)
                switch fate {
                case .delivered: tell(copy, fate)
                case .not:
                    tell(copy, fate)
                    status = .temporaryFailure
                case .open: left.append(copy)
                }
            }
            open = left
            if isLast { break }
            if !open.isEmpty { try await Task.sleep(for: Self.interval) }
        }
        for copy in open { tell(copy, .not("not delivered within \(patience.configurationText); it goes on")) }
        return open.isEmpty ? status : .temporaryFailure
    }

    private func tell(_ copy: NoteCopies.Row, _ fate: Fate) {
        let (words, style): (String, Terminal.Style) =
            switch fate {
            case .delivered(let words): (words, .green)
            case .not(let words): (words, .yellow)
            case .open: ("on its way", .faint)
            }
        let head = "\(copy.channel) (message \(copy.message.raw)): ".visible()
        output.write(head + output.styled(words.visible(), style) + "\n")
    }

    private func fate(of row: DeliveryProgress.Row) -> Fate {
        let said = row.said.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        let due = row.dueIn.map { Figures.time($0) }
        switch row.state {
        case "sent": return .delivered("delivered\(said)")
        case "dropped": return .not("dropped\(said)")
        case "set_aside": return .not("set aside\(said)")
        case nil: return .not("it is not known any more: the history was removed")
        case _: break
        }
        if let outcome = row.outcome {
            return .not("\(outcome)\(said)\(due.map { "; the next attempt is in \($0)" } ?? "")")
        }
        // never tried, and not due: its reader has quiet hours
        if row.attempt == 0, let due { return .not("waits for the next shift, in \(due)") }
        return .open
    }
}
