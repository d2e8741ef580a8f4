import CSpawn
import Glibc

/// A thread for one piece of blocking work: however many of them hang, Swift's pool and Dispatch's stay free.
final class OwnThread {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    /// Runs the body there. Returns why there is no thread; then the body does not run.
    static func run(_ body: @escaping @Sendable () -> Void) -> SystemFault? {
        let work = Unmanaged.passRetained(OwnThread(body))
        var thread = pthread_t()
        let refusal = pthread_create(
            &thread, nil,
            { work in
                pthread_detach(pthread_self())
                child_name_thread()
                if let work { Unmanaged<OwnThread>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work.toOpaque())
        guard refusal != 0 else { return nil }
        work.release()
        return SystemFault(code: refusal)
    }
}
