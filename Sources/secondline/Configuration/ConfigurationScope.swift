/// What the keys of a section belong to: the configuration, or one of its channels.
protocol ConfigurationScope: Sendable {
    /// The defaults.
    static var initial: Self { get }

    static func change(
        _ configuration: inout Configuration, in section: ConfigurationSection, _ change: (inout Self) -> Void)
}

extension Configuration: ConfigurationScope {
    static var initial: Configuration { Configuration() }

    static func change(
        _ configuration: inout Configuration, in _: ConfigurationSection, _ change: (inout Configuration) -> Void
    ) {
        change(&configuration)
    }
}

extension Configuration.Channel: ConfigurationScope {
    static var initial: Configuration.Channel { Configuration.Channel(name: "") }

    static func change(
        _ configuration: inout Configuration, in section: ConfigurationSection,
        _ change: (inout Configuration.Channel) -> Void
    ) {
        guard case .channel(let name) = section,
            let index = configuration.channels.firstIndex(where: { $0.name == name })
        else { preconditionFailure("[\(section)] was not opened") }
        change(&configuration.channels[index])
    }
}
