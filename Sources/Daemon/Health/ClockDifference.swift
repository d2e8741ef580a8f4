internal import Postgres
internal import Store

/// How far the server's clock is from this machine's. Told, and used for nothing.
struct ClockDifference {
    /// Positive when the server's is ahead.
    let ahead: Duration

    static let tolerated: Duration = .seconds(2)

    static func measure(_ db: Database) throws(DatabaseError) -> ClockDifference {
        let before = Timestamp.now()
        let server = try db.first(ServerState())?.clock ?? before
        let after = Timestamp.now()
        return ClockDifference(server: server, before, after)
    }

    /// The server read its clock between the two readings of ours: what lies outside of them is a difference for certain.
    init(server: Timestamp, _ before: Timestamp, _ after: Timestamp) {
        ahead = server > after ? server - after : server < before ? server - before : .zero
    }

    var finding: HealthFinding? {
        let size = ahead < .zero ? .zero - ahead : ahead
        guard size > Self.tolerated else { return nil }
        let way = ahead > .zero ? "ahead of" : "behind"
        return HealthFinding(
            "clock_difference", Host.name, .warning,
            detail: "the server's clock is \(LogValue.short(size)) \(way) that of \(Host.name), where the daemon runs",
            advice: "Set both by NTP; the daemon decides by the server's clock, but its log has this machine's.")
    }
}
