import CSpawn
import Glibc

/// A file descriptor that closes when it is let go.
struct Descriptor: ~Copyable {
    let raw: Int32

    init(_ raw: Int32) { self.raw = raw }

    /// Of a file in memory, at its beginning.
    init(holding bytes: [UInt8]) throws(SystemFault) {
        let file = bytes.withUnsafeBytes { child_input($0.baseAddress, $0.count) }
        guard file >= 0 else { throw .last }
        raw = file
    }

    deinit { close(raw) }

    func stopBlocking() { _ = fcntl(raw, F_SETFL, fcntl(raw, F_GETFL) | O_NONBLOCK) }
}

/// Both ends of a pipe, closed on exec.
struct Pipe: ~Copyable {
    let readEnd: Descriptor
    let writeEnd: Descriptor

    init() throws(SystemFault) {
        var ends: [Int32] = [-1, -1]
        guard child_pipe(&ends) == 0 else { throw .last }
        readEnd = Descriptor(ends[0])
        writeEnd = Descriptor(ends[1])
    }
}
