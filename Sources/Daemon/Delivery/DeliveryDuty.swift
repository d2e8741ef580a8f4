internal import Glibc
internal import Policy
package import Postgres
internal import Store

/// Carries messages out, through every configured channel. Daemons share the work: no duty's row is locked, each message is leased.
package struct DeliveryDuty: Duty {
    package static let name = "delivery"
    package static let statements: [any Statement.Type] = [
        ReportChannel.self, RenewLeases.self, TakeOverMessages.self, FinishDeliveries.self, ClaimMessages.self,
        BeginClaim.self, ForgetWorker.self,
    ]

    private let lanes: [Lane]
    private let worker: String
    private let lease: Duration
    private let wake: Wake

    /// How long what is on its way may take when the daemon stops; after it programs are killed, with a grace of a second.
    private static let patience: Duration = .seconds(5)

    /// - Parameter wake: the duty's own: a delivery that has ended wakes it.
    package init(settings: DeliverySettings, poll: Duration, log: EventLog, wake: Wake) {
        let worker = Self.workerName()
        self.worker = worker
        self.wake = wake
        lease = settings.lease
        lanes = settings.channels.map {
            Lane($0, worker: worker, lease: settings.lease, poll: poll, log: log, wake: wake)
        }
    }

    /// There is something new: every lane looks. What ends in one lane wakes only that one.
    package func hint() {
        for lane in lanes { lane.hint() }
        wake.hint()
    }

    /// Somebody has mended something: channels that fail are tried now.
    package func tryFailing() {
        for lane in lanes { lane.tryFailing() }
        wake.hint()
    }

    package func run(_ session: Session) async throws(DatabaseError) -> DutyOutcome {
        var outcome = DutyOutcome()
        for lane in lanes {
            guard let due = try await run(lane, session) else { continue }
            outcome.dueIn = min(outcome.dueIn ?? due, due)
        }
        return outcome
    }

    /// A lane whose work the database refuses keeps no other waiting.
    private func run(_ lane: Lane, _ session: Session) async throws(DatabaseError) -> Duration? {
        do throws(DatabaseError) { return try await lane.run(session) } catch {
            switch error.recovery {
            case .retry, .setAside: return lane.rest(after: error)
            case .stop where error.kind == .server: return lane.rest(after: error)
            case .reconnect, .stop: throw error
            }
        }
    }

    package func stop(_ session: Session) async throws(DatabaseError) {
        let landings = lanes.map { $0.land(within: Self.patience) }
        var fault: DatabaseError?
        while lanes.contains(where: \.isBusy) {
            // what ends meanwhile is told at once, what does not stays ours
            if fault == nil {
                do throws(DatabaseError) { try await report(session) } catch { fault = error }
            }
            await wake.wait(atMost: lease / 3)
        }
        for landing in landings { await landing.value }
        do throws(DatabaseError) { try await report(session) } catch { fault = error }
        if await session.isOpen, !lanes.isEmpty { try await session.execute(ForgetWorker(worker)) }
        if let fault { throw fault }
    }

    private func report(_ session: Session) async throws(DatabaseError) {
        // without a server nothing can be told: the leases run out
        guard await session.isOpen else { return }
        var fault: DatabaseError?
        for lane in lanes {
            // what one cannot report keeps no other from it
            do throws(DatabaseError) { _ = try await lane.run(session, claims: false) } catch { fault = error }
        }
        if let fault { throw fault }
    }

    /// Tells daemons apart, also two on hosts of the same name.
    private static func workerName() -> String {
        "\(Host.name)/\(getpid())/\(String(UInt32.random(in: 0 ... .max), radix: 36))"
    }
}
