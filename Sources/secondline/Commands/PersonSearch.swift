import Policy
import Postgres
import Store

/// A person as somebody names them on the command line: by number, or by a part of the name that no other has, where the
/// beginning of a word counts more than its middle.
struct PersonSearch {
    let word: String
    private let id: PersonID?

    private static let shown = 10

    /// `option` is how the word came.
    init(_ word: String, option: String) throws(CommandFailure) {
        guard word.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw CommandFailure(
                .usage, "\(option) names nobody", advice: "Give the number of a person, or a part of the name.")
        }
        self.word = word
        // a number is never a part of a name: a slip would reach somebody else
        id = Int64(word).map { PersonID($0) }
    }

    func person(in session: Session) async throws -> FindPeople.Row {
        let found = try await session.query(FindPeople(id: id, name: word, limit: Self.shown))
        guard let best = found.first else {
            throw CommandFailure(
                .dataError, id == nil ? "nobody's name has \"\(word)\" in it" : "there is no person \(word)",
                advice: "The view secondline.specialist_now and the table secondline.person show the people.")
        }
        if best.equals == 1 { return best }
        let equals = found.filter { $0.hasLeft == best.hasLeft && $0.distance == best.distance }
        var list = equals.map { "\($0.name) (\($0.id.raw))" }.joined(separator: ", ")
        if best.equals > equals.count { list += " and \(Figures.grouped(best.equals - equals.count)) more" }
        throw CommandFailure(
            .dataError, "\"\(word)\" may be \(list)", advice: "Give the number, or more of the name.")
    }
}
