import ChildProcess
import Foundation
import Policy
import Store
import Testing

/// A mail as Python's email library understands it.
struct ReadMail: Decodable {
    struct Person: Decodable, Equatable {
        let name: String
        let address: String
    }

    /// The headers that every mail has, in this order, and no other.
    static let ours = [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
        "Auto-Submitted", "X-Secondline-Kind",
    ]

    let headers: [String]
    let subject: String
    let to: [Person]
    let text: String
    let defects: [String]

    /// Reads them in one process.
    static func all(_ mails: [[UInt8]]) async throws -> [ReadMail] {
        let script = """
            import base64, email, email.header, email.policy, email.utils, json, sys
            def name(mail):
                # The newer parser puts blanks between the encoded words of a phrase, the older one does not.
                phrase, _ = email.utils.parseaddr(email.message_from_bytes(mail)["To"])
                return str(email.header.make_header(email.header.decode_header(phrase)))
            def read(mail):
                mail = base64.b64decode(mail)
                m = email.message_from_bytes(mail, policy=email.policy.default)
                return {
                    "headers": m.keys(), "subject": m["Subject"], "text": m.get_content(),
                    "to": [{"name": name(mail), "address": a.addr_spec} for a in m["To"].addresses],
                    "defects": [repr(d) for d in list(m.defects) + [d for h in m.values() for d in h.defects]]}
            json.dump([read(mail) for mail in sys.stdin.read().split(",")], sys.stdout)
            """
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let program = ChildProgram(
            path: "/usr/bin/env", arguments: ["python3", "-c", script], environment: ["PATH": path])
        let input = mails.map { Data($0).base64EncodedString() }.joined(separator: ",")
        let end = await program.run(input: Array(input.utf8), timeLimit: .seconds(300), outputLimit: 100_000_000)
        try #require(end.way == .exited(0), "\(String(decoding: end.output, as: UTF8.self))")
        return try JSONDecoder().decode([ReadMail].self, from: Data(end.output))
    }
}

extension OutgoingMessage {
    static func sample(
        key: String = "0b0f7a3e-0000-4000-8000-000000000001", kind: String = "ticket_waits", name: String = "Olga",
        address: String = "olga@example.com", subject: String = "Ticket 42 waits", text: String = "Good morning.\n",
        data: String = "{}", date: String = "Sun, 22 Nov 2026 06:40:17 +0000"
    ) -> OutgoingMessage {
        OutgoingMessage(
            id: MessageID(42), attempt: 3, idempotencyKey: key, kind: kind, name: name, address: address, locale: "ru",
            subject: subject, text: text, data: data, date: date)
    }
}
