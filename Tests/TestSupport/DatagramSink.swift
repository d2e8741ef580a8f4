package import Foundation
import Glibc
import Synchronization

/// A Unix datagram socket that keeps what it is sent, as systemd and journald listen.
package final class DatagramSink: Sendable {
    /// As `NOTIFY_SOCKET` names it.
    package let path: String
    private let descriptor: Int32
    private let state = Mutex(State())

    private struct State {
        var received: [Data] = []
        var waiting: [(isMet: @Sendable ([Data]) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// - Parameter isAbstract: in no file system.
    package init(isAbstract: Bool = false, at path: String? = nil) throws {
        let path = path ?? (isAbstract ? "@secondline-" : "/tmp/secondline-") + UUID().uuidString
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if isAbstract { name[0] = 0 } else { name.append(0) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(2 + name.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard bound == 0 else { throw Cluster.Failure(description: "bind \(path): \(errno)") }
        let thread = Thread { [self] in listen() }
        thread.start()
    }

    /// Nothing is received any more.
    package func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        if path.hasPrefix("/") { unlink(path) }
    }

    package var received: [Data] { state.withLock { $0.received } }
    package var texts: [String] { received.map { String(decoding: $0, as: UTF8.self) } }

    /// Returns when what has been received meets the condition.
    package func receives(_ isMet: @escaping @Sendable ([Data]) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if isMet(state.received) { return true }
                state.waiting.append((isMet, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    /// Returns when a datagram contains the text, at once if one did already.
    package func receives(_ text: String) async {
        await receives { $0.contains { String(decoding: $0, as: UTF8.self).contains(text) } }
    }

    private func listen() {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            let met = state.withLock { state in
                state.received.append(Data(buffer[..<count]))
                let met = state.waiting.filter { $0.isMet(state.received) }
                state.waiting.removeAll { $0.isMet(state.received) }
                return met
            }
            for waiting in met { waiting.continuation.resume() }
        }
        close(descriptor)
    }
}
