/// One thing wrong in the configuration, and where.
struct ConfigurationMistake: Equatable {
    /// In the order in which mistakes are told.
    enum Place: Comparable {
        case line(Int)
        case variable(String)
    }

    let place: Place
    let message: String

    func description(file: String) -> String {
        switch place {
        case .line(let line): "\(file):\(line): \(message)"
        case .variable(let name): "\(name): \(message)"
        }
    }
}
