import Synchronization

/// Whether the department goes on as usual, finishes what it has, or is done.
final class Phase: Sendable {
    private let state = Mutex((isOpen: true, isOver: false))

    /// New tickets come in, people come and go.
    var isOpen: Bool { state.withLock { $0.isOpen } }
    var isOver: Bool { state.withLock { $0.isOver } }
    func finish() { state.withLock { $0.isOpen = false } }
    func end() { state.withLock { $0 = (false, true) } }
}
