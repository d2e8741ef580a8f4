import Synchronization

/// Ends what makes no progress: never a test that hangs.
final class Watchdog: Sendable {
    struct Stalled: Error, CustomStringConvertible { let description: String }

    private static let patience: Duration = .seconds(150)
    private let marks = Mutex(0)
    private let doing = Mutex("")

    /// Something went on.
    func mark(_ what: String) {
        marks.withLock { $0 += 1 }
        doing.withLock { $0 = what }
    }

    var at: String { doing.withLock { $0 } }

    /// Throws when for a while nothing was marked, nor done; ends the process when even that helps nothing.
    func watch(_ scene: Scene) async throws {
        var last = (marks: -1, acts: -1)
        var since = ContinuousClock.now
        while true {
            try await Task.sleep(for: .seconds(1))
            let now = (marks: marks.withLock { $0 }, acts: scene.told.now.acts)
            if now != last { (last, since) = (now, .now) }
            guard .now - since > Self.patience else { continue }
            let state = "no progress for \(Self.patience), at: \(at)\n\(await scene.state())"
            print(state)
            Task.detached {
                try await Task.sleep(for: Self.patience)
                fatalError("the harness does not end after it made no progress: \(state)")
            }
            throw Stalled(description: state)
        }
    }
}
