package import Store

/// What carries messages out of the house.
package protocol Channel: Sendable {
    /// Delivers one message, or says why not. Returns within the channel's time limit and a short grace.
    func deliver(_ message: OutgoingMessage) async -> Delivery
}

/// What became of one attempt to deliver.
package struct Delivery: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        /// The channel has it.
        case sent
        /// This message will never do: the channel is well.
        case refused
        /// The channel could not: the message is tried again.
        case failed
        /// Nobody knows whether the channel has it: the time was over, or the program crashed. It is tried again.
        case unknown
    }

    package let outcome: Outcome
    /// What the channel said: printable, at most 2,000 characters.
    package let said: String
    /// The program died of this message: by a signal that was not ours.
    package let crashed: Bool

    package init(_ outcome: Outcome, said: String = "", crashed: Bool = false) {
        self.outcome = outcome
        self.said = said
        self.crashed = crashed
    }
}
