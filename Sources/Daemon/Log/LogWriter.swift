internal import Dispatch
internal import Glibc
internal import Synchronization

/// Writes lines to a descriptor on a thread of its own, so that a reader that stalls holds nobody up. What does not fit into its
/// buffer meanwhile is lost, counted, and told when there is room again.
final class LogWriter: Sendable {
    /// Some 10,000 lines.
    static let largest = 1 << 20

    private struct State {
        var pending: [UInt8] = []
        var isWriting = false
        var lost = 0
        var onLoss: (@Sendable (Int) -> Void)?
    }

    private let descriptor: Int32
    private let queue = DispatchQueue(label: "secondline.log")
    private let state = Mutex(State())

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Called with the number of lost lines.
    func onLoss(_ tell: @escaping @Sendable (Int) -> Void) { state.withLock { $0.onLoss = tell } }

    func write(_ lines: [UInt8]) {
        let begins = state.withLock { state in
            guard state.pending.count + lines.count <= Self.largest else {
                state.lost += lines.count { $0 == UInt8(ascii: "\n") }
                return false
            }
            state.pending += lines
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { @Sendable in self.drain() } }
    }

    func flush(atMost patience: Duration) {
        let done = DispatchSemaphore(value: 0)
        queue.async { @Sendable in done.signal() }
        let seconds = patience / .seconds(1)
        _ = done.wait(timeout: .now() + seconds)
    }

    private func drain() {
        while true {
            let (lines, lost, tell) = state.withLock { state in
                defer { (state.pending, state.lost) = ([], 0) }
                if state.pending.isEmpty { state.isWriting = false }
                return (state.pending, state.lost, state.onLoss)
            }
            // it comes after what was kept, in the next round
            if lost > 0 { tell?(lost) }
            if lines.isEmpty { return }
            write(all: lines)
        }
    }

    /// Nobody is left to tell when it fails.
    private func write(all lines: [UInt8]) {
        var rest = lines[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            if written < 0 && errno == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
                continue
            }
            if written <= 0 { return }
            rest = rest.dropFirst(written)
        }
    }
}
