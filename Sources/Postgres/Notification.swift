/// What NOTIFY sent.
package struct Notification: Sendable, Hashable {
    package let channel: String
    package let payload: String
    /// The backend that sent it.
    package let pid: Int32
}
