/// What to do after an error.
package enum Recovery: Sendable {
    /// The same work may succeed at once on the same session.
    case retry
    /// Open the session again, with back-off, then do the work anew.
    case reconnect
    /// The data is at fault: put the row aside and go on.
    case setAside
    /// Not understood, or a fault of the program or its configuration: end with a clear line.
    case stop
}

extension DatabaseError {
    /// Decided by SQLSTATE and kind, never by the text of a message.
    package var recovery: Recovery {
        if kind == .connection { return recoveryOfConnection }
        guard let sqlState else { return kind == .deadline ? .reconnect : .stop }
        if staleStatement { return .retry }
        switch sqlState {
        case .lockNotAvailable, .queryCanceled: return .retry
        case .readOnlyTransaction, "25P03", "57P01", "57P02", "57P03", "57P04", "57P05": return .reconnect
        case .raiseException: return .setAside
        default: break
        }
        switch sqlState.errorClass {
        case "40": return .retry
        case "08", "53": return .reconnect
        case "22", "23", "SL": return .setAside
        default: return .stop
        }
    }

    /// A lost or refused connection is worth another try unless the server refused who we are or what we asked for.
    private var recoveryOfConnection: Recovery {
        switch sqlState?.errorClass {
        case "22", "28", "3D", "42": .stop
        default: .reconnect
        }
    }
}
