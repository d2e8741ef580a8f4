import Glibc

/// The bytes of a configuration file, or why there are none.
struct ConfigurationFile {
    static let defaultPath = "/etc/secondline/secondline.conf"
    static let largest = 1 << 20

    let path: String
    let bytes: [UInt8]
    let isReadableByAll: Bool

    /// The file named by the option, else by the environment, else the default one if it exists.
    static func find(option: String?, environment: [String: String], defaultPath: String = defaultPath)
        throws(CommandFailure) -> ConfigurationFile?
    {
        if let option { return try read(option, named: "--config") }
        if let path = environment["SECONDLINE_CONFIG"], !path.isEmpty {
            return try read(path, named: "SECONDLINE_CONFIG")
        }
        return access(defaultPath, F_OK) == 0 ? try read(defaultPath, named: nil) : nil
    }

    private static func read(_ path: String, named origin: String?) throws(CommandFailure) -> ConfigurationFile {
        try read(path, as: "the configuration file \(path)\(origin.map { " (from \($0))" } ?? "")")
    }

    /// - Parameter subject: what the file is to who reads a mistake.
    static func read(_ path: String, as subject: String) throws(CommandFailure) -> ConfigurationFile {
        // Non-blocking, so that a FIFO by mistake does not wait for a writer; only regular files are read.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(errno, subject) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(errno, subject) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
            throw CommandFailure(.configuration, "\(subject) is \(what)")
        }
        var bytes: [UInt8] = []
        while bytes.count <= largest {
            switch FileBytes.read(descriptor, atMost: 65_536, into: &bytes) {
            case .success(0):
                return ConfigurationFile(path: path, bytes: bytes, isReadableByAll: status.st_mode & 0o004 != 0)
            case .success: continue
            case .failure(let error): throw CommandFailure(.ioError, "cannot read \(subject): \(error)")
            }
        }
        throw CommandFailure(
            .configuration, "\(subject) is larger than 1 MB", advice: "Is it really the file that was meant?")
    }

    private static func refusal(_ code: Int32, _ subject: String) -> CommandFailure {
        let message = "cannot open \(subject): \(SystemError(code: code))"
        return switch code {
        case ENOENT, ENOTDIR: CommandFailure(.noInput, message, advice: "Check the name, or create the file.")
        case EACCES, EPERM:
            CommandFailure(.noPermission, message, advice: "Give the user that runs secondline the right to read it.")
        case _: CommandFailure(.osFile, message)
        }
    }
}
