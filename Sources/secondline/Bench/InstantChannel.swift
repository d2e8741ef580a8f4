import Daemon
import Store
import Synchronization

/// Takes every message at once, and counts them.
final class InstantChannel: Channel {
    private let taken = Atomic<Int>(0)

    var count: Int { taken.load(ordering: .relaxed) }

    func deliver(_ message: OutgoingMessage) async -> Delivery {
        taken.add(1, ordering: .relaxed)
        return Delivery(.sent)
    }
}
