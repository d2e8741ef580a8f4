/// The keys as documentation: the example file and the table of the README.
enum ConfigurationExample {
    /// A file in which every key stands with its default, commented out.
    static var file: String {
        var text = """
            # Configuration of Secondline. What is commented out shows the default.
            # Every key is also an environment variable, such as SECONDLINE_DAEMON_POLL_INTERVAL=5s, which wins over the file.
            # Durations have a unit: 250ms, 5s, 2min, 1h. A comment has a line of its own.

            """
        for section in ConfigurationKey.sections {
            text += "\n[\(section)]\n"
            for key in ConfigurationKey.all where key.section == section {
                text += "# \(key.summary) (\(key.accepts))\n#\(key.name) = \(key.defaultText)".trimmingLastSpace + "\n"
            }
        }
        return text
    }

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
