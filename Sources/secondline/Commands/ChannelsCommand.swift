import Postgres
import Store

extension Command {
    static let channels = Command(
        name: "channels", summary: "The channels that messages leave by, and how they do",
        discussion: """
            What waits now or is due later, what was set aside, and what was sent and failed within the last hour, by \
            all daemons together; the rate is \
            that of the configuration read here. A failing channel is tried with one message at a time until it works. \
            Of popups, waiting are those that nobody has acknowledged. Works on a standby as well.
            """,
        run: { call in try await ChannelsCommand(call: call).run() })
}

struct ChannelsCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let configured = try call.configuration().channels
        let session = try await CommandSession(call, writes: false).open()
        let channels = try await session.query(ChannelStatus())
        await session.close()
        call.output.write(ChannelTable(channels: channels, configured: configured).text(for: call.output))
        return .ok
    }
}
