/// What stands between a session and its server.
package enum Pooler: String, CaseIterable, Sendable {
    /// Nothing: who finds a pooler there refuses it, before it leaves anything behind on a connection that others use too.
    case off
    /// One that keeps a server's connection for as long as the session lasts.
    case session
    /// One that may give each transaction another connection: nothing is named, set or listened for beyond a transaction.
    case transaction
}
