import Foundation
import TestSupport
import Testing

/// SECONDLINE_TEST_FAULTS is how many faults, SECONDLINE_TEST_FAULT_MINUTES for how long instead, SECONDLINE_TEST_SEED the first seed.
@Suite("faults of all kinds", .serialized)
struct FaultTests {
    private static func number(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// A new department so often: checks read all of it.
    static let faultsInRound = 45

    @Test("whatever fails, no ticket and no message is lost or doubled")
    func storm() async throws {
        let isRepeated = Self.number("SECONDLINE_TEST_SEED") != nil
        var seed = Self.number("SECONDLINE_TEST_SEED") ?? .random(in: 1...999_999_999)
        let minutes = Self.number("SECONDLINE_TEST_FAULT_MINUTES").map { Duration.seconds(Double($0) * 60) }
        let wanted = Int(Self.number("SECONDLINE_TEST_FAULTS") ?? 15)
        let begin = ContinuousClock.now
        var total = Round.Figures()
        var done = 0
        while minutes.map({ .now - begin < $0 }) ?? (done < wanted) {
            let faults = minutes == nil ? min(Self.faultsInRound, wanted - done) : Self.faultsInRound
            guard let figures = try await round(seed: seed, faults: faults) else { return }
            total = total + figures
            done += faults
            seed += 1
            if isRepeated && minutes == nil && done >= wanted { break }
            print(
                "faults: \(done) in \(Int((.now - begin).components.seconds)) s, \(total.tickets) tickets, \(total.messages) messages (\(total.repeated) repeated), nothing lost or doubled"
            )
        }
        print(Self.table(total, .now - begin))
    }

    /// Nil when something is wrong, which has been told.
    private func round(seed: UInt64, faults: Int) async throws -> Round.Figures? {
        print("faults: seed \(seed), \(faults) faults")
        var missing: Set<String> = []
        if geteuid() != 0 {
            missing.insert("disk full")
            print("faults: no disk is filled: only root may mount a small one")
        }
        let schedule = Schedule(seed: seed, faults: faults, without: missing)
        let scene = try await Scene(schedule)
        if !missing.contains("disk full"), !scene.pair.hasSmallDisks {
            scene.end(keepsLogs: false)
            Issue.record("no small disk can be mounted here")
            return nil
        }
        let round = Round(scene: scene)
        do {
            let figures = try await round.run()
            scene.end(keepsLogs: false)
            return figures
        } catch {
            let steps = schedule.steps.enumerated().map {
                "  \($0.offset + 1). \($0.element.pause) acts, then \($0.element.fault)"
            }
            let state = await scene.state()
            scene.dump()
            Issue.record(
                """
                seed \(seed): \(error)
                at \(round.watchdog.at)
                \(steps.joined(separator: "\n"))
                \(state)
                again: SECONDLINE_TEST_SEED=\(seed) SECONDLINE_TEST_FAULTS=\(faults) deploy/test --filter FaultTests.FaultTests
                """)
            scene.end(keepsLogs: true)
            return nil
        }
    }

    private static func table(_ figures: Round.Figures, _ took: Duration) -> String {
        let faults = figures.faults.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        return """
            faults injected in \(Int(took.components.seconds)) s: \(figures.faults.values.reduce(0, +))
            \(faults.joined(separator: "\n"))
            \(figures.tickets) tickets, \(figures.acts) acts done, \(figures.refused) refused by rule, \(figures.failed) failed, \(figures.unknown) with unknown outcome
            \(figures.messages) messages, \(figures.deliveries) deliveries, \(figures.repeated) repeated; attempts with unknown outcome \(figures.unknownAttempts), late reports \(figures.late), set aside and tried again \(figures.setAside)
            the whole database was checked \(figures.checks) times
            """
    }
}
