import Foundation
import Glibc
import Synchronization

/// A TCP proxy on 127.0.0.1, in front of a Unix socket, that can fall silent (connections stay open and nothing passes), forget
/// connections for good, or be slow.
package final class StallingProxy: Sendable {
    package let port: Int
    private let listener: Int32
    private let target: String
    private let wakeRead: Int32
    private let wakeWrite: Int32
    private let state = Mutex(State())

    private struct State {
        var isStalled = false
        var isStopped = false
        var forgets = false
        var delay: useconds_t = 0
    }

    /// Forwards to the Unix socket at this path.
    package init(to socketPath: String) throws {
        (listener, port) = try listenOnLoopback()
        target = socketPath
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Cluster.Failure(description: "pipe: \(errno)") }
        (wakeRead, wakeWrite) = (ends[0], ends[1])
        let thread = Thread { [self] in forward() }
        thread.start()
    }

    package func conninfo(database: String = "postgres") -> String {
        "host=127.0.0.1 port=\(port) user=postgres dbname=\(database) sslmode=disable"
    }

    package func stall() { change { $0.isStalled = true } }
    package func resume() { change { $0.isStalled = false } }
    /// The connections of now stay open, and nothing ever passes them again; new ones are as usual.
    package func forget() { change { $0.forgets = true } }
    /// Every piece of data waits so long, all connections in one line; 0 is as fast as it goes.
    package func slow(byMicroseconds delay: UInt32) { change { $0.delay = delay } }
    /// Closes everything.
    package func stop() { change { $0.isStopped = true } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { body(&$0) }
        var byte: UInt8 = 1
        _ = write(wakeWrite, &byte, 1)
    }

    private func forward() {
        var peers: [Int32: Int32] = [:]
        var forgotten: [Int32] = []
        while true {
            let (isStalled, isStopped, forgets, delay) = state.withLock { state in
                defer { state.forgets = false }
                return (state.isStalled, state.isStopped, state.forgets, state.delay)
            }
            if isStopped { break }
            if forgets {
                forgotten += peers.keys
                peers = [:]
            }
            var watched = [pollfd(fd: wakeRead, events: Int16(POLLIN), revents: 0)]
            if !isStalled {
                watched += ([listener] + peers.keys).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            }
            guard poll(&watched, nfds_t(watched.count), -1) > 0 else { continue }
            if watched[0].revents != 0 {
                var byte: UInt8 = 0
                _ = read(wakeRead, &byte, 1)
                continue
            }
            if delay > 0 { usleep(delay) }
            for ready in watched.dropFirst() where ready.revents != 0 {
                if ready.fd == listener {
                    let client = accept(listener, nil, nil)
                    let server = connectToTarget()
                    (peers[client], peers[server]) = (server, client)
                } else if let peer = peers[ready.fd], !pass(from: ready.fd, to: peer) {
                    close(ready.fd)
                    close(peer)
                    peers[ready.fd] = nil
                    peers[peer] = nil
                }
            }
        }
        for descriptor in peers.keys + forgotten + [listener, wakeRead, wakeWrite] { close(descriptor) }
    }

    private func pass(from: Int32, to: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(from, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        // its number may have been another's when poll spoke of it
        if count < 0, errno == EAGAIN { return true }
        if count <= 0 { return false }
        var sent = 0
        while sent < count {
            let written = buffer.withUnsafeBytes { bytes in
                send(to, bytes.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            if written <= 0 { return false }
            sent += written
        }
        return true
    }

    private func connectToTarget() -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: target.utf8.prefix(107)) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return descriptor
    }
}
