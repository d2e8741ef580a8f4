/// Where the metrics go.
package struct MetricsSettings: Sendable {
    package var file: String
    package var interval: Duration
    /// Of the program.
    package var version: String

    package init(file: String, interval: Duration = .seconds(30), version: String = "") {
        self.file = file
        self.interval = interval
        self.version = version
    }
}
