import ChildProcess
import Daemon
import Foundation
import Policy
import Store
import TestSupport
import Testing

@Suite("a message as a mail")
struct MailTests {
    static let russian = "Заявка № 42: «Не запускается двигатель» — ждёт вас уже два часа, ответьте, пожалуйста"
    static let emoji = String(repeating: "👩‍👩‍👧‍👦🚗", count: 30)

    @Test("every letter of it is as it should be")
    func whole() throws {
        let message = OutgoingMessage.sample(name: "Olga Stone", subject: "Ticket 42 waits", text: "Good morning.\n")
        #expect(
            String(decoding: try mail(message), as: UTF8.self) == """
                From: desk@example.org
                To: Olga Stone <olga@example.com>
                Subject: Ticket 42 waits
                Date: Sun, 22 Nov 2026 06:40:17 +0000
                Message-ID: <0b0f7a3e-0000-4000-8000-000000000001@example.org>
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: base64
                Auto-Submitted: auto-generated
                X-Secondline-Kind: ticket_waits

                R29vZCBtb3JuaW5nLg0K

                """)
    }

    @Test(
        "a name is bare, quoted or encoded, as it needs",
        arguments: [
            ("", "To: olga@example.com"),
            ("Olga Stone", "To: Olga Stone <olga@example.com>"),
            ("Stone, Olga (QA)", "To: \"Stone, Olga (QA)\" <olga@example.com>"),
            (#"O. "Rock" St\one"#, #"To: "O. \"Rock\" St\\one" <olga@example.com>"#),
            ("eve@example.net", "To: \"eve@example.net\" <olga@example.com>"),
            ("Ольга", "To: =?UTF-8?B?0J7Qu9GM0LPQsA==?= <olga@example.com>"),
            ("=?UTF-8?B?0J4=?=", "To: =?UTF-8?B?PT9VVEYtOD9CPzBKND0/PQ==?= <olga@example.com>"),
        ])
    func name(name: String, line: String) throws {
        let lines = try lines(OutgoingMessage.sample(name: name))
        #expect(lines[1] == line)
    }

    @Test("a long subject in ASCII stays readable and is folded between words")
    func longASCII() throws {
        let subject = (1...60).map { "word\($0)" }.joined(separator: " ")
        let lines = try lines(OutgoingMessage.sample(subject: subject))
        let folded = lines[2...].prefix { $0.hasPrefix("Subject:") || $0.hasPrefix(" ") }
        #expect(folded.count > 4 && folded.allSatisfy { $0.utf8.count <= 76 })
        #expect(folded.joined() == "Subject: \(subject)")
    }

    @Test("subjects arrive as they were, also Russian, emoji, very long and misleading ones, on lines of 76")
    func subjects() async throws {
        let subjects = [
            "", "plain", Self.russian, Self.emoji, String(repeating: Self.russian, count: 40),
            String(repeating: "x", count: 3000), "=?UTF-8?B?0J4=?= is not encoded", " blanks  around ",
            "e" + String(repeating: "\u{301}", count: 200), String(repeating: "a b  ", count: 50) + ".",
        ]
        let mails = try subjects.map { try mail(OutgoingMessage.sample(name: Self.russian, subject: $0)) }
        for (subject, read) in zip(subjects, try await ReadMail.all(mails)) {
            #expect(read.subject == subject)
            #expect(read.to == [ReadMail.Person(name: Self.russian, address: "olga@example.com")])
            #expect(read.defects == [])
        }
        for line in mails.flatMap({ $0.split(separator: 10) }) { #expect(line.count <= 76) }
    }

    @Test("no character of a subject is cut in two", arguments: [MailTests.russian, MailTests.emoji])
    func characters(subject: String) throws {
        let text = try lines(OutgoingMessage.sample(subject: subject)).joined()
        let words = text.matches(of: /=\?UTF-8\?B\?([A-Za-z0-9+\/=]+)\?=/).map { String($0.output.1) }
        let pieces = words.compactMap { Data(base64Encoded: $0).flatMap { String(data: $0, encoding: .utf8) } }
        #expect(pieces.count == words.count && pieces.count > 2 && pieces.joined() == subject)
        #expect(pieces.map(\.count).reduce(0, +) == subject.count)
    }

    @Test(
        "the text arrives as it was, with the line ends of mail",
        arguments: ["", "x", "Hi,\n\n.\nFrom here\tон ✓\n", String(repeating: MailTests.russian + "\n", count: 500)])
    func text(text: String) async throws {
        let read = try await ReadMail.all([mail(OutgoingMessage.sample(text: text))])
        #expect(read.map(\.text) == [text.replacing("\n", with: "\r\n")])
    }

    @Test("an identifier of unusual letters stays one, and another one stays another")
    func identifiers() throws {
        let keys = ["a b", "a=20b", "<x@y>", "é", "a.b", "\n"]
        let fields = try keys.map { try lines(OutgoingMessage.sample(key: $0))[4] }
        #expect(fields[0] == "Message-ID: <a=20b@example.org>")
        #expect(Set(fields).count == keys.count)
        #expect(fields.allSatisfy { $0.wholeMatch(of: /Message-ID: <[A-Za-z0-9=_-]+@example\.org>/) != nil })
    }

    @Test(
        "only one plain address is one",
        arguments: [
            "", "@", "olga", "olga@", "@example.com", "a@b@c", "a b@example.com", "a@example.com\n", "a@exa\nmple.com",
            "a@example.com,b@example.com", "a@example.com b@example.com", "<a@example.com>", "Olga <a@example.com>",
            "\"a\"@example.com", "a@[127.0.0.1]", "a@example.com;", "-fx@example.com", ".a@example.com",
            "a.@example.com",
            "a..b@example.com", "a@example..com", "a@.example.com", "a@example.com.", "a@-example.com",
            "a@example-.com",
            "a@exa_mple.com", "ольга@example.com", "a@пример.рф", "a(b)@example.com", "a:b@example.com",
            "a\\b@example.com",
            "a\u{0}@example.com", "a\u{301}@example.com", "a@\(String(repeating: "b.", count: 130))com",
            "a@\(String(repeating: "b", count: 64)).com",
        ])
    func noAddress(text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test(
        "an address may have all that RFC 5322 allows in an atom, and a host without a domain",
        arguments: [
            "a@example.com", "o'brien+tag@mail.example.co.uk", "first.last@host", "!#$%&'*+-/=?^_`{|}~@x-1.example",
            "1@2",
        ])
    func address(text: String) {
        #expect(MailAddress(text)?.text == text)
    }

    @Test("whatever a name, a subject or a kind contains, the headers are these ten and the reader is this one")
    func hostile() async throws {
        var generator = SeededGenerator(seed: 20_261_122)
        let messages = (0..<400).map { _ in
            OutgoingMessage.sample(
                key: "k" + .hostile(&generator), kind: .hostile(&generator), name: .hostile(&generator),
                subject: .hostile(&generator), text: .hostile(&generator), date: .hostile(&generator))
        }
        let mails = try messages.map(mail)
        for (message, read) in zip(messages, try await ReadMail.all(mails)) {
            #expect(read.headers == ReadMail.ours, "\(message)")
            #expect(read.to.map(\.address) == ["olga@example.com"], "\(message)")
            #expect(read.subject.shown == message.subject.shown)
            #expect(read.to.map(\.name.shown) == [message.name.shown])
        }
        // And without a parser's opinion: each line up to the empty one is one of the ten or goes on with one.
        for mail in mails {
            #expect(!mail.contains(13) && mail.allSatisfy { $0 == 10 || (0x20..<0x7F).contains($0) })
            let lines = String(decoding: mail, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            let names = lines.prefix { !$0.isEmpty }.filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
            #expect(names.map(String.init) == ReadMail.ours)
            #expect(!lines.prefix { !$0.isEmpty }.contains { $0.allSatisfy { $0 == " " } })
        }
    }

    @Test("an address of random pieces is refused or is exactly the reader")
    func hostileAddresses() async throws {
        var generator = SeededGenerator(seed: 7)
        let pieces = [
            "a", "olga", "x1", "@", "@host", ".", "-", "example.com", ",", " ", "<", ">", "\"", "\n", "\r", ":", "Bcc",
            ";", "é", "(",
            "\\",
        ]
        let tried = (0..<20_000).map { _ in
            (0..<Int.random(in: 1...6, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
        }
        let taken = Set(tried).compactMap { MailAddress($0) }
        #expect(taken.count > 10)
        let mails = try taken.map { Mail(.sample(), from: try sender, to: $0).bytes }
        for (address, read) in zip(taken, try await ReadMail.all(mails)) {
            #expect(read.headers == ReadMail.ours)
            #expect(read.to == [ReadMail.Person(name: "Olga", address: address.text)])
        }
    }

    private var sender: MailAddress { get throws { try #require(MailAddress("desk@example.org")) } }

    private func mail(_ message: OutgoingMessage) throws -> [UInt8] {
        Mail(message, from: try sender, to: try #require(MailAddress(message.address))).bytes
    }

    private func lines(_ message: OutgoingMessage) throws -> [String] {
        String(decoding: try mail(message), as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension String {
    /// Letters of many kinds, and what has a meaning in headers.
    fileprivate static func hostile(_ generator: inout SeededGenerator) -> String {
        let pieces = [
            "\r\nBcc: eve@example.net\r\n", "\nBcc: eve@example.net", "\r", "\n", "\r\n\r\n", ":", ",",
            "<eve@example.net>", "\"",
            "\\", "=?UTF-8?B?", "?=", "=?utf-8?q?=0ABcc:x?=", "@", ";", "(", ")", " ", "  ", "\t", "\u{1}", "\u{7F}",
            "\u{85}",
            "\u{2028}", "a", "Olga", "ё", "👩‍👧", "\u{301}", "word word word word word word word word word word word word",
            String(repeating: "z", count: 90), String(repeating: "ы", count: 70),
        ]
        return (0..<Int.random(in: 0...8, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }
            .joined()
    }

    /// Without what blanks and controls a reader may drop, and in one normal form of blanks.
    fileprivate var shown: String {
        unicodeScalars.split { $0.value <= 0x20 || (0x7F..<0xA0).contains($0.value) || $0.value == 0x2028 }
            .map { String($0) }.joined(separator: " ")
    }
}
