internal import Glibc

/// Sends datagrams to a Unix socket by its name, and never waits for its reader.
final class DatagramSocket: Sendable {
    private let descriptor: Int32
    private let name: [UInt8]

    /// - Parameter path: absolute, or with `@` at the front for a name that is in no file system. Nil when no socket can have it.
    init?(path: String) {
        var name = Array(path.utf8)
        let isAbstract = name.first == UInt8(ascii: "@")
        guard isAbstract || name.first == UInt8(ascii: "/"), !name.contains(0), name.count > 1 else { return nil }
        if isAbstract { name[0] = 0 } else { name.append(0) }
        guard name.count <= MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.name = name
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Nil when it was taken; else the system's word for why not.
    func send(_ datagram: [UInt8]) -> String? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + name.count)
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
        while true {
            let sent = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, datagram, datagram.count, flags, $0, length)
                }
            }
            if sent >= 0 { return nil }
            if errno != EINTR { return String(cString: strerror(errno)) }
        }
    }
}
