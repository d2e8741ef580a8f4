import Postgres
import TestSupport
import Testing

@Suite struct ListenerTests {
    enum Event: Sendable, Equatable {
        case ready
        case notification(String, String)
        case ended(DatabaseError?)

        static func == (left: Event, right: Event) -> Bool {
            switch (left, right) {
            case (.ready, .ready): true
            case (.notification(let a, let b), .notification(let c, let d)): (a, b) == (c, d)
            case (.ended(let a), .ended(let b)): a?.description == b?.description
            default: false
            }
        }
    }

    /// Starts listening; what happens can be awaited in order.
    private func start(_ listener: Listener) -> (task: Task<Void, Never>, events: AsyncStream<Event>.Iterator) {
        let (stream, sink) = AsyncStream<Event>.makeStream()
        let task = Task {
            do throws(DatabaseError) {
                try await listener.listen {
                    sink.yield(.ready)
                } onNotification: {
                    sink.yield(.notification($0.channel, $0.payload))
                }
                sink.yield(.ended(nil))
            } catch {
                sink.yield(.ended(error))
            }
        }
        return (task, stream.makeAsyncIterator())
    }

    @Test("all notifications arrive in order, also a burst, and cancelling ends it at once")
    func notifications() async throws {
        try await withScratch("") { (scratch, session) async throws in
            let listener = Listener(options: scratch.options(), channels: ["ticket", "Odd \"name"])
            var (task, events) = start(listener)
            #expect(await events.next() == .ready)
            try await session.script("notify ticket, 'one'; notify \"Odd \"\"name\"; notify unheard")
            #expect(await events.next() == .notification("ticket", "one"))
            #expect(await events.next() == .notification("Odd \"name", ""))
            try await session.script("select pg_notify('ticket', n::text) from generate_series(1, 2000) n")
            for number in 1...2000 { #expect(await events.next() == .notification("ticket", "\(number)")) }
            task.cancel()
            #expect(await events.next() == .ended(nil))
        }
    }

    @Test("pings in between are not handed out, and keep the connection")
    func pings() async throws {
        try await withScratch("") { (scratch, session) async throws in
            let listener = Listener(options: scratch.options(), channels: ["a"], pingEvery: .milliseconds(1))
            var (task, events) = start(listener)
            #expect(await events.next() == .ready)
            for number in 1...50 {
                try await session.script("notify a, '\(number)'")
                #expect(await events.next() == .notification("a", "\(number)"))
            }
            task.cancel()
            #expect(await events.next() == .ended(nil))
        }
    }

    @Test("a listener whose backend was ended throws")
    func terminated() async throws {
        try await withScratch("") { (scratch, session) async throws in
            let listener = Listener(options: scratch.options("to be ended"), channels: ["a"])
            var (_, events) = start(listener)
            #expect(await events.next() == .ready)
            _ = try await session.simpleQuery(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'to be ended'")
            guard case .ended(let error) = await events.next() else {
                Issue.record("still listening")
                return
            }
            #expect(error?.kind == .connection)
            #expect(error?.sqlState == .adminShutdown)
            #expect(error?.recovery == .reconnect)
        }
    }

    @Test("a listener behind a network that fell silent notices by its ping; cancelling ends it even then")
    func silence() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let proxy = try StallingProxy(to: cluster.socketPath)
        defer { proxy.stop() }
        var options = SessionOptions(
            conninfo: proxy.conninfo(), applicationName: "test", callTimeout: .milliseconds(500))
        var (_, events) = start(Listener(options: options, channels: ["a"], pingEvery: .milliseconds(100)))
        #expect(await events.next() == .ready)
        proxy.stall()
        guard case .ended(let error) = await events.next() else {
            Issue.record("still listening")
            return
        }
        #expect(error?.kind == .deadline)
        #expect(error?.recovery == .reconnect)

        proxy.resume()
        options.callTimeout = .seconds(3600)
        var (task, later) = start(Listener(options: options, channels: ["a"], pingEvery: .milliseconds(1)))
        #expect(await later.next() == .ready)
        proxy.stall()
        task.cancel()
        #expect(await later.next() == .ended(nil))
    }

    @Test("cancelling while connecting returns")
    func cancelWhileConnecting() async throws {
        let cluster = try Cluster()
        defer { cluster.remove() }
        try cluster.start()
        let proxy = try StallingProxy(to: cluster.socketPath)
        defer { proxy.stop() }
        proxy.stall()
        let options = SessionOptions(
            conninfo: proxy.conninfo(), applicationName: "test", connectTimeout: .seconds(3600))
        var (task, events) = start(Listener(options: options, channels: []))
        task.cancel()
        #expect(await events.next() == .ended(nil))
    }
}
