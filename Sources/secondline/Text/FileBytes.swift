import Glibc

/// Whole reads and writes of file descriptors; both return an errno when the system refuses.
enum FileBytes {
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }

    /// Appends at most `count` bytes; success with 0 is the end of the file.
    static func read(
        _ descriptor: Int32, atMost count: Int, into bytes: inout [UInt8]
    ) -> Result<Int, SystemError> {
        var chunk = [UInt8](repeating: 0, count: count)
        while true {
            let taken = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if taken >= 0 {
                bytes.append(contentsOf: chunk[..<taken])
                return .success(taken)
            }
            if errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&waiting, 1, -1)
            } else if errno != EINTR {
                return .failure(SystemError(code: errno))
            }
        }
    }
}
