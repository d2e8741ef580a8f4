import Store

/// Channels as the database knows them, and as this machine's configuration has them.
struct ChannelTable {
    let channels: [ChannelStatus.Row]
    let configured: [Configuration.Channel]

    /// What to know about channels in trouble stands below: a table would cut it.
    func text(for terminal: Terminal) -> String {
        var text = table.text(for: terminal)
        for channel in channels {
            guard let note = note(on: channel) else { continue }
            text += terminal.styled("\(channel.channel): \(note)".visible(), .yellow) + "\n"
        }
        for channel in unknown {
            text += terminal.styled("\(channel.name): \(Self.onlyHere)".visible(), .yellow) + "\n"
        }
        return text
    }

    private var table: TextTable {
        var table = TextTable([
            .init(heading: "CHANNEL", shrinks: true), .init(heading: "STATE"),
            .init(heading: "WAITING", alignment: .right), .init(heading: "OLDEST", alignment: .right),
            .init(heading: "SENDING", alignment: .right), .init(heading: "LATER", alignment: .right),
            .init(heading: "ASIDE", alignment: .right), .init(heading: "SENT/H", alignment: .right),
            .init(heading: "FAILED/H", alignment: .right), .init(heading: "DAEMONS", alignment: .right),
            .init(heading: "RATE", alignment: .right),
        ])
        for channel in channels {
            table.append([
                .init(channel.channel, .bold), .init(channel.state, style(of: channel.state)),
                .init(Figures.grouped(channel.waiting)), .init(channel.oldest.map(Figures.time) ?? ""),
                .init(Figures.grouped(channel.sending)), .init(Figures.grouped(channel.later)),
                .init(Figures.grouped(channel.setAside), channel.setAside > 0 ? .red : nil),
                .init(Figures.grouped(channel.sentLastHour)), .init(Figures.grouped(channel.failedLastHour)),
                .init(channel.channel == "popup" ? "" : Figures.grouped(channel.daemons)),
                .init(rate(of: channel.channel)),
            ])
        }
        for channel in unknown {
            table.append([
                .init(channel.name, .bold), .init("not_running", .yellow), "", "", "", "", "", "", "", .init("0"),
                .init(rate(of: channel.name)),
            ])
        }
        return table
    }

    /// No daemon has ever had them, and no contact names them.
    private var unknown: [Configuration.Channel] {
        let known = Set(channels.map(\.channel))
        return configured.filter { !known.contains($0.name) }
    }

    private static let onlyHere = "configured here, but no running daemon has it: start the daemon again"

    private func note(on channel: ChannelStatus.Row) -> String? {
        if channel.state == "not_configured", configured.contains(where: { $0.name == channel.channel }) {
            return Self.onlyHere
        }
        return ChannelWords.trouble(
            channel.channel, state: channel.state, failingFor: channel.failingFor, error: channel.error)
    }

    private func rate(of name: String) -> String {
        guard let rate = configured.first(where: { $0.name == name })?.rate else { return "" }
        return "\(Figures.grouped(rate.count))/\(Self.unit(rate.per))"
    }

    /// `min`, `5s`: a count in one unit of time is written without the one.
    private static func unit(_ time: Duration) -> String {
        let text = time.configurationText
        let digits = text.prefix { $0.isNumber }
        return digits == "1" ? String(text.dropFirst()) : text
    }

    private func style(of state: String) -> Terminal.Style? {
        switch state {
        case "working": .green
        case "failing", "failing_in_part": .red
        case "not_configured": .yellow
        case _: .faint
        }
    }
}
