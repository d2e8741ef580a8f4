/// Sums up what fails again and again: told at once, then at pauses that grow, with how often it happened since.
struct Repetitions {
    private struct Told {
        var at: ContinuousClock.Instant
        var pause: Duration
        var untold = 0
    }

    private static let first: Duration = .seconds(5)
    private static let longest: Duration = .seconds(3600)
    /// Whatever was quiet for so long, and for twice its pause, is new.
    private static let quiet: Duration = .seconds(600)
    /// Different ones that are remembered.
    private static let most = 200

    private var told: [String: Told] = [:]

    /// How often to say that it happened; nil when it need not be told now.
    mutating func times(of event: LogEvent, at now: ContinuousClock.Instant) -> Int? {
        guard let key = event.repetition else { return 1 }
        guard let last = told[key], now - last.at < max(last.pause * 2, Self.quiet) else {
            let times = 1 + (told[key]?.untold ?? 0)
            if told.count >= Self.most { told = [:] }
            told[key] = Told(at: now, pause: Self.first)
            return times
        }
        if now - last.at < last.pause {
            told[key]?.untold += 1
            return nil
        }
        told[key] = Told(at: now, pause: min(last.pause * 2, Self.longest))
        return last.untold + 1
    }
}
