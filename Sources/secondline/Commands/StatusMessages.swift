import Store

/// What the picture of the department says about messages: one line, and one for each channel in trouble.
struct StatusMessages {
    let channels: [MessageStatus.Row]

    private static let shown = 5
    private static let width = 160

    /// Popups wait for their readers, not for us: they are not counted.
    func text(for terminal: Terminal) -> String {
        let waiting = channels.reduce(0) { $1.channel == "popup" ? $0 : $0 + $1.waiting + $1.sending }
        let setAside = channels.reduce(0) { $0 + $1.setAside }
        var line = waiting == 0 ? "messages: none waiting" : "messages: \(Figures.grouped(waiting)) waiting"
        if setAside > 0 {
            let words = "\(Figures.grouped(setAside)) set aside"
            line += ", \(terminal.styled(words, .red)): see \"secondline messages --set-aside\""
        }
        line += "\n"
        let width = min(Self.width, terminal.width ?? Self.width)
        let troubled = channels.compactMap { trouble(of: $0)?.visible().fitted(to: width) }
        for words in troubled.prefix(Self.shown) { line += terminal.styled(words, .yellow) + "\n" }
        if troubled.count > Self.shown {
            line += "… and \(troubled.count - Self.shown) more: see \"secondline channels\"\n"
        }
        return line
    }

    /// A channel that nobody has configured is worth a line once something waits for it.
    private func trouble(of channel: MessageStatus.Row) -> String? {
        let waiting = channel.waiting + channel.sending
        if channel.state == "not_configured", waiting + channel.later == 0 { return nil }
        let words = ChannelWords.trouble(
            channel.channel, state: channel.state, failingFor: channel.failingFor, error: channel.error)
        guard let words else { return nil }
        let later = channel.later > 0 ? ", \(Figures.grouped(channel.later)) later" : ""
        return "  \(channel.channel): \(Figures.grouped(waiting)) waiting\(later); \(words)"
    }
}
