import Glibc

/// An errno, which prints as the system's own words.
struct SystemError: Error, Equatable, CustomStringConvertible {
    let code: Int32

    var description: String { strerror(code).map { String(cString: $0) } ?? "error \(code)" }
}
