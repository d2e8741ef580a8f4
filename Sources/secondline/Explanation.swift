import Daemon
import Postgres
import Store

/// What an error of another layer means for the person who started the program.
enum Explanation {
    static func of(_ error: any Error) -> CommandFailure? {
        switch error {
        case let error as DatabaseError: of(error)
        case let error as SchemaMismatch: of(error.version)
        case DaemonFault.schema(let version): of(version)
        case DaemonFault.database(let error): of(error)
        case let error as SystemError: CommandFailure(.ioError, "\(error)")
        default: nil
        }
    }

    static func of(_ version: SchemaVersion) -> CommandFailure? {
        version.fault.map { CommandFailure(.configuration, $0.message, advice: $0.advice) }
    }

    static func of(_ error: DatabaseError) -> CommandFailure {
        CommandFailure(status(of: error), "\(error)")
    }

    private static func status(of error: DatabaseError) -> ExitStatus {
        switch error.kind {
        case .connection, .deadline: .unavailable
        case .usage: .configuration
        case .decoding: .configuration
        case .server:
            switch error.sqlState?.code.prefix(2) {
            case "28", "42":
                error.sqlState?.code == "42501" || error.sqlState?.code.hasPrefix("28") == true
                    ? .noPermission : .configuration
            case "3D": .configuration
            case "08", "53", "57", "25": .unavailable
            case "40", "55": .temporaryFailure
            case "22", "23", "SL", "P0": .dataError
            default: .software
            }
        }
    }
}
