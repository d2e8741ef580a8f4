/// The help, made from the declaration; no line is wider than 80 columns.
extension Program {
    var overview: String {
        var text = "\(name): \(summary)\n\nUsage: \(name) COMMAND [OPTION]... [OPERAND]...\n"
        text += "\nCommands:\n" + HelpList(commands.map { ($0.name, $0.summary) }).text
        text += "\nOptions of every command:\n" + HelpList(options.map(HelpList.entry)).text
        if let discussion { text += "\n" + Paragraphs.wrapped(discussion) }
        return text + "\nRun \"\(name) help COMMAND\" to see what a command does and takes.\n"
    }

    func help(on command: Command) -> String {
        var text = Paragraphs.wrapped("Usage: \(name) \(usage(of: command))", hanging: 8) + "\n"
        text += Paragraphs.wrapped(command.summary + ".")
        if let discussion = command.discussion { text += "\n" + Paragraphs.wrapped(discussion) }
        if !command.operands.isEmpty {
            text += "\nOperands:\n" + HelpList(command.operands.map { ($0.name, $0.summary) }).text
        }
        if !command.options.isEmpty {
            text += "\nOptions:\n" + HelpList(command.options.map(HelpList.entry)).text
        }
        return text + "\nOptions of every command:\n" + HelpList(options.map(HelpList.entry)).text
    }

    func usage(of command: Command) -> String {
        let options = command.options.isEmpty ? [] : ["[OPTION]..."]
        return ([command.name] + options + command.operands.map(\.usage)).joined(separator: " ")
    }
}
