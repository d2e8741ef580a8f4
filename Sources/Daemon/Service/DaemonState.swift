/// How a daemon is, as whoever supervises it wants to know.
package struct DaemonState: Sendable, Equatable {
    /// Every duty has been connected.
    package var isReady = false
    /// Why there is no database now.
    package var outage: String?

    package init() {}

    /// For `systemctl status`.
    package var words: String {
        switch (isReady, outage) {
        case (true, nil): "working"
        case (true, let error?): "the database is lost, it tries again: \(error)"
        case (false, nil): "starting"
        case (false, let error?): "waiting for the database: \(error)"
        }
    }
}
