import Synchronization

/// How long the rounds of the delivery took, read from the log's `delivery.round` lines that claimed or reported something.
final class RoundTimes: Sendable {
    private let rounds = Mutex(Rounds())

    /// A log's sink.
    var sink: @Sendable ([UInt8]) -> Void {
        { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            for line in text.split(separator: "\n") where line.contains(" delivery.round ") {
                guard let field = line.split(separator: " ").first(where: { $0.hasPrefix("took_us=") }),
                    let microseconds = Double(field.dropFirst("took_us=".count)),
                    !line.contains("reported=0 claimed=0")
                else { continue }
                self.rounds.withLock { $0.add(microseconds / 1000) }
            }
        }
    }

    /// Milliseconds since the last call.
    func collect() -> Rounds {
        rounds.withLock { rounds in
            defer { rounds = Rounds() }
            return rounds
        }
    }

    func forget() { _ = collect() }
}
