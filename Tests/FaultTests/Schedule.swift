import TestSupport

/// What happens in one run, by the seed alone: which faults in which order, and how many acts of the people lie between them.
struct Schedule: Sendable {
    struct Step: Sendable {
        let pause: Int
        let fault: Fault
    }

    let seed: UInt64
    let steps: [Step]

    /// Each kind once in so many faults, in an order of its own each time.
    init(seed: UInt64, faults: Int, without missing: Set<String>) {
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        var bag: [String] = []
        var steps: [Step] = []
        while steps.count < faults {
            if bag.isEmpty { bag = Fault.kinds.shuffled(using: &generator) }
            let kind = bag.removeLast()
            let fault = Fault.random(kind, isLong: faults >= FaultTests.faultsInRound, using: &generator)
            let pause = Int.random(in: 0...60, using: &generator)
            // drawn all the same: without a kind the others stay as they are
            if !missing.contains(kind) { steps.append(Step(pause: pause, fault: fault)) }
        }
        self.steps = steps
    }
}
