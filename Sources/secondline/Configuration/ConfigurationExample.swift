/// The keys as documentation: the example file and the table of the README.
enum ConfigurationExample {
    static let syntax = [
        "Every key is also an environment variable, which wins over the file: SECONDLINE_DAEMON_POLL_INTERVAL=5s, and",
        "SECONDLINE_CHANNEL_TEAM_CHAT_TIMEOUT=5s for [channel.team-chat].",
        "Durations have a unit: 250ms, 5s, 2min, 1h, 30d. A comment has a line of its own.",
        "A value may stand in double quotes; in them \\\" is a quote and \\\\ a backslash. A value of words is split at",
        "blanks, and double quotes keep blanks in a word wherever they begin: /opt/x --name \"two words\" --by=\"a b\".",
    ]
    static let channels =
        "A channel carries messages out of the house; there may be any number. The name has a-z, 0-9, _ and -."

    /// A file in which every key stands with its default, commented out, and so does the whole of a channel.
    static var file: String {
        var text =
            "# Configuration of Secondline. What is commented out shows the default, and a channel as an example.\n"
        text += syntax.map { "# \($0)\n" }.joined()
        for section in ConfigurationKey.sections {
            text += section == ConfigurationSection.anyChannel ? channelHeader : "\n[\(section)]\n"
            for key in ConfigurationKey.all where key.section == section {
                let standard = key.example == nil || key.defaultText.isEmpty ? "" : "; default \(key.defaultText)"
                text += "# \(key.summary) (\(key.accepts)\(standard))\n"
                text += "#\(key.name) = \(key.example ?? key.defaultText)".trimmingLastSpace + "\n"
            }
        }
        return text
    }

    private static let channelHeader = "\n# \(channels)\n#[channel.mail]\n"

    /// Rows of Markdown.
    static var table: String {
        var text = "| section | key | default | takes | what it is |\n|---|---|---|---|---|\n"
        for key in ConfigurationKey.all {
            let standard = key.defaultText.isEmpty ? "" : "`\(key.defaultText)`"
            text += "| `\(key.section)` | `\(key.name)` | \(standard) | \(key.accepts) | \(key.summary) |\n"
        }
        return text
    }
}

extension String {
    fileprivate var trimmingLastSpace: String { last == " " ? String(dropLast()) : self }
}
