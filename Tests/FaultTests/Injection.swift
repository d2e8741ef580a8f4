import Foundation
import Glibc
import Postgres
import TestSupport

extension Scene {
    /// Waits until the people have done so many acts more, or for so long: a fault may be what keeps them from it.
    func acts(_ count: Int, atMost limit: Duration) async {
        let goal = told.now.acts + count
        let end = ContinuousClock.now + limit
        while told.now.acts < goal, ContinuousClock.now < end, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    func inject(_ fault: Fault) async throws {
        switch fault {
        case .daemonKilled(let number, let acts):
            _ = await daemons[number].end(SIGKILL)
            await self.acts(acts, atMost: .seconds(2))
            try daemons[number].start()
        case .daemonReplaced(let number):
            let status = await daemons[number].end(SIGTERM)
            if status != 0 { throw Failure("daemon \(number) ended with status \(status) after SIGTERM") }
            try daemons[number].start()
        case .daemonFrozen(let number, let acts, let aMinute):
            let before = count("message.taken_over")
            daemons[number].signal(SIGSTOP)
            let limit: Duration = .seconds(aMinute ? 60 : 5)
            let end = ContinuousClock.now + limit
            await self.acts(acts, atMost: limit)
            // until others have what it had, if it had something
            while aMinute || count("message.taken_over") == before, .now < end {
                try await Task.sleep(for: .milliseconds(20))
            }
            daemons[number].signal(SIGCONT)
        case .clockMoved(let number, let hours): try daemons[number].moveClock(hours: hours)
        case .backendsTerminated(let count):
            try await onServer(
                """
                select pg_terminate_backend(pid) from pg_stat_activity
                 where application_name in ('secondline', 'hand', 'client') order by pid % 7, pid limit \(count)
                """)
        case .statementsCancelled:
            try await onServer(
                "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'secondline' and state <> 'idle'"
            )
        case .backendKilled(let number):
            if let pid = try await backend(number) { kill(pid, SIGKILL) }
        case .backendFrozen(let number, let acts):
            guard let pid = try await backend(number) else { return }
            kill(pid, SIGSTOP)
            await self.acts(acts, atMost: .seconds(3))
            kill(pid, SIGCONT)
        case .serverRestarted: try await pair.restart()
        case .standbyPromoted(let hanging): try await pair.promote(hanging: hanging)
        case .connectionsForgotten(let number): for network in networks[number] { network.forget() }
        case .networkSilent(let number, let acts):
            for network in networks[number] { network.stall() }
            await self.acts(acts, atMost: .seconds(4))
            for network in networks[number] { network.resume() }
        case .networkSlow(let number, let delay, let acts):
            for network in networks[number] { network.slow(byMicroseconds: delay) }
            await self.acts(acts, atMost: .seconds(3))
            for network in networks[number] { network.slow(byMicroseconds: 0) }
        case .diskFull(let errors):
            let before = told.now.failed
            try pair.fillDisk()
            let end = ContinuousClock.now + .seconds(3)
            while told.now.failed < before + errors, ContinuousClock.now < end {
                try? await Task.sleep(for: .milliseconds(5))
            }
            try await pair.freeDisk()
        case .statementsTimeOut(let table, let failures): try await lock(table, until: failures)
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// On the primary as soon as there is one.
    private func onServer(_ sql: String) async throws {
        let session = pair.session()
        // it may still be coming back from the fault before
        let end = ContinuousClock.now + .seconds(90)
        while true {
            do throws(DatabaseError) {
                try await session.open()
                _ = try await session.simpleQuery(sql)
                break
            } catch {
                if .now > end { throw error }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        await session.close()
    }

    /// How often the daemons have said so.
    private func count(_ event: String) -> Int { daemons.reduce(0) { $0 + $1.count(event) } }

    /// A process of the primary that serves somebody.
    private func backend(_ number: Int) async throws -> Int32? {
        let session = Session(options: SessionOptions(conninfo: pair.primary.conninfo(), applicationName: "harness"))
        guard (try? await session.open()) != nil else { return nil }
        let rows = try? await session.simpleQuery(
            "select pid from pg_stat_activity where application_name in ('secondline', 'hand', 'client') order by pid")
        await session.close()
        guard let rows, !rows.isEmpty else { return nil }
        return rows[number % rows.count][0].flatMap { Int32($0) }
    }

    /// Nobody reads or writes the table until duties have failed for it.
    private func lock(_ table: String, until failures: Int) async throws {
        let session = pair.session()
        guard (try? await session.open()) != nil else { return }
        let before = count("duty.failed")
        _ = try? await session.transaction { (db) throws(DatabaseError) in
            try db.script("lock table secondline.\(table) in access exclusive mode")
            let end = ContinuousClock.now + .seconds(4)
            while count("duty.failed") < before + failures, ContinuousClock.now < end { usleep(20_000) }
        }
        await session.close()
    }
}
