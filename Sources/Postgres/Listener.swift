import CPostgreSQL
import Glibc

/// A connection that only listens.
package actor Listener {
    private let options: SessionOptions
    private let channels: [String]
    private let pingEvery: Duration
    private let executor: QueueExecutor

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package init(options: SessionOptions, channels: [String], pingEvery: Duration = .seconds(30)) {
        self.options = options
        self.channels = channels
        self.pingEvery = pingEvery
        executor = QueueExecutor(label: "postgres.listener")
    }

    /// One connection's life. Calls `onReady` once it listens: read the table then, for what came before. Every `pingEvery` a
    /// notification to itself must come back within the call timeout. Returns when the task is cancelled; throws `.connection`
    /// or `.deadline` when the connection is lost. To connect again, with back-off, is the caller's part.
    package func listen(
        _ onReady: @Sendable () -> Void, onNotification: @Sendable (Notification) -> Void
    ) async throws(DatabaseError) {
        let interrupt = try Interrupt()
        let result: Result<Void, DatabaseError> = await withTaskCancellationHandler {
            do throws(DatabaseError) {
                try await live(interrupt, onReady, onNotification)
                return .success(())
            } catch {
                return .failure(error)
            }
        } onCancel: {
            interrupt.trigger()
        }
        if case .failure(let error) = result, !Task.isCancelled { throw error }
    }

    private func live(
        _ interrupt: Interrupt, _ onReady: @Sendable () -> Void, _ onNotification: @Sendable (Notification) -> Void
    ) async throws(DatabaseError) {
        let connection = try Connection.connect(options, interrupt: interrupt)
        let pingChannel = "ping_\(connection.info.backendPID)"
        var call = Call(deadline: .now + options.callTimeout, statement: "listen")
        let listens = (channels + [pingChannel]).map { "listen \(quoteIdentifier($0));" }
        _ = try connection.simple(listens.joined(separator: "\n"), &call)
        onReady()

        var pong: ContinuousClock.Instant?
        var nextPing = ContinuousClock.now + pingEvery
        while true {
            for notification in connection.takeNotifications() {
                if notification.channel == pingChannel { pong = nil } else { onNotification(notification) }
            }
            switch connection.wait(for: POLLIN, until: pong ?? nextPing) {
            case .interrupted: return
            case .ready: try connection.takeInput(Call(deadline: .now, statement: "listen"))
            case .deadline where pong != nil:
                connection.abandon()
                throw DatabaseError(
                    .deadline, "a notification to this session did not come back; a transaction pooler cannot listen")
            case .deadline:
                nextPing = .now + pingEvery
                pong = .now + options.callTimeout
                call = Call(deadline: .now + options.callTimeout, statement: "ping")
                _ = try connection.simple("notify \(quoteIdentifier(pingChannel))", &call)
                try connection.checkWritable()
            }
        }
    }
}
