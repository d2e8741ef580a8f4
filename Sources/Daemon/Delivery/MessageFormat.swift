/// What a delivery program reads from its standard input.
package enum MessageFormat: String, CaseIterable, Sendable {
    /// A mail, as `sendmail -t` takes it.
    case mail
    /// One JSON object on one line.
    case json
}
