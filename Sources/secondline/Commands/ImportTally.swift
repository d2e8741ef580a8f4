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

    func add(imported: Int, alreadyThere: Int, rejected: Int, upTo line: Int) {
        state.withLock {
            $0.count.imported += imported
            $0.count.alreadyThere += alreadyThere
            $0.count.rejected += rejected
            $0.count.safeLine = line
        }
    }

    /// Asks the import to end after the batch in hand. True when it reads its input instead, which may take for ever: nothing is in
    /// hand then, and whoever asked ends the program.
    func stop() -> Bool {
        state.withLock {
            $0.isStopped = true
            return $0.isReading
        }
    }

    /// Before a batch is read. False when the import was asked to end.
    func beginReading() -> Bool {
        state.withLock {
            $0.isReading = !$0.isStopped
            return $0.isReading
        }
    }

    /// After a batch was read. False when `stop` was called meanwhile: the batch must not be touched, the program is ending.
    func endReading() -> Bool {
        state.withLock {
            $0.isReading = false
            return !$0.isStopped
        }
    }
}
