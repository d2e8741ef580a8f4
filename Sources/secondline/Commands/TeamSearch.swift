import Store

/// A team as somebody names it on the command line: by its name, or a part of it that no other has.
struct TeamSearch {
    let word: String

    private static let shown = 20

    init(_ word: String) throws(CommandFailure) {
        guard word.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw CommandFailure(.usage, "--team names none", advice: "Give the name of a team, or a part of it.")
        }
        self.word = word
    }

    /// Of the teams that the login may see.
    func team(among teams: [VisibleTeams.Row]) throws(CommandFailure) -> VisibleTeams.Row {
        let (wanted, names) = (word.lowercased(), teams.map(\.name))
        if let exact = teams.first(where: { $0.name == word }) { return exact }
        for fits in [
            { (name: String) in name == wanted }, { " \($0)".contains(" \(wanted)") }, { $0.contains(wanted) },
        ] {
            let found = teams.filter { fits($0.name.lowercased()) }
            if found.count == 1 { return found[0] }
            guard found.isEmpty else {
                throw CommandFailure(
                    .dataError, "\"\(word)\" may be \(Self.list(found.map(\.name)))",
                    advice: "Give the whole name.")
            }
        }
        throw CommandFailure(
            .dataError,
            "--team: there is no team \"\(word)\" that you may see\(Suggestion.clause(word, among: names))",
            advice: "There are \(Self.list(names)).")
    }

    private static func list(_ names: [String]) -> String {
        let list = names.prefix(shown).joined(separator: ", ")
        return names.count > shown ? list + " and \(Figures.grouped(names.count - shown)) more" : list
    }
}
