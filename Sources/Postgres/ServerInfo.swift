/// Which server and backend a session talks to.
package struct ServerInfo: Sendable, Equatable {
    /// As PQserverVersion has it: 150018 is 15.18.
    package let version: Int
    package let backendPID: Int32
    /// A name, an address, or the directory of a Unix socket.
    package let host: String
    package let port: String
    package let database: String
    package let user: String
    /// No pooler stands between.
    package let isDirect: Bool

    /// As people write it: 15.18.
    package var versionText: String { "\(version / 10_000).\(version % 10_000)" }

    /// The oldest server this library talks to.
    static let oldestVersion = 150_000
}
