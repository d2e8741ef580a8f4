extension Demo {
    /// SplitMix64: the same seed and stream give the same numbers everywhere.
    struct Generator: RandomNumberGenerator, Sendable {
        private var state: UInt64

        /// - Parameter stream: tells apart the generators of one run, so that none disturbs another.
        init(seed: UInt64, stream: UInt64) {
            state = seed &+ stream &* 0xD1B5_4A32_D192_ED03
        }

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}

extension RandomNumberGenerator {
    mutating func happens(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    /// One of the values, each as often as its weight says.
    mutating func pick<Value>(_ weighted: KeyValuePairs<Value, Int>) -> Value {
        var left = Int.random(in: 0..<weighted.reduce(0) { $0 + $1.value }, using: &self)
        for (value, weight) in weighted {
            if left < weight { return value }
            left -= weight
        }
        return weighted[weighted.endIndex - 1].key
    }

    /// One of the texts, all as often; there is at least one.
    mutating func one(of texts: [String]) -> String { texts[Int.random(in: 0..<texts.count, using: &self)] }
}
