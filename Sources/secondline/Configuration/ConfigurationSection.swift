/// What stands in brackets: a section that there is once, or that of one channel.
enum ConfigurationSection: Hashable, CustomStringConvertible {
    case once(String)
    /// Whether the name will do is another question: see `fault`.
    case channel(String)

    /// How the keys of all channels name their section.
    static let anyChannel = "channel.NAME"
    private static let channelPrefix = "channel."

    init?(_ written: String) {
        if written.hasPrefix(Self.channelPrefix) {
            self = .channel(String(written.dropFirst(Self.channelPrefix.count)))
        } else if ConfigurationKey.sections.contains(written) {
            self = .once(written)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .once(let name): name
        case .channel(let name): Self.channelPrefix + name
        }
    }

    var keys: [ConfigurationKey] {
        let declared =
            switch self {
            case .once(let name): name
            case .channel: Self.anyChannel
            }
        return ConfigurationKey.all.filter { $0.section == declared }
    }

    func variable(of key: ConfigurationKey) -> String {
        switch self {
        case .once(let name): "SECONDLINE_\(name)_\(key.name)".uppercased()
        case .channel(let name):
            ConfigurationVariable.channelPrefix + Configuration.Channel(name: name).variableName + "_"
                + key.name.uppercased()
        }
    }

    /// What is wrong with the name of the channel.
    var fault: ConfigurationFault? {
        guard case .channel(let name) = self else { return nil }
        if name == "popup" { return ConfigurationFault(message: "popup is built in: every person has it") }
        if name == "none" {
            return ConfigurationFault(message: "none is no channel: the history means with it that there was none")
        }
        let isWell = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "_"), UInt8(ascii: "-"): true
            case _: false
            }
        }
        if isWell, name.first?.isLetter == true, name.utf8.count <= 63 { return nil }
        return ConfigurationFault(
            message: "\"\(name)\" is not a name for a channel: 1 to 63 of a-z, 0-9, _ and -, the first a letter")
    }

    /// `; did you mean x?` for a section that there is not, or nothing.
    static func clause(_ unknown: String) -> String {
        var candidates = ConfigurationKey.sections
        if let dot = unknown.firstIndex(of: ".") { candidates.append(channelPrefix + unknown[dot...].dropFirst()) }
        return Suggestion.clause(unknown, among: candidates)
    }
}
