import Daemon
import Glibc
import Postgres
import Store

extension Command {
    static let status = Command(
        name: "status", summary: "Queues, people and messages now",
        discussion: """
            Queues with what waits and why, and what is with others; people with what they have in hand; what was \
            assigned in the last ten minutes; and the messages: channels in trouble and what was set aside. Works on a \
            standby as well.
            """,
        options: [
            Option(long: "watch", short: "w", summary: "Show it again every 2 seconds, until Ctrl-C"),
            Option(long: "every", value: "DURATION", summary: "Show it again this often, such as 500ms or 10s"),
        ],
        run: { call in try await StatusCommand(call: call).run() })
}

struct StatusCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let every = try call.duration("every", in: .milliseconds(100) ... .seconds(3600))
        let way = try CommandSession(call, writes: false)
        let session = try await way.open()
        guard call.has("watch") || every != nil else {
            let picture = try await StatusPicture.take(from: session)
            call.output.write(picture.text(for: call.output, height: nil))
            await session.close()
            return .ok
        }
        try await watch(session, every: every ?? .seconds(2))
        await session.close()
        return .ok
    }

    private func watch(_ session: Session, every interval: Duration) async throws {
        let signals = await Signals([SIGINT, SIGTERM])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in signals.stream { return } }
            group.addTask { try await refresh(session, every: interval) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func refresh(_ session: Session, every interval: Duration) async throws {
        while !Task.isCancelled {
            let text = try await picture(from: session, every: interval)
            call.output.clear()
            call.output.write(text)
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    /// A server that is away for a while does not end the watch.
    private func picture(from session: Session, every interval: Duration) async throws(DatabaseError) -> String {
        do throws(DatabaseError) {
            if await !session.isOpen { try await session.open() }
            let picture = try await StatusPicture.take(from: session)
            return picture.text(for: call.output, height: call.output.height)
        } catch {
            guard error.recovery == .reconnect || error.recovery == .retry else { throw error }
            let again = "Trying again in \(interval.configurationText). Ctrl-C ends."
            return "\(Explanation.of(error).message.visible())\n\(again)\n"
        }
    }
}
