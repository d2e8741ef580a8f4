/// The page secondline(1), made from the declaration as the help is.
struct ManualPage {
    let program: Program

    var text: String {
        var page = Roff(program.name, section: 1, version: program.version)
        page.section("NAME")
        page.paragraph(.plain("\(program.name) - \(Self.sentencePart(program.summary))"))
        page.section("SYNOPSIS")
        page.paragraph(
            .bold(program.name), .plain(" "), .italic("COMMAND"), .plain(" [OPTION]... [OPERAND]..."))
        page.section("DESCRIPTION")
        page.prose(program.discussion ?? program.summary)
        page.section("COMMANDS")
        for command in program.commands { describe(command, &page) }
        page.section("OPTIONS OF EVERY COMMAND")
        for option in program.options { describe(option, &page) }
        page.section("EXIT STATUS")
        for (statuses, meaning) in ExitStatus.documented {
            page.term([.bold(statuses.map { "\($0.rawValue)" }.joined(separator: ", "))], meaning)
        }
        page.section("ENVIRONMENT")
        for (name, meaning) in Self.environment { page.term([.bold(name)], meaning) }
        page.section("FILES")
        page.term([.bold(ConfigurationFile.defaultPath)], "The configuration: see secondline.conf(5).")
        page.section("SEE ALSO")
        page.paragraph(.bold("secondline.conf"), .plain("(5), "), .bold("psql"), .plain("(1)"))
        return page.text
    }

    private static let environment = [
        ("SECONDLINE_CONFIG", "The configuration file, where --config does not name one."),
        (
            "SECONDLINE_SECTION_KEY",
            "The key of that section of the configuration; it wins over the file: see secondline.conf(5)."
        ),
        ("PGHOST, PGUSER and so on", "What the connection string leaves out, as for every program that uses libpq."),
        ("NO_COLOR", "No colours, in a terminal either."),
    ]

    private func describe(_ command: Command, _ page: inout Roff) {
        page.subsection(program.usage(of: command))
        page.prose(command.summary + ".")
        if let discussion = command.discussion { page.prose(discussion) }
        for operand in command.operands {
            let choices = operand.choices.isEmpty ? "" : " (\(operand.choices.joined(separator: ", ")))"
            page.term([.italic(operand.name)], operand.summary + choices)
        }
        for option in command.options { describe(option, &page) }
    }

    private func describe(_ option: Option, _ page: inout Roff) {
        var term: [Roff.Piece] = []
        if let short = option.short { term += [.bold("-\(short)"), .plain(", ")] }
        term.append(.bold("--\(option.long)"))
        if let value = option.value { term += [.plain(" "), .italic(value)] }
        page.term(term, option.meaning)
    }

    /// As apropos shows it: without a capital at the beginning and a full stop at the end.
    private static func sentencePart(_ sentence: String) -> String {
        let sentence = sentence.hasSuffix(".") ? sentence.dropLast() : sentence[...]
        return sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}
