import Synchronization

/// How far an import has come; read by the handler of Ctrl-C while the import works.
final class ImportTally: Sendable {
    struct Count: Sendable {
        var imported = 0
        var alreadyThere = 0
        var rejected = 0
        /// All records up to this line are dealt with for good.
        var safeLine: Int?

        var text: String {
            "\(Figures.grouped(imported)) imported, \(Figures.grouped(alreadyThere)) already there, "
                + "\(Figures.grouped(rejected)) rejected"
        }
    }

    private struct State {
        var count = Count()
        var isReading = false
        var isStopped = false
    }

    private let state = Mutex(State())

    var count: Count { state.withLock { $0.count } }
    var isStopped: Bool { state.withLock { $0.isStopped } }

    func add(imported: Int, alreadyThere: Int, rejected: Int, upTo line: Int) {
        state.withLock {
            $0.count.imported += imported
            $0.count.alreadyThere += alreadyThere
            $0.count.rejected += rejected
            $0.count.safeLine = line
        }
    }

    /// Asks the import to end after the batch in hand. True when it waits for its input instead, and nothing is in hand.
    func stop() -> Bool {
        state.withLock {
            $0.isStopped = true
            return $0.isReading
        }
    }

    /// Around a read, which may wait for ever where the input is a pipe.
    func isReading(_ isReading: Bool) { state.withLock { $0.isReading = isReading } }
}
