internal import Glibc

/// What systemd asks of the process that it starts, by its environment.
package struct Supervision: Sendable, Equatable {
    /// Where it wants to be told; nil without systemd.
    package private(set) var notifySocket: String?
    /// How long it waits for a sign of life.
    package private(set) var watchdog: Duration?
    /// What deserves a line in the log; the work goes on.
    package private(set) var warnings: [String] = []

    package init(environment: [String: String], pid: Int32 = getpid()) {
        if let path = environment["NOTIFY_SOCKET"], !path.isEmpty {
            if DatagramSocket(path: path) != nil {
                notifySocket = path
            } else {
                warnings.append("NOTIFY_SOCKET=\(path) is no name of a Unix socket: systemd is told nothing")
            }
        }
        guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return }
        // meant for another process, which left us its environment
        if let meant = environment["WATCHDOG_PID"], !meant.isEmpty, meant != String(pid) { return }
        // as sd_watchdog_enabled has it: neither nought nor the largest number, which is "infinity", is a time to keep
        guard let microseconds = UInt64(text) else {
            warnings.append("WATCHDOG_USEC=\(text) is no number of microseconds: no watchdog is fed")
            return
        }
        guard microseconds > 0, microseconds < .max else {
            warnings.append("WATCHDOG_USEC=\(text) switches the watchdog off: none is fed")
            return
        }
        let watchdog = Duration.microseconds(microseconds)
        self.watchdog = watchdog
        if watchdog < .seconds(1) {
            warnings.append(
                "the watchdog of \(LogValue.short(watchdog)) is too short to be kept: set WatchdogSec to 30s or so")
        }
    }
}
