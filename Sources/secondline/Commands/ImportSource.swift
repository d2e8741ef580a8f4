import Glibc

/// The file that is imported, or standard input.
struct ImportSource {
    let name: String
    let descriptor: Int32
    /// Nil when nobody knows, as with a pipe.
    let size: Int?

    init(_ name: String) throws(CommandFailure) {
        self.name = name
        descriptor = name == "-" ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            throw CommandFailure(
                code == EACCES ? .noPermission : .noInput, "cannot open \(name): \(SystemError(code: code))",
                advice: "Check the name; \"-\" is standard input.")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw CommandFailure(.noInput, "cannot read \(name): \(SystemError(code: errno))")
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw CommandFailure(.noInput, "\(name) is a directory") }
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    func close() {
        if name != "-" { _ = Glibc.close(descriptor) }
    }
}
