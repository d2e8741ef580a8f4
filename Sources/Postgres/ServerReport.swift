import CPostgreSQL

extension DatabaseError {
    /// From the fields of an error or notice; the texts are copied at once.
    init(report result: OpaquePointer?) {
        func field(_ code: Int) -> String? {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
        }
        let state = field(Int(SHIM_DIAG_SQLSTATE.rawValue)).map { SQLState($0) }
        let fallback = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        self.init(
            .server, field(Int(SHIM_DIAG_MESSAGE.rawValue)) ?? (fallback.isEmpty ? "no message" : fallback),
            sqlState: state)
        detail = field(Int(SHIM_DIAG_DETAIL.rawValue))
        hint = field(Int(SHIM_DIAG_HINT.rawValue))
        context = field(Int(SHIM_DIAG_CONTEXT.rawValue))
        table = field(Int(SHIM_DIAG_TABLE.rawValue))
        column = field(Int(SHIM_DIAG_COLUMN.rawValue))
        constraint = field(Int(SHIM_DIAG_CONSTRAINT.rawValue))
        // The server's function tells "cached plan must not change result type" from other 0A000, in every language.
        staleStatement =
            state == .noSuchPreparedStatement
            || state == .featureNotSupported
                && field(Int(SHIM_DIAG_FUNCTION.rawValue)) == "RevalidateCachedQuery"
    }
}

/// Drops what libpq would print on standard error into the connection's `Notices`.
func receiveNotice(_ argument: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
    guard let argument else { return }
    let severity = PQresultErrorField(result, Int32(SHIM_DIAG_SEVERITY.rawValue)).map { String(cString: $0) }
    Unmanaged<Notices>.fromOpaque(argument).takeUnretainedValue()
        .add(DatabaseError(report: result), isFatal: severity == "FATAL" || severity == "PANIC")
}
