/// How far a long piece of work has come, on one line of a terminal; silent elsewhere.
struct ProgressBar: Sendable {
    let label: String
    /// What 100 % is, in the unit of `done`; nil when nobody knows, as with a pipe.
    let total: Int?
    let terminal: Terminal
    private let started: ContinuousClock.Instant
    private var lastShown: ContinuousClock.Instant?

    init(_ label: String, total: Int?, on terminal: Terminal = .standardError, at now: ContinuousClock.Instant = .now) {
        self.label = label.visible()
        self.total = total
        self.terminal = terminal
        started = now
    }

    /// Shows the state at most ten times a second; `count` of `unit` is what the rate is about, such as rows.
    mutating func show(done: Int, count: Int, unit: String, at now: ContinuousClock.Instant = .now) {
        guard terminal.isTerminal, lastShown.map({ now - $0 >= .milliseconds(100) }) ?? true else { return }
        lastShown = now
        let text = line(done: done, count: count, unit: unit, elapsed: now - started, width: (terminal.width ?? 80) - 1)
        terminal.write("\r\(text)\u{1B}[K")
    }

    /// Takes the line away, so that what is written next stands alone.
    func clear() {
        if terminal.isTerminal, lastShown != nil { terminal.write("\r\u{1B}[K") }
    }

    func line(done: Int, count: Int, unit: String, elapsed: Duration, width: Int) -> String {
        let seconds = elapsed.inSeconds
        let rate = seconds > 0 ? Int(Double(count) / seconds) : 0
        let figures = "\(count) \(unit), \(rate)/s"
        guard let total, total > 0 else { return "\(label) \(figures)".fitted(to: width) }
        let share = min(1, max(0, Double(done) / Double(total)))
        let remaining = share > 0 ? " \(Self.clock(seconds / share - seconds)) left" : ""
        let percent = "\(Int(share * 100))%"
        let tail = " \(String(repeating: " ", count: max(0, 4 - percent.count)))\(percent) \(figures)\(remaining)"
        let bar = min(40, width - label.columns - tail.columns - 3)
        guard bar >= 5 else { return (label + tail).fitted(to: width) }
        let filled = Int(share * Double(bar))
        let cells = String(repeating: "#", count: filled) + String(repeating: ".", count: bar - filled)
        return "\(label) [\(cells)]\(tail)"
    }

    /// `0:07`, `12:30`, `3:05:00`.
    static func clock(_ seconds: Double) -> String {
        let whole = Int(min(max(0, seconds), 359_999).rounded())
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
    }
}
