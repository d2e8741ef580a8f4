internal import Glibc

/// A file that is always whole: written beside its place and moved there.
package struct MetricsFile: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Returns what went wrong, if anything did; then the old file is as it was. Not synced to the disk: after a crash of the machine
    /// nobody wants old figures.
    package func replace(with text: String) -> String? {
        // readers take what ends in .prom; two daemons may have the same configuration
        let temporary = "\(path).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return Self.fault("cannot be written", errno) }
        // whoever reads it is another user, whatever our umask
        fchmod(descriptor, 0o644)
        var error = Self.write(Array(text.utf8), to: descriptor)
        if close(descriptor) != 0, error == 0 { error = errno }
        if error == 0, rename(temporary, path) == 0 { return nil }
        if error == 0 { error = errno }
        unlink(temporary)
        return Self.fault("cannot be written", error)
    }

    /// What will keep it from being written, if anything does.
    package var obstacle: String? {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return "is a directory" }
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        guard stat(directory, &status) == 0 else { return Self.fault("cannot be written", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return Self.fault("cannot be written", ENOTDIR) }
        guard access(directory, W_OK | X_OK) == 0 else { return Self.fault("cannot be written", errno) }
        return nil
    }

    /// Zero, or the error.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            if written < 0 { return errno }
            if written == 0 { return ENOSPC }
            rest = rest.dropFirst(written)
        }
        return 0
    }

    private static func fault(_ what: String, _ error: Int32) -> String {
        "\(what): \(String(cString: strerror(error)))"
    }
}
