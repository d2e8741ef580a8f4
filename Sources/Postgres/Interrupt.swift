import Glibc

/// Wakes a thread that waits in poll(2), once and for all.
final class Interrupt: Sendable {
    /// Readable as soon as it was triggered.
    let descriptor: Int32
    private let writeEnd: Int32

    /// Throws `.usage` when the process has no file descriptors left.
    init() throws(DatabaseError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw DatabaseError(.usage, "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        descriptor = ends[0]
        writeEnd = ends[1]
    }

    func trigger() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    deinit {
        close(descriptor)
        close(writeEnd)
    }
}
