/// Net minutes of work: effort, load, capacity.
package struct Minutes: Hashable, Comparable, Sendable {
    package var count: Int

    package init(_ count: Int) { self.count = count }

    /// One reply in an exchange with a client: people whose loads differ by no more than this are equally free.
    package static let reply = Minutes(15)

    package static func < (a: Minutes, b: Minutes) -> Bool { a.count < b.count }
    package static func + (a: Minutes, b: Minutes) -> Minutes { Minutes(a.count + b.count) }
    package static func - (a: Minutes, b: Minutes) -> Minutes { Minutes(a.count - b.count) }
}
