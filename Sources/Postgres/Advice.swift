extension DatabaseError {
    /// What an operator can do about a frequent fault; nil when the message says all there is to say.
    var advice: String? {
        switch sqlState {
        case .invalidPassword?:
            return "check user and password (conninfo, PGPASSWORD, or ~/.pgpass with mode 0600)"
        case .invalidAuthorization?:
            return "check that the role exists, may log in, and is admitted by pg_hba.conf"
        case .undefinedDatabase?:
            return "create the database or correct dbname in the conninfo"
        case .tooManyConnections?:
            return "close other sessions or raise max_connections"
        case .cannotConnectNow?:
            return "the server is starting, stopping or recovering: try again shortly"
        case .readOnlyTransaction?:
            return "this server is read-only (a standby?): connect to the primary"
        case .diskFull?:
            return "free space on the database server"
        case .undefinedTable?, .undefinedColumn?, .undefinedFunction?:
            return "the schema is not the one this program expects: migrate it, or check dbname"
        case .insufficientPrivilege?:
            return "grant the right, or connect as another role"
        case .noSuchPreparedStatement?, .duplicatePreparedStatement?:
            return "where a transaction pooler stands between, set pooler = transaction in [database]"
        case .protocolViolation? where kind == .connection:
            return "a pooler says so: its log and its settings tell more"
        case nil where kind == .connection:
            return "check that PostgreSQL runs there, and host, port and network"
        case nil where kind == .deadline && hint == nil:
            return "the server or the network does not answer: check both, then connect again"
        default:
            return nil
        }
    }
}
