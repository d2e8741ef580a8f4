/// One key: what parses the file and the environment, and what the example file and the documentation are made from.
struct ConfigurationKey: Sendable {
    let section: String
    let name: String
    /// What it accepts, in words.
    let accepts: String
    /// As it would be written in the file.
    let defaultText: String
    let summary: String
    /// Reads the text into the configuration.
    let set: @Sendable (String, inout Configuration) -> ConfigurationFault?

    var variable: String { "SECONDLINE_\(section)_\(name)".uppercased() }

    static func duration(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, Duration> & Sendable,
        in range: ClosedRange<Duration>, _ summary: String
    ) -> ConfigurationKey {
        let accepts = "\(range.lowerBound.configurationText) to \(range.upperBound.configurationText)"
        return key(
            section, name, path, accepts: accepts,
            default: \.configurationText, summary, parse: { ConfigurationKind.duration($0, in: range) })
    }

    static func integer(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, Int> & Sendable,
        in range: ClosedRange<Int>, _ summary: String
    ) -> ConfigurationKey {
        key(
            section, name, path, accepts: "\(range.lowerBound) to \(range.upperBound)", default: \.description, summary,
            parse: { ConfigurationKind.integer($0, in: range) })
    }

    static func boolean(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, Bool> & Sendable,
        _ summary: String
    ) -> ConfigurationKey {
        key(
            section, name, path, accepts: "on or off", default: { $0 ? "on" : "off" }, summary,
            parse: ConfigurationKind.boolean)
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable & Sendable>(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, Value> & Sendable,
        _ summary: String
    ) -> ConfigurationKey {
        let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return key(
            section, name, path, accepts: words, default: \.rawValue, summary, parse: { ConfigurationKind.choice($0) })
    }

    /// libpq reads it on the spot, so that a mistake is told with its line.
    static func conninfo(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, String> & Sendable,
        _ summary: String
    ) -> ConfigurationKey {
        key(section, name, path, accepts: "text", default: { $0 }, summary, parse: ConfigurationKind.conninfo)
    }

    private static func key<Value>(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Configuration, Value> & Sendable,
        accepts: String, default text: (Value) -> String, _ summary: String,
        parse: @escaping @Sendable (String) -> Result<Value, ConfigurationFault>
    ) -> ConfigurationKey {
        ConfigurationKey(
            section: section, name: name, accepts: accepts, defaultText: text(Configuration()[keyPath: path]),
            summary: summary
        ) { written, configuration in
            switch parse(written) {
            case .success(let value):
                configuration[keyPath: path] = value
                return nil
            case .failure(let fault): return fault
            }
        }
    }
}
