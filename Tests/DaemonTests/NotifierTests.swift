import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import Daemon

@Suite("what systemd is told", .serialized)
struct NotifierTests {
    private func notifier(_ socket: String?, watchdog: String? = nil, _ log: RecordedLog = RecordedLog()) -> Notifier {
        var environment: [String: String] = [:]
        environment["NOTIFY_SOCKET"] = socket
        environment["WATCHDOG_USEC"] = watchdog
        return Notifier(Supervision(environment: environment), log: log.log)
    }

    private static let ready: DaemonState = {
        var state = DaemonState()
        state.isReady = true
        return state
    }()

    private static func outage(_ error: String, isReady: Bool) -> DaemonState {
        var state = DaemonState()
        (state.isReady, state.outage) = (isReady, error)
        return state
    }

    @Test("starting, waiting, working, lost, reloading, stopping", arguments: [false, true])
    func life(isAbstract: Bool) async throws {
        let sink = try DatagramSink(isAbstract: isAbstract)
        let notifier = notifier(sink.path, watchdog: "30000000")
        notifier.report(Self.outage("no\nserver\u{1B}", isReady: false))
        // a start that waits is given more time, again and again
        notifier.look(at: Pulse(allowance: .seconds(1)))
        notifier.report(Self.ready)
        notifier.look(at: Pulse(allowance: .seconds(1)))
        notifier.report(Self.outage("gone", isReady: true))
        notifier.report(Self.ready)
        notifier.reloading()
        notifier.look(at: nil)
        notifier.kept(Self.ready, "the new one was refused")
        notifier.stopping()
        notifier.look(at: nil)
        await sink.receives { $0.count >= 12 }
        #expect(
            sink.texts.map { $0.replacing(/[0-9]{4,}/, with: "N") } == [
                "STATUS=waiting for the database: no server ", "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=N",
                "STATUS=working\nREADY=1", "WATCHDOG=1", "STATUS=the database is lost, it tries again: gone",
                "STATUS=working", "RELOADING=1\nMONOTONIC_USEC=N", "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=N",
                "STATUS=working\nREADY=1", "STATUS=working; the new one was refused", "STOPPING=1\nSTATUS=stopping",
                "WATCHDOG=1",
            ])
        sink.stop()
    }

    @Test("RELOADING carries the time of CLOCK_MONOTONIC in microseconds")
    func monotonic() async throws {
        func now() -> Int64 {
            var time = timespec()
            clock_gettime(CLOCK_MONOTONIC, &time)
            return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
        }
        let sink = try DatagramSink()
        let before = now()
        notifier(sink.path).reloading()
        let after = now()
        await sink.receives("RELOADING=1\nMONOTONIC_USEC=")
        let told = try #require(sink.texts.first.flatMap { Int64($0.split(separator: "=").last ?? "") })
        #expect(told >= before && told <= after)
        sink.stop()
    }

    @Test("a socket that is not there is told of once, and hears of what it missed when it comes")
    func lateSocket() async throws {
        let log = RecordedLog()
        let path = "/tmp/secondline-\(UUID().uuidString)"
        let notifier = notifier(path, watchdog: "30000000", log)
        notifier.report(Self.ready)
        for _ in 1...5 { notifier.look(at: nil) }
        #expect(log.lines("systemd.unreachable").count == 1)
        let sink = try DatagramSink(at: path)
        notifier.look(at: nil)
        await sink.receives { $0.count >= 2 }
        #expect(sink.texts == ["STATUS=working\nREADY=1", "WATCHDOG=1"])
        sink.stop()
        notifier.look(at: nil)
        notifier.look(at: nil)
        #expect(log.lines("systemd.unreachable").count == 2)
    }

    @Test(
        "what systemd's variables say wrongly is a warning, never an end",
        arguments: [
            (["NOTIFY_SOCKET": "relative"], "NOTIFY_SOCKET=relative"), (["NOTIFY_SOCKET": "@"], "NOTIFY_SOCKET=@"),
            (["NOTIFY_SOCKET": "/" + String(repeating: "x", count: 108)], "NOTIFY_SOCKET=/xx"),
            (["NOTIFY_SOCKET": "@" + String(repeating: "x", count: 200)], "NOTIFY_SOCKET=@xx"),
            (["NOTIFY_SOCKET": "vsock:2:1234"], "NOTIFY_SOCKET=vsock"),
            (["WATCHDOG_USEC": "soon"], "WATCHDOG_USEC=soon is no number"),
            (["WATCHDOG_USEC": "0"], "WATCHDOG_USEC=0 switches the watchdog off: none is fed"),
            (["WATCHDOG_USEC": "18446744073709551615"], "WATCHDOG_USEC=18446744073709551615 switches the watchdog off"),
            (["WATCHDOG_USEC": "-5"], "WATCHDOG_USEC=-5 is no number"),
            (["WATCHDOG_USEC": "99999999999999999999"], "WATCHDOG_USEC=99999999999999999999 is no number"),
            (["WATCHDOG_USEC": "1000"], "the watchdog of 1ms is too short"),
        ])
    func strangeVariables(environment: [String: String], warning: String) {
        let supervision = Supervision(environment: environment)
        #expect(supervision.warnings.count == 1 && supervision.warnings[0].hasPrefix(warning))
        #expect(supervision.notifySocket == nil)
        #expect((supervision.watchdog == nil) != (environment["WATCHDOG_USEC"] == "1000"))
    }

    @Test("the names of systemd's own sockets, the longest there can be, and an environment without any")
    func plainVariables() {
        let longest = "@" + String(repeating: "x", count: 107)
        for path in ["/run/systemd/notify", "@/org/freedesktop/systemd1/notify/1", longest] {
            #expect(Supervision(environment: ["NOTIFY_SOCKET": path]).notifySocket == path)
        }
        #expect(Supervision(environment: [:]) == Supervision(environment: ["NOTIFY_SOCKET": "", "WATCHDOG_USEC": ""]))
        let ours = Supervision(environment: ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "12"], pid: 12)
        #expect(ours.watchdog == .seconds(30) && ours.warnings.isEmpty)
        // inherited from whoever started us
        #expect(Supervision(environment: ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "11"], pid: 12).watchdog == nil)
    }

    @Test("a duty is silent when it is late, not while it rests; who has returned is not missed")
    func pulse() {
        let pulse = Pulse(allowance: .seconds(60))
        let now = ContinuousClock.now
        pulse.beat("works")
        pulse.beat("rests", rest: .seconds(3600))
        pulse.beat("ended")
        pulse.end("ended")
        #expect(pulse.silent(at: now + .seconds(59)) == [])
        #expect(pulse.silent(at: now + .seconds(120)).map(\.duty) == ["works"])
        #expect(pulse.silent(at: now + .seconds(3600 + 120)).map(\.duty) == ["rests", "works"])
    }

    @Test("a duty that hangs where no time limit reaches stops the feeding, and is named once")
    func hangingDuty() async throws {
        let database = try await ScratchDatabase.migrated()
        let (log, sink, hang) = (RecordedLog(), try DatagramSink(), Hang())
        let wake = Wake()
        let pulse = Pulse(allowance: .seconds(60))
        let loop = DutyLoop(
            duty: HangingDuty(hang: hang), session: Session(options: database.options()), wake: wake,
            interval: .seconds(3600), log: log.log, connectivity: Connectivity(log: log.log),
            schema: SchemaWatch(log: log.log), pulse: pulse, tally: Tally(duties: []),
            onReady: {}, isStopping: { hang.isOver })
        let running = Task { try await loop.run() }
        await hang.begun()
        let notifier = notifier(sink.path, watchdog: "30000000", log)
        notifier.report(Self.ready)
        notifier.look(at: pulse)
        // the same an hour later, and again
        let later = ContinuousClock.now + .seconds(3600)
        notifier.look(at: pulse, now: later)
        notifier.look(at: pulse, now: later + .seconds(10))
        #expect(log.lines("duty.silent").count == 1)
        #expect(log.lines("duty.silent").first?.contains(" error duty.silent duty=hanging since=1h") == true)
        hang.end()
        wake.hint()
        try await running.value
        // it has returned: what is left is fed for
        notifier.look(at: pulse, now: later)
        notifier.stopping()
        await sink.receives("STOPPING=1")
        #expect(sink.texts == ["STATUS=working\nREADY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping"])
        sink.stop()
        try await database.drop()
    }

    @Test("each wait for the server is a sign of life: a duty may make many slow calls")
    func slowCalls() async throws {
        let database = try await ScratchDatabase()
        let pulse = Pulse(allowance: .seconds(60))
        let session = DutyLoop.session(database.options(), of: "slow", showing: pulse)
        func shown() -> ContinuousClock.Instant? { pulse.silent(at: .now + .seconds(3600)).first?.since }
        var last = ContinuousClock.now
        try await session.open()
        for _ in 1...3 {
            let now = try #require(shown())
            #expect(now > last)
            last = now
            try await session.script("select 1")
        }
        await session.close()
        try await database.drop()
    }

    @Test("a server that does not answer stops no feeding: every call has its own time limit and is a sign of life")
    func stalledServer() async throws {
        let desk = try await Desk(specialists: 1)
        let server = try await desk.session.server
        let proxy = try StallingProxy(to: "\(server.host)/.s.PGSQL.\(server.port)")
        var options = desk.database.options()
        options.conninfo = proxy.conninfo(database: desk.database.name)
        (options.callTimeout, options.connectTimeout) = (.milliseconds(300), .milliseconds(300))
        let settings = DaemonSettings(session: options, pollInterval: .milliseconds(50), listens: false)
        let told = States()
        let daemon = Daemon(settings: settings, log: desk.recorded.log) { told.append($0) }
        let running = Task { try await daemon.run() }
        await desk.recorded.line(containing: "daemon.ready")
        proxy.stall()
        await desk.recorded.line(containing: "database.lost")
        #expect(daemon.told.words.hasPrefix("the database is lost, it tries again: "))
        #expect(daemon.pulse.silent(at: .now) == [])
        proxy.resume()
        await desk.recorded.line(containing: "database.restored")
        daemon.stop()
        try await running.value
        #expect(told.words.prefix(2) == ["starting", "working"])
        #expect(told.words.last == "working")
        // whoever has returned is not missed, however late it is
        #expect(daemon.pulse.silent(at: .now + .seconds(86_400)) == [])
        proxy.stop()
        try await desk.close()
    }
}

/// What a daemon reported.
private final class States: Sendable {
    private let states = Mutex<[DaemonState]>([])

    func append(_ state: DaemonState) { states.withLock { $0.append(state) } }

    var words: [String] { states.withLock { $0.map(\.words) } }
}

/// Holds whoever waits in it, as a lock does that nobody gives back.
private final class Hang: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let over = Mutex(false)
    private let began = AsyncStream.makeStream(of: Void.self)

    var isOver: Bool { over.withLock { $0 } }

    func wait() {
        began.continuation.yield()
        gate.wait()
    }

    func begun() async { for await _ in began.stream { return } }

    func end() {
        over.withLock { $0 = true }
        gate.signal()
    }
}

/// Hangs on its connection's own thread.
private struct HangingDuty: Duty {
    static let name = "hanging"
    static let statements: [any Statement.Type] = []
    let hang: Hang

    func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        try await session.transaction { (_) throws(DatabaseError) in hang.wait() }
        return DutyOutcome()
    }
}
