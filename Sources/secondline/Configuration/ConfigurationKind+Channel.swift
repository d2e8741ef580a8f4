import Daemon
import Store

extension ConfigurationKind {
    /// A count in a time: 30/min, 10/5s. Nothing is no limit.
    static func rate(_ text: String) -> Reading<Rate?> {
        if text.isEmpty { return .success(nil) }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts[1].first else {
            return refuse("\"\(text)\" is not a rate such as 30/min, 1000/h or 10/5s")
        }
        let time = first.isNumber ? String(parts[1]) : "1\(parts[1])"
        return integer(String(parts[0]), in: 1...1_000_000).flatMap { count in
            duration(time, in: .milliseconds(100) ... .seconds(7 * 86_400)).map { per in
                Rate(count: count, per: per)
            }
        }
    }

    static func program(_ words: [String]) -> Reading<[String]> {
        guard let program = words.first else {
            return refuse("a command line is needed, such as /usr/sbin/sendmail -oi -t")
        }
        guard program.utf8.first == UInt8(ascii: "/") else {
            return refuse("\"\(program)\" is not an absolute path: it must begin with /")
        }
        return .success(words)
    }

    /// A mistake tells the place of the word, not the word: it may be a secret.
    static func environment(_ words: [String]) -> Reading<[String: String]> {
        var variables: [String: String] = [:]
        for (index, word) in words.enumerated() {
            let parts = word.unicodeScalars.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, isVariableName(parts[0]) else {
                return refuse("word \(index + 1) is not NAME=value, with a name of letters, digits and _")
            }
            let name = String(parts[0])
            guard variables.updateValue(String(parts[1]), forKey: name) == nil else {
                return refuse("\(name) is there twice")
            }
        }
        return .success(variables)
    }

    /// One plain address, as the daemon's mails need it. Nothing is the default.
    static func address(_ text: String) -> Reading<String> {
        guard text.isEmpty || MailAddress(text) != nil else {
            return refuse("\"\(text)\" is not a plain mail address such as desk@example.org")
        }
        return .success(text)
    }

    private static func isVariableName(_ name: Substring.UnicodeScalarView) -> Bool {
        guard let first = name.first, !("0"..."9").contains(first) else { return false }
        return name.allSatisfy { isLetterOrDigit($0) || $0 == "_" }
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        case _: false
        }
    }
}
