import Foundation
import Postgres
import TestSupport

/// One schedule on one department, from its first ticket to the last that is solved.
struct Round: Sendable {
    /// What it came to.
    struct Figures: Sendable {
        var faults: [String: Int] = [:]
        var acts = 0
        var refused = 0
        var failed = 0
        var unknown = 0
        var tickets = 0
        var messages = 0
        var deliveries = 0
        var repeated = 0
        var unknownAttempts = 0
        var late = 0
        var setAside = 0
        var idle = 0
        var checks = 0

        static func + (a: Figures, b: Figures) -> Figures {
            Figures(
                faults: a.faults.merging(b.faults, uniquingKeysWith: +), acts: a.acts + b.acts,
                refused: a.refused + b.refused,
                failed: a.failed + b.failed, unknown: a.unknown + b.unknown, tickets: a.tickets + b.tickets,
                messages: a.messages + b.messages, deliveries: a.deliveries + b.deliveries,
                repeated: a.repeated + b.repeated, unknownAttempts: a.unknownAttempts + b.unknownAttempts,
                late: a.late + b.late, setAside: a.setAside + b.setAside, idle: a.idle + b.idle,
                checks: a.checks + b.checks)
        }
    }

    /// What was found, and how far it had come then.
    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    let scene: Scene
    let watchdog = Watchdog()

    private static let checkEvery = 5

    func run() async throws -> Figures {
        try await withThrowingTaskGroup(of: Figures?.self) { group in
            group.addTask {
                try await watchdog.watch(scene)
                return nil
            }
            group.addTask { try await live() }
            defer { group.cancelAll() }
            while let figures = try await group.next() {
                if let figures { return figures }
            }
            throw Broken(description: "nothing was run")
        }
    }

    private func live() async throws -> Figures {
        try await withThrowingTaskGroup(of: Void.self) { people in
            let seed = scene.schedule.seed
            for number in 0..<Scene.clients {
                let caller = Caller(scene.pair.session("client", timeout: .seconds(9)), scene.told)
                let clients = Clients(
                    number: number, seed: seed, staff: scene.staff, told: scene.told, caller: caller, phase: scene.phase
                )
                people.addTask {
                    await clients.write()
                    await caller.close()
                }
            }
            for number in 0..<Scene.hands {
                let caller = Caller(scene.pair.session("hand", timeout: .seconds(9)), scene.told)
                let hand = Hand(
                    number: number, of: Scene.hands, seed: seed, staff: scene.staff, told: scene.told, caller: caller,
                    phase: scene.phase)
                people.addTask {
                    await hand.work()
                    await caller.close()
                }
            }
            defer { people.cancelAll() }
            var figures = try await endure()
            figures.idle = try await finish(&figures)
            scene.phase.end()
            for try await _ in people {}
            try await judgeAll(&figures)
            return figures
        }
    }

    /// The faults one after the other, with what they break looked at on the way.
    private func endure() async throws -> Figures {
        var figures = Figures()
        for (index, step) in scene.schedule.steps.enumerated() {
            watchdog.mark("step \(index + 1), before \(step.fault)")
            await scene.acts(step.pause, atMost: .seconds(4))
            watchdog.mark("step \(index + 1), \(step.fault)")
            do { try await scene.inject(step.fault) } catch {
                throw Broken(description: "step \(index + 1), \(step.fault): \(error)")
            }
            figures.faults[step.fault.kind, default: 0] += 1
            for daemon in scene.daemons {
                if let words = daemon.unasked {
                    throw Broken(description: "step \(index + 1), \(step.fault): \(words)")
                }
            }
            if (index + 1).isMultiple(of: Self.checkEvery) {
                watchdog.mark("check after step \(index + 1)")
                try await check(after: "step \(index + 1), \(step.fault)", &figures)
            }
        }
        return figures
    }

    private func check(after what: String, _ figures: inout Figures) async throws {
        // told first: what is done meanwhile is not missed
        let told = scene.told.now
        let faults = try await read { session in try await Verdict.now(session, told: told) } + told.unexpected
        figures.checks += 1
        if !faults.isEmpty { throw Broken(description: "after \(what):\n\(faults.prefix(12).joined(separator: "\n"))") }
    }

    /// Everything is solved and delivered; how often the audits complained once all was well.
    private func finish(_ figures: inout Figures) async throws -> Int {
        watchdog.mark("healing")
        try await scene.heal()
        scene.phase.finish()
        var idle = 0
        while true {
            let open = try await read { session in
                try await session.simpleQuery(
                    """
                    select (select count(*) from secondline.ticket where status not in ('resolved', 'cancelled')),
                           (select count(*) from secondline_rules.idle_specialist(clock_timestamp(), '15 seconds'))
                    """)
            }
            watchdog.mark("\(open[0][0] ?? "?") tickets to solve")
            if open[0][1] != "0" { idle += 1 }
            if open[0][0] == "0" { break }
            try await Task.sleep(for: .milliseconds(100))
            if let words = scene.daemons.lazy.compactMap(\.unasked).first { throw Broken(description: words) }
        }
        while true {
            let left = try await read { session in
                try await session.simpleQuery(
                    """
                    select count(*), count(*) filter (where state = 'set_aside'), secondline.retry_channel('record')
                      from secondline.message where channel = 'record'
                    """)
            }
            watchdog.mark("\(left[0][0] ?? "?") messages to deliver")
            figures.setAside += left[0][1].flatMap(Int.init) ?? 0
            if left[0][0] == "0" { break }
            try await Task.sleep(for: .milliseconds(200))
        }
        watchdog.mark("stopping daemons")
        for daemon in scene.daemons {
            let status = await daemon.end(SIGTERM)
            if status != 0 {
                throw Broken(description: "daemon \(daemon.number) ended with \(status): \(daemon.tail(3))")
            }
        }
        return idle
    }

    private func judgeAll(_ figures: inout Figures) async throws {
        watchdog.mark("the last check")
        let told = scene.told.now
        let deliveries = Deliveries(scene.directory.appending(path: "record"))
        let faults = try await read { session in
            try await Verdict.now(session, told: told) + Verdict.atTheEnd(session, deliveries)
        }
        if figures.idle > 0 {
            throw Broken(description: "tickets waited while somebody was free, \(figures.idle) looks long")
        }
        let all = faults + told.unexpected
        if !all.isEmpty { throw Broken(description: "at the end:\n\(all.prefix(12).joined(separator: "\n"))") }
        let counts = try await read { session in
            try await session.simpleQuery(
                """
                select (select count(*) from secondline.ticket), (select count(*) from secondline.message_history where channel = 'record'),
                       (select count(*) from secondline.message_attempt where outcome = 'unknown'),
                       (select count(*) from secondline.message_attempt where late)
                """)
        }[0].map { $0.flatMap { Int($0) } ?? 0 }
        (figures.acts, figures.refused, figures.failed, figures.unknown) = (
            told.acts, told.refused, told.failed, told.unknown
        )
        (figures.tickets, figures.messages, figures.unknownAttempts, figures.late) = (
            counts[0], counts[1], counts[2], counts[3]
        )
        (figures.deliveries, figures.repeated) = (deliveries.count, deliveries.repeated)
        figures.checks += 1
    }

    /// By whichever server is the primary, as soon as it answers.
    private func read<R: Sendable>(_ body: (Session) async throws -> R) async throws -> R {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            let session = scene.pair.session(timeout: .seconds(60))
            do {
                try await session.open()
                let value = try await body(session)
                await session.close()
                return value
            } catch {
                await session.close()
                if .now > end { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
