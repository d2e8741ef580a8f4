import CPostgreSQL
import Dispatch
import Glibc
import Synchronization

/// Asks the server to cancel what a connection does, on a thread of its own: PQcancel hangs for as long as the postmaster is
/// stopped.
final class CancelRequest: Sendable {
    /// More threads than this never hang at once; beyond it a connection is given up without asking.
    private static let limit = 8
    private static let running = Atomic<Int>(0)
    private let done = DispatchSemaphore(value: 0)

    init?(_ connection: OpaquePointer) {
        guard Self.running.add(1, ordering: .relaxed).newValue <= Self.limit,
            let cancel = PQgetCancel(connection)
        else {
            Self.running.subtract(1, ordering: .relaxed)
            return nil
        }
        // Safe: PGcancel is a copy of its own, and from here on only the thread below touches it.
        nonisolated(unsafe) let request = cancel
        let done = done
        DispatchQueue(label: "postgres.cancel").async {
            // PQcancel sends without MSG_NOSIGNAL, unlike the rest of libpq.
            var pipeSignal = sigset_t()
            sigemptyset(&pipeSignal)
            sigaddset(&pipeSignal, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipeSignal, nil)
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(request, &message, Int32(message.count))
            PQfreeCancel(request)
            Self.running.subtract(1, ordering: .relaxed)
            done.signal()
        }
    }

    /// False when the request is still under way then: it could hit a later statement, so the connection must go.
    func finished(within time: Duration) -> Bool {
        done.wait(timeout: .now() + .milliseconds(Int(time.wholeMilliseconds))) == .success
    }
}
