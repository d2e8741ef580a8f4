import Postgres

extension Configuration {
    /// The file, over it the environment, over it the conninfo of the command line. All mistakes are told at once.
    static func load(
        file option: String?, environment: [String: String], conninfo: String? = nil,
        defaultPath: String = ConfigurationFile.defaultPath
    ) throws(CommandFailure) -> Configuration {
        let file = try ConfigurationFile.find(option: option, environment: environment, defaultPath: defaultPath)
        var configuration = Configuration()
        var mistakes: [ConfigurationMistake] = []
        if let file {
            configuration.file = file.path
            mistakes += configuration.take(ConfigurationText(file.bytes), of: file.path)
            configuration.warnAboutSecret(in: file)
        }
        mistakes += configuration.take(environment)
        guard mistakes.isEmpty else { throw failure(mistakes) }
        if let conninfo { try configuration.take(conninfo) }
        return configuration
    }

    private mutating func take(_ text: ConfigurationText, of path: String) -> [ConfigurationMistake] {
        var mistakes = text.mistakes
        var lines: [String: Int] = [:]
        for assignment in text.assignments where ConfigurationKey.sections.contains(assignment.section) {
            if let earlier = lines.updateValue(assignment.line, forKey: "\(assignment.section).\(assignment.key)") {
                mistakes.append((assignment.line, "\(assignment.key) was set before, on line \(earlier)"))
            } else if let message = take(assignment) {
                mistakes.append((assignment.line, message))
            }
        }
        return mistakes.sorted { $0.line < $1.line }
            .map { ConfigurationMistake(place: "\(path):\($0.line)", message: $0.message) }
    }

    private mutating func take(_ assignment: ConfigurationText.Assignment) -> String? {
        let (section, name) = (assignment.section, assignment.key)
        guard let key = ConfigurationKey.all.first(where: { $0.section == section && $0.name == name }) else {
            if let other = ConfigurationKey.all.first(where: { $0.name == name }) {
                return "\(name) belongs into [\(other.section)], not into [\(section)]"
            }
            let clause = Suggestion.clause(name, among: ConfigurationKey.names(in: section))
            return "there is no key \(name) in [\(section)]\(clause)"
        }
        return key.set(assignment.value, &self).map { "\(name): \($0.message)" }
    }

    private mutating func take(_ environment: [String: String]) -> [ConfigurationMistake] {
        var mistakes: [ConfigurationMistake] = []
        for (variable, value) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("SECONDLINE_") {
            if variable == "SECONDLINE_CONFIG" || variable.hasPrefix("SECONDLINE_TEST_") { continue }
            if let key = ConfigurationKey.all.first(where: { $0.variable == variable }) {
                guard let fault = key.set(value, &self) else { continue }
                mistakes.append(ConfigurationMistake(place: variable, message: fault.message))
            } else {
                let clause = Suggestion.clause(variable, among: ConfigurationKey.all.map(\.variable))
                mistakes.append(ConfigurationMistake(place: variable, message: "there is no such setting\(clause)"))
            }
        }
        return mistakes
    }

    private mutating func take(_ conninfo: String) throws(CommandFailure) {
        switch ConfigurationKind.conninfo(conninfo) {
        case .success(let conninfo): database.conninfo = conninfo
        case .failure(let fault): throw CommandFailure(.usage, "--conninfo: \(fault.message)")
        }
    }

    private mutating func warnAboutSecret(in file: ConfigurationFile) {
        guard file.isReadableByAll, let conninfo = try? Conninfo(parsing: database.conninfo),
            conninfo["password"] != nil || conninfo["sslpassword"] != nil
        else { return }
        warnings.append("\(file.path) contains a password and everybody can read it: chmod o-r, or use a .pgpass file")
    }

    private static func failure(_ mistakes: [ConfigurationMistake]) -> CommandFailure {
        let count = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
        let lines = mistakes.map { "\n  \($0)" }.joined()
        return CommandFailure(
            .configuration, "\(count) in the configuration:\(lines)",
            advice: "Nothing was started. Correct this and try again.")
    }
}
