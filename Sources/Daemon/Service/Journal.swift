internal import Glibc

/// journald, when it reads what this process writes.
package enum Journal {
    private static let path = "/run/systemd/journal/socket"

    /// Where it takes entries with fields; nil when somebody else reads the descriptor, which only inherited its environment.
    package static func socket(of descriptor: Int32, environment: [String: String]) -> String? {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else { return nil }
        return stream == "\(status.st_dev):\(status.st_ino)" ? path : nil
    }
}
