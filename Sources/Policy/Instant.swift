/// A point in time as the database knows it: microseconds since 2000-01-01 00:00 UTC. Policy never asks for the time.
package struct Instant: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (a: Instant, b: Instant) -> Bool { a.microseconds < b.microseconds }
}
