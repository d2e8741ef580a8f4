import Foundation
import Postgres
import TestSupport
import Testing

@Suite("several daemons and two servers", .serialized)
struct FailoverTests {
    private enum Fault: String, CaseIterable {
        case restart = "killed and started again"
        case failOver = "killed, and the standby promoted"
        case switchOver = "made read-only, and the standby promoted"
    }

    /// How often each fault happens; with more than one the times are printed.
    private static let rounds =
        ProcessInfo.processInfo.environment["SECONDLINE_TEST_FAILOVERS"].flatMap { Int($0) } ?? 1

    @Test("nothing that was acknowledged is lost or done twice, and each outage is two lines in each log")
    func faults() async throws {
        let pair = try await Pair()
        defer { pair.remove() }
        let daemons = try (0..<3).map { _ in try DaemonProcess(pair.conninfo) }
        for daemon in daemons { try await daemon.says("daemon.ready") }
        let writer = Writer(to: pair.conninfo, queue: pair.department.queue)
        var times: [Fault: [Double]] = [:]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await writer.run() }
            defer { writer.stop() }
            for round in 0..<Self.rounds {
                for fault in Fault.allCases {
                    let outages = round * Fault.allCases.count + Fault.allCases.firstIndex(of: fault)! + 1
                    try await reach(writer.acknowledged.count + 5, writer)
                    let began =
                        switch fault {
                        case .restart: try await pair.restart()
                        case .failOver: try await pair.failOver()
                        case .switchOver: try await pair.switchOver()
                        }
                    let seconds = try await firstAssignment(after: began, pair)
                    times[fault, default: []].append(seconds)
                    if Self.rounds > 1 { print("\(fault.rawValue): \(seconds) s") }
                    for daemon in daemons { try await daemon.says("database.restored", times: outages) }
                    try await reach(writer.acknowledged.count + 5, writer)
                    if fault != .restart { try await pair.rejoin() }
                }
            }
        }
        try await settle(writer.acknowledged, pair)
        var told: [String] = []
        for daemon in daemons {
            daemon.signal(SIGTERM)
            let (status, log) = try await daemon.end()
            #expect(status == 0)
            let count = Self.rounds * Fault.allCases.count
            for event in ["database.lost", "database.restored"] {
                #expect(log.components(separatedBy: " \(event) ").count - 1 == count, "\(event)\n\(log.suffix(3000))")
            }
            told += log.split(separator: "\n").filter { $0.contains(" ticket.assigned ") }.map(pairOfIDs)
        }
        try await pair.onPrimary { session in
            // what a log told is so
            let rows = try await session.simpleQuery("select ticket_id, person_id from secondline.assignment")
            let assigned = Set(rows.map { "\($0[0] ?? "") \($0[1] ?? "")" })
            #expect(told.filter { !assigned.contains($0) } == [])
            try await session.script("analyze")
            #expect(try await LedgerCheck.faults(in: session) == [])
        }
        if Self.rounds > 1 { report(times) }
    }

    private func reach(_ count: Int, _ writer: Writer) async throws {
        while writer.acknowledged.count < count { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Seconds until a ticket was assigned, by the clock of the server.
    private func firstAssignment(after began: String, _ pair: Pair) async throws -> Double {
        try await pair.onPrimary { session in
            while true {
                let rows = try await session.simpleQuery(
                    "select extract(epoch from min(decided_at) - '\(began)') from secondline.decision where decided_at > '\(began)'"
                )
                if let seconds = rows[0][0].flatMap({ Double($0) }) { return seconds }
            }
        }
    }

    /// Every ticket that was acknowledged is there, once, and has been given to somebody.
    private func settle(_ acknowledged: [Int64], _ pair: Pair) async throws {
        #expect(Set(acknowledged).count == acknowledged.count)
        let ids = "'{\(acknowledged.map(String.init).joined(separator: ","))}'::bigint[]"
        try await pair.onPrimary { session in
            let lost = try await session.simpleQuery(
                "select i from unnest(\(ids)) i where not exists (select from secondline.ticket where ticket_id = i)")
            #expect(lost.isEmpty, "\(lost)")
            while try await session.id("count(*) from secondline.ticket where status = 'new'") > 0 {}
        }
    }

    /// Ticket and person of a line `… ticket.assigned ticket=1 to=2 …`.
    private func pairOfIDs(_ line: Substring) -> String {
        func value(_ key: String) -> Substring {
            line.split(separator: " ").first { $0.hasPrefix("\(key)=") }?.dropFirst(key.count + 1) ?? ""
        }
        return "\(value("ticket")) \(value("to"))"
    }

    private func report(_ times: [Fault: [Double]]) {
        for fault in Fault.allCases {
            let sorted = (times[fault] ?? []).sorted()
            guard let last = sorted.last else { continue }
            print("\(fault.rawValue): median \(sorted[sorted.count / 2]) s, max \(last) s, of \(sorted.count)")
        }
    }
}
