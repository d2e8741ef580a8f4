import Store

extension ConfigurationKey {
    typealias Path<Scope, Value> = any WritableKeyPath<Scope, Value> & Sendable

    static func duration<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, Duration>, in range: ClosedRange<Duration>,
        _ summary: String
    ) -> ConfigurationKey {
        let accepts = "\(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
        return ConfigurationKey(
            section, name, path, accepts: accepts, default: \.configurationText, summary,
            parse: { $0.text.flatMap { ConfigurationKind.duration($0, in: range) } })
    }

    /// Empty by default.
    static func period<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, Duration?>, in range: ClosedRange<Duration>,
        _ summary: String
    ) -> ConfigurationKey {
        let accepts = "\(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
        return ConfigurationKey(
            section, name, path, accepts: accepts, default: { $0?.configurationText ?? "" }, summary,
            parse: {
                $0.text.flatMap { text in
                    text.isEmpty ? .success(nil) : ConfigurationKind.duration(text, in: range).map { $0 }
                }
            })
    }

    static func integer<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, Int>, in range: ClosedRange<Int>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "\(range.lowerBound) to \(range.upperBound)", default: \.description, summary,
            parse: { $0.text.flatMap { ConfigurationKind.integer($0, in: range) } })
    }

    static func boolean<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, Bool>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "on or off", default: { $0 ? "on" : "off" }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.boolean) })
    }

    static func choice<Scope: ConfigurationScope, Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ section: String, _ name: String, _ path: Path<Scope, Value>, _ summary: String, example: String? = nil
    ) -> ConfigurationKey {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return ConfigurationKey(
            section, name, path, accepts: words, default: \.rawValue, summary, example: example,
            parse: { $0.text.flatMap { ConfigurationKind.choice($0) } })
    }

    /// libpq reads it on the spot, so that a mistake is told with its line.
    static func conninfo<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, String>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "text", default: { $0 }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.conninfo) })
    }

    /// Empty by default.
    static func path<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, String>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "an absolute path", default: { $0 }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.path) })
    }

    static func rate<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, Rate?>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "such as 30/min, 1000/h or 10/5s",
            default: { $0?.configurationText ?? "" }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.rate) })
    }

    static func address<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, String>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "local@domain", default: { $0 }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.address) })
    }

    static func file<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, String>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "an absolute path, or a name without /", default: { $0 }, summary,
            parse: { $0.text.flatMap(ConfigurationKind.file) })
    }

    static func program<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, [String]>, _ summary: String, example: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "words, the first an absolute path", default: { _ in "" }, summary,
            isRequired: true, example: example, parse: { $0.words.flatMap(ConfigurationKind.program) })
    }

    /// Empty by default.
    static func environment<Scope: ConfigurationScope>(
        _ section: String, _ name: String, _ path: Path<Scope, [String: String]>, _ summary: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            section, name, path, accepts: "words NAME=value", default: { _ in "" }, summary,
            parse: { $0.words.flatMap(ConfigurationKind.environment) })
    }
}
