/// Which key of which section an environment variable sets.
struct ConfigurationVariable {
    static let prefix = "SECONDLINE_"
    static let channelPrefix = "SECONDLINE_CHANNEL_"

    let section: ConfigurationSection
    let key: ConfigurationKey

    /// Nothing when there is no such key. The channel is the one that there is, else one named in small letters.
    init?(_ name: String, among channels: [Configuration.Channel]) {
        for written in ConfigurationKey.sections {
            guard let section = ConfigurationSection(written), case .once = section else { continue }
            if let key = section.keys.first(where: { section.variable(of: $0) == name }) {
                (self.section, self.key) = (section, key)
                return
            }
        }
        guard name.hasPrefix(Self.channelPrefix) else { return nil }
        let rest = name.dropFirst(Self.channelPrefix.count)
        // The longest first: a key may end like another one.
        for key in Self.channelKeys.sorted(by: { $0.name.utf8.count > $1.name.utf8.count }) {
            let suffix = "_" + key.name.uppercased()
            guard rest.hasSuffix(suffix), rest.count > suffix.count else { continue }
            let written = rest.dropLast(suffix.count)
            let new = Configuration.Channel(name: written.lowercased())
            // `mail` and `TEAM-CHAT` are not the way to write MAIL and TEAM_CHAT
            guard new.variableName == written else { return nil }
            let channel = channels.first { $0.variableName == written } ?? new
            (section, self.key) = (.channel(channel.name), key)
            return
        }
        return nil
    }

    /// `; did you mean x?` for a variable that there is not, or nothing.
    static func clause(_ unknown: String) -> String {
        Suggestion.clause(unknown, among: onceNames + channelNames(like: unknown))
    }

    private static var channelKeys: [ConfigurationKey] { ConfigurationSection.channel("").keys }

    private static var onceNames: [String] {
        ConfigurationKey.sections.compactMap { ConfigurationSection($0) }.flatMap { section in
            if case .once = section { section.keys.map { section.variable(of: $0) } } else { [String]() }
        }
    }

    /// Its name may end at any underscore.
    private static func channelNames(like unknown: String) -> [String] {
        guard unknown.uppercased().hasPrefix(channelPrefix) else { return [] }
        let rest = unknown.dropFirst(channelPrefix.count)
        return rest.indices.filter { rest[$0] == "_" && $0 > rest.startIndex }.flatMap { end in
            let section = ConfigurationSection.channel(rest[..<end].lowercased())
            return section.keys.map { section.variable(of: $0) }
        }
    }
}
