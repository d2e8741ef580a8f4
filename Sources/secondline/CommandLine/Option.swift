/// An option as it is declared: parsed, and shown by the help, from this one place.
struct Option: Sendable {
    /// Without the dashes.
    let long: String
    var short: Character?
    /// The placeholder of its value in the help; nil makes it a flag.
    var value: String?
    /// The only values accepted; empty accepts any.
    var choices: [String] = []
    let summary: String
    /// May be given more than once; otherwise the second time is a mistake.
    var repeatable = false

    var isFlag: Bool { value == nil }

    /// The summary, with what the declaration adds to it.
    var meaning: String {
        let choices = choices.isEmpty ? "" : " (\(choices.joined(separator: ", ")))"
        return summary + choices + (repeatable ? "; may be repeated" : "")
    }
}
