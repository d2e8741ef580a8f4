import Postgres

extension Configuration {
    /// The file, over it the environment, over it the conninfo of the command line. All mistakes are told at once.
    static func load(
        file option: String?, environment: [String: String], conninfo: String? = nil,
        defaultPath: String = ConfigurationFile.defaultPath
    ) throws(CommandFailure) -> Configuration {
        let file = try ConfigurationFile.find(option: option, environment: environment, defaultPath: defaultPath)
        var reader = ConfigurationReader()
        var warnings: [String] = []
        if let file {
            reader.take(ConfigurationText(file.bytes))
            // before the environment: what it adds is not in the file
            warnings = reader.configuration.secrets(in: file)
            if file.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0A }) {
                warnings.append("\(file.path) is empty: everything has its default")
            }
        }
        reader.take(environment)
        let mistakes = reader.finish()
        guard mistakes.isEmpty else { throw failure(mistakes, file: file?.path ?? "") }
        var configuration = reader.configuration
        configuration.file = file?.path
        configuration.warnings = warnings
        configuration.passCredentials(environment)
        // whoever names another database does not mean this password
        if let conninfo { try configuration.take(conninfo) } else { try configuration.takePassword(environment) }
        return configuration
    }

    private mutating func take(_ conninfo: String) throws(CommandFailure) {
        switch ConfigurationKind.conninfo(conninfo) {
        case .success(let conninfo): database.conninfo = conninfo
        case .failure(let fault): throw CommandFailure(.usage, "--conninfo: \(fault.message)")
        }
    }

    /// Warnings that never show the secret itself.
    private func secrets(in file: ConfigurationFile) -> [String] {
        guard file.isReadableByAll else { return [] }
        var warnings: [String] = []
        if let conninfo = try? Conninfo(parsing: database.conninfo),
            conninfo["password"] != nil || conninfo["sslpassword"] != nil
        {
            warnings.append(
                "\(file.path) contains a password and everybody can read it: chmod o-r, or move it into a password_file"
            )
        }
        let channels = channels.filter { !$0.environment.isEmpty }.map { "[channel.\($0.name)]" }
        if !channels.isEmpty {
            let list = channels.joined(separator: ", ")
            warnings.append("\(file.path) contains the environment of \(list) and everybody can read it: chmod o-r")
        }
        return warnings
    }

    private static func failure(_ mistakes: [ConfigurationMistake], file: String) -> CommandFailure {
        let count = mistakes.count == 1 ? "1 mistake" : "\(mistakes.count) mistakes"
        let lines = mistakes.map { "\n  \($0.description(file: file))" }.joined()
        return CommandFailure(
            .configuration, "\(count) in the configuration:\(lines)",
            advice: "Correct this and try again.")
    }
}
