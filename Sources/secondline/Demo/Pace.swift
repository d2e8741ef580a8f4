extension Demo {
    /// How fast the department lives. Its time is counted in minutes since the first morning at 08:30; nights are skipped.
    struct Pace: Sendable {
        /// Minutes from one morning to the next.
        static let day = 600.0
        private static let morning = 510

        /// How many of their minutes fit into one of ours.
        let speed: Int

        func minutes(_ real: Duration) -> Double { real / .seconds(1) * Double(speed) / 60 }

        func real(minutes: Double) -> Duration { .milliseconds(Int64(minutes * 60_000 / Double(speed))) }

        /// How often people look at what happened: each of their minutes, within what is sensible.
        var tick: Duration { min(max(real(minutes: 1), .milliseconds(20)), .milliseconds(100)) }

        /// The time of day, such as 09:05.
        static func clock(_ minute: Double) -> String {
            let minutes = morning + Int(minute.truncatingRemainder(dividingBy: day))
            let text = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
            return "\(text(minutes / 60)):\(text(minutes % 60))"
        }
    }
}
