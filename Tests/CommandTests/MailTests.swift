import Foundation
import TestSupport
import Testing

/// The exit statuses of msmtp, on which the daemon relies: 65 and 67 are refusals for good, all others are tried again.
@Suite("Mail by msmtp")
struct MailTests {
    private static func mail(to recipients: String) -> Data {
        let text = """
            From: Secondline <secondline@example.org>
            To: \(recipients)
            Subject: =?UTF-8?B?0JfQsNGP0LLQutCwIDE2?=
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            Покрасить строки.
            .
            From the client: «срочно»

            """
        return Data(text.utf8)
    }

    private func send(
        to recipients: String, from sender: String = "secondline@example.org", by configuration: String
    ) async throws -> (status: Int32, output: String, errors: String) {
        let arguments = ["-C", configuration, "-f", sender, "-oi", "-t"]
        return try await ShortProcess("/usr/bin/msmtp", arguments, input: Self.mail(to: recipients)).end()
    }

    @Test("a mail arrives whole, a line with one dot included")
    func arrives() async throws {
        let sink = try SMTPSink()
        let ended = try await send(to: "Anna <anna@example.org>", by: sink.msmtpConfiguration())
        #expect(ended.status == 0, "\(ended.errors)")
        let mails = try sink.mails()
        #expect(mails.count == 1)
        let mail = try #require(mails.first)
        #expect(mail.sender == "secondline@example.org")
        #expect(mail.recipients == ["anna@example.org"])
        let text = String(decoding: mail.bytes, as: UTF8.self)
        #expect(text.contains("Subject: =?UTF-8?B?0JfQsNGP0LLQutCwIDE2?=\r\n"))
        #expect(text.hasSuffix("\r\n\r\nПокрасить строки.\r\n.\r\nFrom the client: «срочно»\r\n"))
    }

    /// Not all that is final comes as a refusal: msmtp takes a whole mail refused with 554 for a fault of the server.
    @Test(
        "what the server says of the recipient decides",
        arguments: [
            ("unknown@example.org", 65, "550"), ("busy@example.org", 69, "451"), ("spam@example.org", 69, "554"),
        ])
    func refused(recipient: String, status: Int32, code: String) async throws {
        let sink = try SMTPSink()
        let ended = try await send(to: recipient, by: sink.msmtpConfiguration())
        #expect(ended.status == status)
        #expect(ended.errors.contains(code))
        #expect(try sink.mails().isEmpty)
    }

    @Test("with one bad recipient of two, nobody gets the mail")
    func oneOfTwo() async throws {
        let sink = try SMTPSink()
        let ended = try await send(to: "anna@example.org, unknown@example.org", by: sink.msmtpConfiguration())
        #expect(ended.status == 65)
        #expect(try sink.mails().isEmpty)
    }

    /// A mistake of the configuration that looks like one of the message.
    @Test("a sender whom the server does not want is a refusal, too")
    func sender() async throws {
        let sink = try SMTPSink()
        let ended = try await send(
            to: "anna@example.org", from: "unknown@example.org", by: sink.msmtpConfiguration())
        #expect(ended.status == 65)
        #expect(ended.errors.contains("envelope from address"))
    }

    @Test("a port where nobody listens, a name that nobody has, a server that says nothing: to be tried again")
    func noServer() async throws {
        let closed = ScratchFile(SMTPSink.msmtpConfiguration(port: try freePort()))
        #expect(try await send(to: "anna@example.org", by: closed.path).status == 75)
        let nowhere = ScratchFile(
            SMTPSink.msmtpConfiguration(port: 25).replacing("host 127.0.0.1", with: "host no.invalid"))
        #expect(try await send(to: "anna@example.org", by: nowhere.path).status == 68)
        let sink = try SMTPSink()
        let silent = ScratchFile(SMTPSink.msmtpConfiguration(port: sink.port, timeout: 1))
        #expect(try await send(to: "slow@example.org", by: silent.path).status == 74)
        #expect(try await send(to: "anna@example.org", by: "/nowhere/msmtprc").status == 74)
    }
}
