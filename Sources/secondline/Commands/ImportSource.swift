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
        let isKnown = fstat(descriptor, &status) == 0
        size = isKnown && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        if isKnown, status.st_mode & S_IFMT == S_IFDIR {
            close()
            throw CommandFailure(.noInput, "\(name) is a directory", advice: "Name a file in it.")
        }
    }

    func close() {
        if name != "-" { _ = Glibc.close(descriptor) }
    }
}
