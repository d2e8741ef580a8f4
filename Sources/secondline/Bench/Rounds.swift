/// Figures of several rounds: the median, and how far they spread.
struct Rounds {
    private(set) var figures: [Double] = []

    mutating func add(_ figure: Double) { figures.append(figure) }

    var median: Double { quantile(0.5) }

    func quantile(_ share: Double) -> Double {
        let sorted = figures.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    /// The median, and in brackets the least and the most.
    func text(_ unit: String = "", digits: Int = 0) -> String {
        let shown = { (figure: Double) in Self.number(figure, digits: digits) }
        return "\(shown(median))\(unit) (\(shown(quantile(0)))–\(shown(quantile(1))))"
    }

    static func number(_ figure: Double, digits: Int) -> String {
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let scaled = Int((figure * Double(scale)).rounded())
        guard digits > 0 else { return Figures.grouped(scaled) }
        let fraction = String(scaled.magnitude % scale.magnitude)
        return "\(Figures.grouped(scaled / scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
