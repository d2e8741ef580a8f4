internal import Glibc

/// A file that is always whole: written beside its place and moved there.
package struct MetricsFile: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Returns what went wrong, if anything did; then the old file is as it was. Not synced to the disk: after a crash of the machine
    /// nobody wants old figures.
    package func replace(with text: String) -> String? {
        var error = writeBeside(Array(text.utf8))
        if error == 0 {
            if rename(temporary, path) == 0 { return nil }
            error = errno
            unlink(temporary)
        }
        return Self.fault(error)
    }

    /// What will keep it from being written, if anything does. As much as a daemon writes is written beside it, and removed.
    package var obstacle: String? {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return "is a directory" }
        let error = writeBeside(Array(repeating: UInt8(ascii: "\n"), count: 16_384))
        if error == 0, unlink(temporary) == 0 { return nil }
        return Self.fault(error == 0 ? errno : error)
    }

    /// Readers take what ends in .prom; two daemons may have the same configuration.
    private var temporary: String { "\(path).\(getpid())" }

    /// Zero, or the error: then nothing is left there.
    private func writeBeside(_ bytes: [UInt8]) -> Int32 {
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return errno }
        // whoever reads it is another user, whatever our umask
        fchmod(descriptor, 0o644)
        var error = Self.write(bytes, to: descriptor)
        if close(descriptor) != 0, error == 0 { error = errno }
        if error != 0 { unlink(temporary) }
        return error
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

    private static func fault(_ error: Int32) -> String { "cannot be written: \(String(cString: strerror(error)))" }
}
