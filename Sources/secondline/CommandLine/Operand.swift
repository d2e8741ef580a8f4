/// What a command takes besides its options, in order.
struct Operand: Sendable {
    enum Arity: Sendable {
        case one
        case optional
        /// One or more; only the last operand can be it.
        case many
        /// As many, or none.
        case any
    }

    /// In capitals, as the help shows it.
    let name: String
    let summary: String
    var arity = Arity.one
    /// The only values accepted; empty accepts any.
    var choices: [String] = []

    var usage: String {
        let shown = choices.isEmpty ? name : choices.joined(separator: "|")
        return switch arity {
        case .one: shown
        case .optional: "[\(shown)]"
        case .many: "\(shown)..."
        case .any: "[\(shown)...]"
        }
    }

    var isNeeded: Bool {
        switch arity {
        case .one, .many: true
        case .optional, .any: false
        }
    }

    var takesMany: Bool {
        switch arity {
        case .many, .any: true
        case .one, .optional: false
        }
    }
}
