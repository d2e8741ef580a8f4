/// One key: what parses the file and the environment, and what the example file and the documentation are made from.
struct ConfigurationKey: Sendable {
    /// Of a channel: `ConfigurationSection.anyChannel`.
    let section: String
    let name: String
    /// What it accepts, in words.
    let accepts: String
    /// As it would be written in the file.
    let defaultText: String
    let summary: String
    /// Where its section is, it must be set.
    let isRequired: Bool
    /// What the example file shows instead of the default.
    let example: String?
    /// Reads the value into that section of the configuration; a channel must be in it already.
    let set: @Sendable (ConfigurationValue, inout Configuration, ConfigurationSection) -> ConfigurationFault?

    init<Scope: ConfigurationScope, Value>(
        _ section: String, _ name: String, _ path: any WritableKeyPath<Scope, Value> & Sendable,
        accepts: String, default text: (Value) -> String, _ summary: String, isRequired: Bool = false,
        example: String? = nil, parse: @escaping @Sendable (ConfigurationValue) -> Result<Value, ConfigurationFault>
    ) {
        self.section = section
        self.name = name
        self.accepts = isRequired ? "required; \(accepts)" : accepts
        self.defaultText = text(Scope.initial[keyPath: path])
        self.summary = summary
        self.isRequired = isRequired
        self.example = example
        set = { written, configuration, section in
            switch parse(written) {
            case .success(let value):
                Scope.change(&configuration, in: section) { $0[keyPath: path] = value }
                return nil
            case .failure(let fault): return fault
            }
        }
    }
}
