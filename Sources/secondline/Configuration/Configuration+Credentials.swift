import Postgres

/// Secrets that stand in files of their own: systemd's credentials (LoadCredential=), or others.
extension Configuration {
    private static let variable = "CREDENTIALS_DIRECTORY"

    /// The programs of channels find the credentials where systemd's own services do.
    mutating func passCredentials(_ environment: [String: String]) {
        guard let directory = environment[Self.variable], !directory.isEmpty else { return }
        for index in channels.indices where channels[index].environment[Self.variable] == nil {
            channels[index].environment[Self.variable] = directory
        }
    }

    /// Puts the password of `password_file` into the connection string. libpq's own `passfile` refuses a file with the mode that
    /// systemd gives a credential.
    mutating func takePassword(_ environment: [String: String]) throws(CommandFailure) {
        guard !database.passwordFile.isEmpty else { return }
        let path = try path(of: database.passwordFile, environment)
        let file = try ConfigurationFile.read(path, as: "the password file \(path)")
        let line = file.bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let password = try password(in: line, of: path)
        if file.isReadableByAll { warnings.append("\(path) is a password and everybody can read it: chmod o-r") }
        do throws(DatabaseError) {
            database.conninfo = try Conninfo(parsing: database.conninfo).with("password", password)
        } catch {
            throw CommandFailure(.configuration, "conninfo: \(error)")
        }
    }

    private func password(in line: ArraySlice<UInt8>, of path: String) throws(CommandFailure) -> String {
        let fault: String
        if line.isEmpty {
            fault = "has no password in its first line"
        } else if line.contains(0) {
            fault = "has a NUL byte in its first line"
        } else if let password = String(validating: line, as: UTF8.self) {
            return password
        } else {
            fault = "has a first line that is not text in UTF-8"
        }
        throw CommandFailure(
            .configuration, "the password file \(path) \(fault)",
            advice: "Write the password into its first line, in UTF-8.")
    }

    private func path(of file: String, _ environment: [String: String]) throws(CommandFailure) -> String {
        if file.hasPrefix("/") { return file }
        guard let directory = environment[Self.variable], !directory.isEmpty else {
            throw CommandFailure(
                .configuration, "password_file = \(file) is a credential, and there are none here",
                advice: "Start it by the unit, which has LoadCredential=; or name the database with --conninfo.")
        }
        return "\(directory)/\(file)"
    }
}
