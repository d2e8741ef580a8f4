/// The word that was probably meant.
enum Suggestion {
    /// The nearest candidate, if it is near enough to be a slip of the keyboard.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let written = Array(word.lowercased())
        var best: (candidate: String, distance: Int)?
        for candidate in candidates where !word.isEmpty {
            let distance = distance(written, Array(candidate.lowercased()))
            let bound = max(1, min(3, max(written.count, candidate.count) / 3))
            if distance <= bound, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        if let best { return best.candidate }
        let longer = candidates.filter { written.count >= 3 && $0.lowercased().hasPrefix(word.lowercased()) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// `; did you mean x?`, or nothing.
    static func clause(_ word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { "; did you mean \($0)?" } ?? ""
    }

    /// The fewest insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast = [Int]()
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
