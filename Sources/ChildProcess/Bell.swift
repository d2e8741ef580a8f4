import CSpawn
import Glibc

/// Wakes a thread that waits in poll(2), once and for all.
final class Bell: Sendable {
    /// Readable as soon as it was rung.
    let descriptor: Int32

    init() throws(SystemFault) {
        descriptor = child_bell()
        guard descriptor >= 0 else { throw .last }
    }

    func ring() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    deinit { close(descriptor) }
}
