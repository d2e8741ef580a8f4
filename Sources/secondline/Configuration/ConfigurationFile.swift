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
        let origin = origin.map { " (from \($0))" } ?? ""
        // Non-blocking, so that a FIFO by mistake does not wait for a writer; only regular files are read.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(errno, path, origin) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(errno, path, origin) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
            throw CommandFailure(.configuration, "the configuration file \(path)\(origin) is \(what)")
        }
        var bytes: [UInt8] = []
        while bytes.count <= largest {
            switch FileBytes.read(descriptor, atMost: 65_536, into: &bytes) {
            case .success(0):
                return ConfigurationFile(path: path, bytes: bytes, isReadableByAll: status.st_mode & 0o004 != 0)
            case .success: continue
            case .failure(let error):
                throw CommandFailure(.ioError, "cannot read the configuration file \(path)\(origin): \(error)")
            }
        }
        throw CommandFailure(
            .configuration, "the configuration file \(path)\(origin) is larger than 1 MB",
            advice: "Is it really a configuration file?")
    }

    private static func refusal(_ code: Int32, _ path: String, _ origin: String) -> CommandFailure {
        let message = "cannot open the configuration file \(path)\(origin): \(SystemError(code: code))"
        return switch code {
        case ENOENT, ENOTDIR: CommandFailure(.noInput, message, advice: "Check the name, or create the file.")
        case EACCES, EPERM:
            CommandFailure(.noPermission, message, advice: "Give the user that runs secondline the right to read it.")
        case _: CommandFailure(.osFile, message)
        }
    }
}
