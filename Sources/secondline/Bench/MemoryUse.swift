import Glibc

/// What this process has in memory.
struct MemoryUse: Sendable, CustomStringConvertible {
    /// Kilobytes.
    let anonymous: Int
    let resident: Int

    struct Unknown: Error, CustomStringConvertible {
        let description = "/proc/self/smaps_rollup cannot be read; it needs Linux 4.14 or later"
    }

    static func now() throws -> MemoryUse {
        guard let file = fopen("/proc/self/smaps_rollup", "r") else { throw Unknown() }
        defer { fclose(file) }
        var figures: [String: Int] = [:]
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(separator: " ")
            if words.count == 3, let kilobytes = Int(words[1]) { figures[String(words[0])] = kilobytes }
        }
        guard let anonymous = figures["Anonymous:"], let resident = figures["Rss:"] else { throw Unknown() }
        return MemoryUse(anonymous: anonymous, resident: resident)
    }

    var anonymousText: String { Self.megabytes(anonymous) }

    var description: String { "\(anonymousText) anonymous, \(Self.megabytes(resident)) resident" }

    private static func megabytes(_ kilobytes: Int) -> String {
        "\(Rounds.number(Double(kilobytes) / 1024, digits: 1)) MB"
    }
}
