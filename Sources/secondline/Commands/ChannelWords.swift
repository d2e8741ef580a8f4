/// How a channel does, in plain words.
enum ChannelWords {
    static let absent = "no running daemon has it"

    static func notConfigured(_ channel: String) -> String {
        "\(absent): add [channel.\(channel)] to the daemon's configuration"
    }

    /// `failing for 12 min: connection refused`; nil for a channel that works.
    static func trouble(_ channel: String, state: String, failingFor: Double?, error: String?) -> String? {
        let span = failingFor.map { " for \(Figures.time($0))" } ?? ""
        let said = error.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        return switch state {
        case "failing": "failing\(span)\(said)"
        case "failing_in_part": "failing in some daemons\(span)\(said)"
        case "not_configured": notConfigured(channel)
        case _: nil
        }
    }
}
