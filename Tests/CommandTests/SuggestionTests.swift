import Testing

@testable import secondline

@Suite("Suggestions")
struct SuggestionTests {
    @Test(
        "the distance counts insertions, deletions, substitutions and swaps of neighbours",
        arguments: [
            ("", "", 0), ("a", "", 1), ("watch", "watch", 0), ("wach", "watch", 1), ("wathc", "watch", 1),
            ("abc", "xyz", 3), ("ca", "ac", 1),
        ])
    func distance(_ a: String, _ b: String, _ expected: Int) {
        #expect(Suggestion.distance(Array(a), Array(b)) == expected)
    }

    @Test(
        "a slip is understood, another word is not",
        arguments: [
            ("wathc", "watch"), ("WATCH", "watch"), ("conf", "config"), ("comit", nil), ("", nil), ("x", nil),
            ("conninf", "conninfo"),
        ] as [(String, String?)])
    func nearest(_ word: String, _ expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["watch", "config", "conninfo"]) == expected)
    }
}
