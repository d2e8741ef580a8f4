package import Foundation

/// A mail server that keeps every mail. It refuses recipients by the beginning of the address: `busy` with 451, `unknown`
/// with 550, `spam` with 554 after the whole mail; to `slow` it never answers. It refuses a sender `unknown` with 550.
package final class SMTPSink: Sendable {
    package struct Mail: Sendable, Decodable {
        /// Those of the envelope.
        package let sender: String
        package let recipients: [String]
        /// As it came, with CRLF.
        package fileprivate(set) var bytes = Data()

        private enum CodingKeys: String, CodingKey { case sender, recipients }
    }

    private let peer: PythonPeer

    package init() throws { peer = try PythonPeer(script) }

    package var port: Int { peer.port }

    /// Also when the sink is let go.
    package func stop() { peer.stop() }

    /// What has been received up to now, in order.
    package func mails() throws -> [Mail] {
        try peer.files(".json").map { description in
            var mail = try JSONDecoder().decode(Mail.self, from: Data(contentsOf: description))
            mail.bytes = try Data(contentsOf: description.deletingPathExtension().appendingPathExtension("body"))
            return mail
        }
    }

    /// Waits until so many mails have come.
    package func received(_ count: Int) async throws -> [Mail] {
        while true {
            let mails = try mails()
            if mails.count >= count { return mails }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The path of a configuration of msmtp that sends everything here: `/usr/bin/msmtp -C PATH -oi -t`. It goes with
    /// the sink.
    package func msmtpConfiguration() throws -> String {
        let file = peer.directory.appending(path: "msmtprc")
        try Data(Self.msmtpConfiguration(port: port).utf8).write(to: file)
        return file.path
    }

    /// The text of such a file, for any port of 127.0.0.1.
    package static func msmtpConfiguration(port: Int, timeout seconds: Int = 10) -> String {
        """
        defaults
        tls off
        auth off
        syslog off
        timeout \(seconds)

        account default
        host 127.0.0.1
        port \(port)
        from secondline@example.org

        """
    }
}

private let script = """
    import asyncio
    from aiosmtpd.smtp import SMTP


    class Handler:
        async def handle_MAIL(self, server, session, envelope, address, options):
            if address.startswith("unknown"):
                return "550 5.1.8 No such sender"
            envelope.mail_from = address
            return "250 2.1.0 OK"

        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("busy"):
                return "451 4.3.0 Mailbox busy, try again later"
            if address.startswith("unknown"):
                return "550 5.1.1 No such user here"
            if address.startswith("slow"):
                await asyncio.Event().wait()
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 OK"

        async def handle_DATA(self, server, session, envelope):
            if any(address.startswith("spam") for address in envelope.rcpt_tos):
                return "554 5.7.1 Not wanted here"
            keep({"sender": envelope.mail_from, "recipients": envelope.rcpt_tos}, envelope.content)
            return "250 2.0.0 Kept"


    async def serve():
        loop = asyncio.get_running_loop()
        # A name of its own, or it would ask the resolver for one.
        make = lambda: SMTP(Handler(), hostname="sink.example", enable_SMTPUTF8=True, loop=loop)
        server = await loop.create_server(make, "127.0.0.1", 0)
        announce(server.sockets[0].getsockname()[1])
        await server.serve_forever()


    asyncio.run(serve())
    """
