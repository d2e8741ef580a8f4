/// Whether the operands given are those that the command declares.
struct OperandCount {
    let command: Command
    let operands: [String]
    let advice: String

    func check() throws(CommandFailure) {
        let needed = command.operands.count { $0.isNeeded }
        if operands.count < needed {
            let missing = command.operands.filter(\.isNeeded).dropFirst(operands.count)
            let names = missing.map(\.usage).joined(separator: " ")
            throw CommandFailure(.usage, "\"\(command.name)\" needs \(names)", advice: advice)
        }
        let takesMany = command.operands.last?.takesMany ?? false
        if !takesMany, operands.count > command.operands.count {
            throw CommandFailure(
                .usage, "\"\(command.name)\" does not take \"\(operands[command.operands.count])\"", advice: advice)
        }
        for (index, word) in operands.enumerated() {
            try check(word, against: command.operands[min(index, command.operands.count - 1)])
        }
    }

    private func check(_ word: String, against operand: Operand) throws(CommandFailure) {
        guard !operand.choices.isEmpty, !operand.choices.contains(word) else { return }
        let nearest = Suggestion.nearest(to: word, among: operand.choices)
        throw CommandFailure(
            .usage, "\"\(command.name)\" does not know \"\(word)\"",
            advice: nearest.map { "Did you mean \"\($0)\"?" }
                ?? "It takes \(operand.choices.joined(separator: ", ")).")
    }
}
