/// How a program ended, and what it said.
package struct ChildEnd: Sendable, Equatable {
    package enum Way: Sendable, Equatable {
        /// By itself, with this status, 0 to 255.
        case exited(Int32)
        /// Killed by this signal, and not by us.
        case signalled(Int32)
        /// Its time was over: it was killed, with all that was left of its process group.
        case outOfTime
        /// The task that waited for it was cancelled: it was killed likewise.
        case cancelled
        /// It never ran: an errno.
        case notStarted(Int32)
        /// It ran and ended, but its status cannot be had: an errno.
        case lost(Int32)
    }

    package let way: Way
    /// The first bytes of standard output and standard error together, in the order in which they were written.
    package let output: [UInt8]

    package init(_ way: Way, output: [UInt8] = []) {
        self.way = way
        self.output = output
    }
}
