package import Policy
package import Store

/// What the configuration says about delivering messages.
package struct DeliverySettings: Sendable {
    package var channels: [ChannelSettings]
    /// How long a message stays with a daemon that does not report.
    package var lease: Duration
    /// How long delivered and dropped messages are kept.
    package var retention: Duration

    package init(
        channels: [ChannelSettings] = [], lease: Duration = .seconds(30), retention: Duration = .seconds(30 * 86_400)
    ) {
        self.channels = channels
        self.lease = lease
        self.retention = retention
    }
}

/// One channel, as the configuration defines it.
package struct ChannelSettings: Sendable {
    package let name: String
    package let channel: any Channel
    /// Deliveries at once.
    package let concurrency: Int
    /// The most deliveries of all daemons together; nil is no limit.
    package let rate: Rate?
    /// The pauses of a message between its attempts.
    package let backoff: Backoff

    package init(
        name: String, channel: any Channel, concurrency: Int = 4, rate: Rate? = nil,
        backoff: Backoff = Backoff(base: .seconds(5), cap: .seconds(900))
    ) {
        self.name = name
        self.channel = channel
        self.concurrency = concurrency
        self.rate = rate
        self.backoff = backoff
    }
}
