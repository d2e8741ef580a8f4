import TestSupport

/// What is done to the daemons, their servers, and what is between them.
enum Fault: Sendable, CustomStringConvertible {
    /// SIGKILL; the next one starts after so many acts of the people.
    case daemonKilled(Int, backAfter: Int)
    /// SIGTERM and another one, as in an upgrade.
    case daemonReplaced(Int)
    /// SIGSTOP, beyond its leases; of a long schedule's, one in ten for a minute.
    case daemonFrozen(Int, for: Int, aMinute: Bool)
    /// The wall clock of its machine jumps to so many hours from ours, and stays there.
    case clockMoved(Int, hours: Int)
    case backendsTerminated(Int)
    case statementsCancelled
    /// SIGKILL: the server starts all of them anew.
    case backendKilled(Int)
    /// SIGSTOP of one, with whatever it holds.
    case backendFrozen(Int, for: Int)
    case serverRestarted
    /// The primary dies, or hangs while the standby takes over and dies then.
    case standbyPromoted(hanging: Bool)
    /// Half-open: its connections never pass anything again.
    case connectionsForgotten(Int)
    case networkSilent(Int, for: Int)
    case networkSlow(Int, microseconds: UInt32, for: Int)
    case diskFull(for: Int)
    /// A table is locked until statements have timed out.
    case statementsTimeOut(table: String, failures: Int)

    /// All kinds, the dear ones once.
    static let kinds = [
        "daemon killed", "daemon replaced", "daemon frozen", "clock moved", "backends terminated",
        "statements cancelled",
        "backend killed", "backend frozen", "server restarted", "standby promoted", "connections half-open",
        "network silent", "network slow", "disk full", "statements time out",
    ]

    static func random(_ kind: String, isLong: Bool, using generator: inout SeededGenerator) -> Fault {
        let daemon = Int.random(in: 0..<Scene.daemons, using: &generator)
        let acts = Int.random(in: 20...250, using: &generator)
        let number = Int.random(in: 0..<1000, using: &generator)
        return switch kind {
        case "daemon killed": .daemonKilled(daemon, backAfter: number % 3 * 20)
        case "daemon replaced": .daemonReplaced(daemon)
        case "daemon frozen": .daemonFrozen(daemon, for: acts * 2, aMinute: isLong && number % 10 == 0)
        case "clock moved": .clockMoved(daemon, hours: number % 3 - 1)
        case "backends terminated": .backendsTerminated(1 + number % 8)
        case "statements cancelled": .statementsCancelled
        case "backend killed": .backendKilled(number)
        case "backend frozen": .backendFrozen(number, for: acts)
        case "server restarted": .serverRestarted
        case "standby promoted": .standbyPromoted(hanging: number % 2 == 0)
        case "connections half-open": .connectionsForgotten(daemon)
        case "network silent": .networkSilent(daemon, for: acts)
        case "network slow": .networkSlow(daemon, microseconds: UInt32(500 + number * 5), for: acts)
        case "disk full": .diskFull(for: 5 + number % 20)
        default:
            .statementsTimeOut(
                table: ["ticket", "message", "person", "journal"][number % 4], failures: 1 + number % 3)
        }
    }

    var kind: String {
        switch self {
        case .daemonKilled: "daemon killed"
        case .daemonReplaced: "daemon replaced"
        case .daemonFrozen: "daemon frozen"
        case .clockMoved: "clock moved"
        case .backendsTerminated: "backends terminated"
        case .statementsCancelled: "statements cancelled"
        case .backendKilled: "backend killed"
        case .backendFrozen: "backend frozen"
        case .serverRestarted: "server restarted"
        case .standbyPromoted: "standby promoted"
        case .connectionsForgotten: "connections half-open"
        case .networkSilent: "network silent"
        case .networkSlow: "network slow"
        case .diskFull: "disk full"
        case .statementsTimeOut: "statements time out"
        }
    }

    var description: String {
        switch self {
        case .daemonKilled(let daemon, let acts): "daemon \(daemon) killed, back after \(acts) acts"
        case .daemonReplaced(let daemon): "daemon \(daemon) replaced"
        case .daemonFrozen(let daemon, let acts, let aMinute):
            "daemon \(daemon) frozen for \(aMinute ? "a minute" : "\(acts) acts")"
        case .clockMoved(let daemon, let hours): "clock of daemon \(daemon) off by \(hours) h"
        case .backendsTerminated(let count): "\(count) backends terminated"
        case .statementsCancelled: "statements cancelled"
        case .backendKilled(let number): "backend \(number) killed"
        case .backendFrozen(let number, let acts): "backend \(number) frozen for \(acts) acts"
        case .serverRestarted: "server restarted"
        case .standbyPromoted(let hanging): "standby promoted, the primary \(hanging ? "hanging" : "dead")"
        case .connectionsForgotten(let daemon): "connections of daemon \(daemon) half-open"
        case .networkSilent(let daemon, let acts): "network of daemon \(daemon) silent for \(acts) acts"
        case .networkSlow(let daemon, let delay, let acts):
            "network of daemon \(daemon) \(delay) µs slow for \(acts) acts"
        case .diskFull(let errors): "disk full for \(errors) errors"
        case .statementsTimeOut(let table, let failures): "\(table) locked until \(failures) duties failed"
        }
    }
}
