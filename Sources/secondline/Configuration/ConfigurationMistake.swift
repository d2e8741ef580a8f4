/// One thing wrong in the configuration, and where.
struct ConfigurationMistake: Equatable, CustomStringConvertible {
    /// `file:line`, or the name of a variable.
    let place: String
    let message: String

    var description: String { "\(place): \(message)" }
}
