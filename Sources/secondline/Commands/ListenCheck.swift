import Glibc
import Postgres

/// Whether a notification reaches a session that listens, which it does not behind a transaction pooler.
struct ListenCheck {
    let session: Session
    let options: SessionOptions
    var patience: Duration = .seconds(5)

    private enum Event: Sendable {
        case listening
        case heard
        case failed(DatabaseError)
        case silence
    }

    func finding() async -> Finding {
        let channel = "secondline_check_\(getpid())"
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let listener = Listener(options: options, channels: [channel])
        let listening = Task {
            do throws(DatabaseError) {
                try await listener.listen {
                    continuation.yield(.listening)
                } onNotification: { _ in
                    continuation.yield(.heard)
                }
            } catch {
                continuation.yield(.failed(error))
            }
        }
        let patience = patience
        let timer = Task {
            try await Task.sleep(for: patience)
            continuation.yield(.silence)
        }
        defer {
            listening.cancel()
            timer.cancel()
        }
        var isListening = false
        for await event in events {
            switch event {
            case .listening:
                isListening = true
                do throws(DatabaseError) {
                    try await session.script("notify \(quoteIdentifier(channel))")
                } catch {
                    return warning("\(error)")
                }
            case .heard: return .ok("LISTEN: notifications arrive")
            case .failed(let error): return isListening ? warning("\(error)") : noSession("\(error)")
            case .silence where !isListening: return noSession("none within \(patience.configurationText)")
            case .silence: return warning("a notification did not arrive within \(patience.configurationText)")
            }
        }
        return warning("the check was cancelled")
    }

    private func noSession(_ why: String) -> Finding {
        .warning(
            "LISTEN: no session to listen: \(why)",
            "The daemon listens on a session of its own: see that one more can be had.")
    }

    private func warning(_ what: String) -> Finding {
        .warning(
            "LISTEN: \(what)",
            "Where a transaction pooler stands between, set pooler = transaction in [database]; or connect straight to the server."
        )
    }
}
