import Daemon
import Postgres
import Store

/// What an error of another layer means for the person who started the program.
enum Explanation {
    static func of(_ error: any Error) -> CommandFailure? {
        switch error {
        case let error as DatabaseError: of(error)
        case let error as SchemaMismatch: of(error.version)
        // an upgrade is under way: whoever starts it again may start the new program
        case DaemonFault.schema(.newer(let found, let known)):
            of(.newer(found: found, known: known)).map {
                CommandFailure(.temporaryFailure, $0.message, advice: $0.advice)
            }
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
        // Without a SQLSTATE nobody answered, or not in time.
        case .connection, .deadline: error.sqlState.map { refusal($0) } ?? .unavailable
        case .usage: error.sqlState.map { status(of: $0) } ?? .configuration
        case .decoding: .configuration
        case .server: error.sqlState.map { status(of: $0) } ?? .software
        }
    }

    /// Of a server that ends or refuses a connection: who we are and what we asked for is ours to correct, all else is its state.
    private static func refusal(_ state: SQLState) -> ExitStatus {
        switch state.errorClass {
        case "22", "28", "3D", "42": status(of: state) == .dataError ? .configuration : status(of: state)
        case _: .unavailable
        }
    }

    private static func status(of state: SQLState) -> ExitStatus {
        if state == .insufficientPrivilege { return .noPermission }
        return switch state.errorClass {
        case "28": .noPermission
        // no such database, schema, role, table, prepared statement: not the database or server that was meant
        case "3D", "3F", "0P", "26", "42": .configuration
        case "08", "25", "53", "57": .unavailable
        case "40", "55": .temporaryFailure
        case "22", "23", "SL", "P0": .dataError
        case "58": .ioError
        case _: .software
        }
    }
}
