import Synchronization

/// Ends what makes no progress: never a test that hangs.
final class Watchdog: Sendable {
    struct Stalled: Error, CustomStringConvertible { let description: String }

    private static let patience: Duration = .seconds(150)
    private let step = Mutex((count: 0, name: ""))

    /// Something else goes on.
    func mark(_ name: String) {
        step.withLock { step in
            if step.name != name { step = (step.count + 1, name) }
        }
    }

    var at: String { step.withLock { $0.name } }

    /// Throws when for a while nobody did anything, or one step does not end; ends the process when even that helps nothing.
    func watch(_ scene: Scene) async throws {
        var last = (step: -1, acts: -1)
        var (step, act) = (ContinuousClock.now, ContinuousClock.now)
        while true {
            try await Task.sleep(for: .seconds(1))
            let now = (step: self.step.withLock { $0.count }, acts: scene.told.now.acts)
            if now.step != last.step { (step, act) = (.now, .now) }
            if now.acts != last.acts { act = .now }
            last = now
            guard .now - act > Self.patience || .now - step > Self.patience * 2 else { continue }
            let state = "no progress, at: \(at)\n\(await scene.state())"
            print(state)
            Task.detached {
                try await Task.sleep(for: Self.patience)
                fatalError("the harness does not end after it made no progress: \(state)")
            }
            throw Stalled(description: state)
        }
    }
}
