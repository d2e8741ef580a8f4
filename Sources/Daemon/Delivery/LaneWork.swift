internal import Policy
internal import Postgres
internal import Store

/// What one transaction of a lane is to do.
struct LaneWork: Sendable {
    var ends: [FinishDeliveries.End] = []
    var renewed: [ClaimID] = []
    /// How many messages may be claimed.
    var slots = 0
    /// Nil looks at everything.
    var floor: Instant?
    /// Also takes over what other daemons lost.
    var isSweep = false
    /// Goes before, in a transaction of its own.
    var report: ReportChannel?

    var isNothing: Bool { ends.isEmpty && renewed.isEmpty && slots == 0 && !isSweep && report == nil }

    /// What the transaction found.
    struct Found: Sendable {
        var claimed: [ClaimMessages.Row] = []
        var finished: [FinishDeliveries.Row] = []
        var takenOver: [TakeOverMessages.Row] = []
    }

    /// Reports before it claims: what failed just now may be due again.
    func perform(_ settings: ChannelSettings, worker: String, lease: Duration, _ db: Database) throws(DatabaseError)
        -> Found
    {
        var found = Found()
        if !renewed.isEmpty { try db.execute(RenewLeases(renewed, lease: lease.databaseSeconds)) }
        if isSweep { found.takenOver = try db.query(TakeOverMessages(channel: settings.name)) }
        let finish = FinishDeliveries(worker: worker, channel: settings.name, ends: ends)
        let claim = ClaimMessages(
            worker: worker, channel: settings.name, limit: slots, lease: lease.databaseSeconds, floor: floor,
            rate: settings.rate)
        switch (ends.isEmpty, slots) {
        case (true, 0): break
        case (true, _): found.claimed = try db.commit(after: claim)
        case (false, 0): found.finished = try db.commit(after: finish)
        case (false, _): (found.finished, found.claimed) = try db.commit(after: finish, claim)
        }
        return found
    }
}
