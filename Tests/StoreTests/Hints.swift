import Postgres
import TestSupport

/// The hints that the body's transactions sent to the daemon, or to another channel's listeners, in order.
func hints(on channel: String = "secondline", of body: @Sendable () async throws -> Void) async throws -> [String] {
    let options = OwnDatabase.current!.database.options("listener")
    let (stream, sink) = AsyncStream<String>.makeStream()
    let listening = Task {
        try await Listener(options: options, channels: [channel]).listen {
            sink.yield("ready")
        } onNotification: {
            sink.yield($0.payload)
        }
    }
    defer { listening.cancel() }
    var events = stream.makeAsyncIterator()
    _ = await events.next()
    try await body()
    try await db.script("notify \(channel), 'end'")
    var heard: [String] = []
    while let hint = await events.next(), hint != "end" { heard.append(hint) }
    return heard
}
