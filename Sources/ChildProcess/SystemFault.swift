import Glibc

/// An errno.
struct SystemFault: Error {
    let code: Int32

    /// Of the call that just failed.
    static var last: SystemFault { SystemFault(code: errno) }
}
