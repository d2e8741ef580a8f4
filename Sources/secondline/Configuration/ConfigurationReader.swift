/// Puts a configuration together from a file and the environment, and collects what is wrong in them.
struct ConfigurationReader {
    private(set) var configuration = Configuration()
    private var mistakes: [ConfigurationMistake] = []
    /// Where a channel was first spoken of.
    private var openings: [String: ConfigurationMistake.Place] = [:]
    /// Where each key was set last.
    private var places: [ConfigurationSection: [String: ConfigurationMistake.Place]] = [:]
    /// The keys whose values could not be taken.
    private var faulty: [ConfigurationSection: Set<String>] = [:]

    mutating func take(_ text: ConfigurationText) {
        mistakes += text.mistakes.map { ConfigurationMistake(place: .line($0.line), message: $0.message) }
        for (name, line) in text.sections {
            if let section = ConfigurationSection(name) {
                open(section, at: .line(line))
            } else {
                tell(.line(line), "there is no section [\(name)]\(ConfigurationSection.clause(name))")
            }
        }
        for assignment in text.assignments {
            guard let section = ConfigurationSection(assignment.section) else { continue }
            take(assignment, in: section)
        }
    }

    /// Over what the file said.
    mutating func take(_ environment: [String: String]) {
        for (name, value) in environment.sorted(by: { $0.key < $1.key })
        where name.hasPrefix(ConfigurationVariable.prefix) {
            if name == "SECONDLINE_CONFIG" || name.hasPrefix("SECONDLINE_TEST_") { continue }
            guard let variable = ConfigurationVariable(name, among: configuration.channels) else {
                tell(.variable(name), "there is no such setting\(ConfigurationVariable.clause(name))")
                continue
            }
            open(variable.section, at: .variable(name))
            let value = ConfigurationValue(written: value, isInFile: false)
            if let fault = set(variable.key, of: variable.section, to: value, at: .variable(name)) {
                tell(.variable(name), fault.message)
            }
        }
    }

    /// What only all of it together shows; then every mistake, those of the file first.
    mutating func finish() -> [ConfigurationMistake] {
        for channel in configuration.channels { check(channel) }
        return mistakes.sorted { $0.place < $1.place }
    }

    private mutating func tell(_ place: ConfigurationMistake.Place, _ message: String) {
        mistakes.append(ConfigurationMistake(place: place, message: message))
    }

    private mutating func open(_ section: ConfigurationSection, at place: ConfigurationMistake.Place) {
        guard case .channel(let name) = section, openings[name] == nil else { return }
        openings[name] = place
        if let fault = section.fault { tell(place, fault.message) }
        let channel = Configuration.Channel(name: name)
        if let other = configuration.channels.first(where: { $0.variableName == channel.variableName }) {
            let variables = "\(ConfigurationVariable.channelPrefix)\(channel.variableName)_…"
            tell(
                place, "[\(section)] and [channel.\(other.name)] would both be set by \(variables): rename one of them")
        }
        configuration.channels.append(channel)
        configuration.channels.sort { $0.name < $1.name }
    }

    private mutating func take(_ assignment: ConfigurationText.Assignment, in section: ConfigurationSection) {
        let (name, place) = (assignment.key, ConfigurationMistake.Place.line(assignment.line))
        if case .line(let earlier) = places[section]?[name] {
            tell(place, "\(name) was set before, on line \(earlier)")
            return
        }
        let keys = section.keys
        guard let key = keys.first(where: { $0.name == name }) else {
            places[section, default: [:]][name] = place
            if let other = ConfigurationKey.all.first(where: { $0.name == name }) {
                tell(place, "\(name) belongs into [\(other.section)], not into [\(section)]")
            } else {
                let clause = Suggestion.clause(name, among: keys.map(\.name))
                tell(place, "there is no key \(name) in [\(section)]\(clause)")
            }
            return
        }
        let value = ConfigurationValue(written: assignment.value, isInFile: true)
        if let fault = set(key, of: section, to: value, at: place) { tell(place, "\(name): \(fault.message)") }
    }

    private mutating func set(
        _ key: ConfigurationKey, of section: ConfigurationSection, to value: ConfigurationValue,
        at place: ConfigurationMistake.Place
    ) -> ConfigurationFault? {
        places[section, default: [:]][key.name] = place
        let fault = key.set(value, &configuration, section)
        if fault != nil { faulty[section, default: []].insert(key.name) }
        return fault
    }

    private mutating func check(_ channel: Configuration.Channel) {
        let section = ConfigurationSection.channel(channel.name)
        let places = places[section] ?? [:]
        if section.fault == nil, let opening = openings[channel.name] {
            for key in section.keys where key.isRequired && places[key.name] == nil {
                tell(opening, lack(of: key, in: channel, at: opening))
            }
        }
        let areRead = faulty[section]?.isDisjoint(with: ["retry_after", "retry_at_most"]) ?? true
        guard areRead, channel.retryAtMost < channel.retryAfter else { return }
        if let place = places["retry_at_most"] ?? places["retry_after"] {
            let (most, first) = (channel.retryAtMost.configurationText, channel.retryAfter.configurationText)
            tell(place, "retry_at_most of [\(section)], \(most), is below its retry_after, \(first)")
        }
    }

    private func lack(
        of key: ConfigurationKey, in channel: Configuration.Channel, at opening: ConfigurationMistake.Place
    ) -> String {
        let section = ConfigurationSection.channel(channel.name)
        switch opening {
        case .line: return "[\(section)] has no \(key.name)"
        case .variable:
            let others = configuration.channels.map(\.name).filter { $0 != channel.name }
            let clause = Suggestion.clause(channel.name, among: others)
            return "channel \(channel.name) has no \(key.name): set \(section.variable(of: key))\(clause)"
        }
    }
}
