import Glibc

/// What whoever installs the program for the first time cannot know from an error alone.
struct FirstSteps {
    let configuration: Configuration
    /// Root on a machine that has a user for the daemon.
    var isNotDaemon: Bool = geteuid() == 0 && getpwnam("secondline") != nil
    /// The directory of the default file may be closed to others.
    var isClosed: Bool = {
        var status = stat()
        return stat(ConfigurationFile.defaultPath, &status) != 0 && errno == EACCES
    }()

    var configurationFinding: Finding {
        if let file = configuration.file { return .ok("configuration: \(file)") }
        if isClosed {
            return .warning(
                "configuration: this user may not read \(ConfigurationFile.defaultPath); defaults and environment",
                "Run it as the user of the daemon (sudo -u secondline secondline check), or give a file with --config.")
        }
        return .ok("configuration: no file; defaults and environment")
    }

    /// What a connection that failed asks for, beside what the error says.
    var connectionAdvice: String? {
        var advice: [String] = []
        if configuration.database.conninfo.isEmpty {
            let file = configuration.file ?? ConfigurationFile.defaultPath
            advice.append("There is no conninfo, so libpq's own defaults were tried: set it in [database] of \(file).")
        }
        if isNotDaemon { advice.append("You are root, not the daemon's user: sudo -u secondline secondline check") }
        return advice.isEmpty ? nil : advice.joined(separator: " ")
    }
}
