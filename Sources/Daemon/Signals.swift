internal import Dispatch
internal import Glibc
internal import Synchronization

/// Signals as a sequence. Ready when `init` returns: a signal that comes after it is not lost and does not kill.
package final class Signals: Sendable {
    package let stream: AsyncStream<Int32>
    private let sources: Mutex<[any DispatchSourceSignal]>

    package init(_ signals: [Int32]) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingNewest(8))
        self.stream = stream
        var sources: [any DispatchSourceSignal] = []
        for number in signals {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { @Sendable in continuation.yield(number) }
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { @Sendable in registered.resume() }
                source.resume()
            }
            sources.append(source)
        }
        self.sources = Mutex(sources)
    }

    /// SIGTERM for 15, and so on.
    package static func name(_ number: Int32) -> String {
        switch number {
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGHUP: "SIGHUP"
        case _: "signal \(number)"
        }
    }
}
