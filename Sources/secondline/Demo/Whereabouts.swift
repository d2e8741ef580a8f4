extension Demo {
    /// Where someone is, for the daemon: it gives tickets only to those at their desk.
    enum Whereabouts: Sendable { case home, desk, onBreak }

    /// How someone means to spend one day, in minutes from the morning.
    struct Day: Sendable, Equatable {
        let number: Int
        var arrives: Double
        let lunch: Range<Double>
        let leaves: Double
        /// Away in between.
        let errand: Range<Double>?
        /// In a training, with the workday open.
        let training: Range<Double>?
        /// Tries to leave without the report.
        let isForgetful: Bool

        /// - Parameter place: people come in one after another; this is whose turn it is.
        init(number: Int, place: Int, using generator: inout Generator) {
            self.number = number
            arrives = 8 + Double(place) * 7 + .random(in: 0..<12, using: &generator)
            let noon = Double.random(in: 180..<290, using: &generator)
            lunch = noon..<noon + .random(in: 30..<50, using: &generator)
            leaves = .random(in: 530..<575, using: &generator)
            let afternoon = Double.random(in: 330..<430, using: &generator)
            let isErrand = generator.happens(0.12)
            errand = isErrand ? afternoon..<afternoon + 60 : nil
            training = !isErrand && generator.happens(0.2) ? afternoon..<afternoon + 60 : nil
            isForgetful = (number + place) % 4 == 3
        }

        func place(at minute: Double) -> Whereabouts {
            if minute < arrives || minute >= leaves { return .home }
            return lunch.contains(minute) || errand?.contains(minute) == true ? .onBreak : .desk
        }
    }
}
