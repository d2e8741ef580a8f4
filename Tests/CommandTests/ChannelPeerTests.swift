import Foundation
import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("the daemon with real programs and real servers behind them", .serialized)
struct ChannelPeerTests {
    private static let webhook =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/webhook").standardized.path

    private let database: ScratchDatabase
    private let session: Session
    private let department: Department

    init() async throws {
        database = try await ScratchDatabase.migrated()
        session = try await database.session()
        department = try await Department(in: session, specialists: 1, reminders: false)
    }

    private func close() async throws {
        await session.close()
        try await database.drop()
    }

    private func settled(_ condition: String) async throws {
        while try await session.simpleQuery("select \(condition)") != [["t"]] {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test("a Russian ticket reaches its specialist by msmtp; an unknown recipient is set aside, a busy one tried again")
    func mail() async throws {
        let sink = try SMTPSink()
        let person = department.specialists[0]
        try await session.script(
            """
            select secondline.set_locale(\(person), 'ru');
            select secondline.set_contact(\(person), 'mail', 'anna@example.org');
            select secondline.set_client_contact(\(department.client), 'mail', 'unknown@example.org');
            select secondline.set_team_contact(\(department.team), 'mail', 'busy@example.org');
            select secondline.send_to_client(\(department.client), 'note', '{"text": "to nobody"}');
            select secondline.send_to_team(\(department.team), 'note', '{"text": "to a busy one"}');
            """)
        let daemon = try DaemonProcess(
            database.conninfo,
            environment: [
                "SECONDLINE_CHANNEL_MAIL_PROGRAM": "/usr/bin/msmtp -C \(sink.msmtpConfiguration()) -oi -t",
                "SECONDLINE_CHANNEL_MAIL_FORMAT": "mail", "SECONDLINE_CHANNEL_MAIL_FROM": "desk@example.org",
                "SECONDLINE_CHANNEL_MAIL_RETRY_AFTER": "100ms",
            ])
        let title = "Печать: «логотип» пропал 🖨 \(String(repeating: "длинно ", count: 20))"
        let ticket = try await session.id(
            "secondline.submit_ticket('\(department.queue)', \(quoteLiteral(title)), '', author => \(department.manager))"
        )
        let mail = try #require(try await sink.received(1).first)
        try await settled(
            """
            exists (select from secondline.message_set_aside where client_id is not null and reason like '%550%')
               and exists (select from secondline.message where team_id is not null and attempt > 1 and last_said like '%451%')
            """)
        #expect(mail.recipients == ["anna@example.org"])
        let parser = """
            import email, email.policy, json, sys
            m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            print(json.dumps([m["Subject"], m.get_content(), m["Message-ID"], m["Auto-Submitted"]]))
            """
        let read = try await ShortProcess("/usr/bin/python3", ["-c", parser], input: mail.bytes).end()
        let parts = try #require(try JSONSerialization.jsonObject(with: Data(read.output.utf8)) as? [String])
        let inbox = try await session.simpleQuery(
            "select subject, text from secondline.inbox where person_id = \(person)")
        #expect(parts[0] == inbox[0][0])
        #expect(parts[0].hasPrefix("Вам назначена заявка \(ticket): Печать: «логотип» пропал 🖨"))
        #expect(parts[1].replacing("\r\n", with: "\n").trimmingCharacters(in: .newlines) == inbox[0][1])
        let key = try await session.simpleQuery(
            "select idempotency_key from secondline.message_history where channel = 'mail' and ticket_id = \(ticket)")
        #expect(parts[2] == "<\(key[0][0] ?? "")@example.org>")
        #expect(parts[3] == "auto-generated")
        daemon.signal(SIGTERM)
        let log = try await daemon.end().log
        #expect(log.contains("message.set_aside") && !log.contains("логотип"))
        try await close()
    }

    @Test("webhooks that take, refuse, are busy, broken, silent or gone: each as it answers, none in another's way")
    func webhooks() async throws {
        let sink = try HTTPSink()
        let answers = ["200", "404", "429", "500", "hang", "drop"]
        let person = department.specialists[0]
        var environment: [String: String] = [:]
        for answer in answers {
            let prefix = "SECONDLINE_CHANNEL_W\(answer.uppercased())"
            environment["\(prefix)_PROGRAM"] = Self.webhook
            environment["\(prefix)_ENVIRONMENT"] = "WEBHOOK_URL=\(sink.url("/\(answer)")) WEBHOOK_TIMEOUT=1"
            environment["\(prefix)_RETRY_AFTER"] = "100ms"
            try await session.script("select secondline.set_contact(\(person), 'w\(answer)', 'Анна')")
        }
        let daemon = try DaemonProcess(database.conninfo, environment: environment)
        let popup = try await session.id(
            "secondline.send_message(\(person), 'note', '{\"text\": \"Привет, $(reboot) \\\"мир\\\"\"}')")
        try await settled(
            """
            (select array_agg(channel order by channel) from secondline.message_history where state = 'sent') = '{w200}'
               and (select array_agg(channel order by channel) from secondline.message_set_aside) = '{w404}'
               and (select array_agg(channel order by channel) from secondline.message
                     where channel <> 'popup' and attempt > 1 and state <> 'set_aside') = '{w429,w500,wdrop,whang}'
            """)
        let said = try await session.simpleQuery(
            "select distinct channel, outcome, said from secondline.message_attempt where attempt = 1 order by channel")
        #expect(said.map { $0[0] } == ["w200", "w404", "w429", "w500", "wdrop", "whang"])
        #expect(said.map { $0[1] } == ["sent", "refused", "failed", "failed", "failed", "failed"])
        #expect(said[3][2]?.contains("HTTP 500") == true)
        let taken = try #require(try sink.requests().first { $0.path == "/200" })
        let body = try #require(try JSONSerialization.jsonObject(with: taken.body) as? [String: Any])
        #expect(body["message_id"] as? Int64 ?? 0 > popup)
        #expect(body["text"] as? String == #"Привет, $(reboot) "мир""#)
        #expect((body["to"] as? [String: Any])?["address"] as? String == "Анна")
        #expect(taken.headers["idempotency-key"] == body["idempotency_key"] as? String)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        try await close()
    }

    @Test(
        "a program that is missing, not executable, crashes or floods is told as what it is, and hurts nobody else",
        arguments: [
            ("/nowhere/program", "failed", "cannot start /nowhere/program: No such file or directory"),
            ("/etc/passwd", "failed", "cannot start /etc/passwd: Permission denied"),
            ("/bin/sh -c \"kill -SEGV $$\"", "unknown", "killed by signal 11"),
            ("/bin/sh -c \"head -c 5000000 /dev/zero; exit 70\"", "failed", "exit status 70"),
        ])
    func badPrograms(program: String, outcome: String, said: String) async throws {
        let person = department.specialists[0]
        try await session.script(
            """
            select secondline.set_contact(\(person), 'bad', 'x'); select secondline.set_contact(\(person), 'good', 'x');
            """)
        let daemon = try DaemonProcess(
            database.conninfo,
            environment: [
                "SECONDLINE_CHANNEL_BAD_PROGRAM": program, "SECONDLINE_CHANNEL_BAD_RETRY_AFTER": "100ms",
                "SECONDLINE_CHANNEL_GOOD_PROGRAM": "/usr/bin/true",
            ])
        for number in 0..<20 {
            try await session.script("select secondline.send_message(\(person), 'note', '{\"text\": \"\(number)\"}')")
        }
        try await settled("(select count(*) from secondline.message_history where channel = 'good') = 20")
        try await settled("exists (select from secondline.message_attempt where channel = 'bad')")
        let first = try await session.simpleQuery(
            "select outcome, said from secondline.message_attempt where channel = 'bad' order by attempt_id limit 1")
        #expect(first[0][0] == outcome)
        #expect(first[0][1]?.hasPrefix(said) == true, "\(first)")
        #expect((first[0][1] ?? "").count <= 2000)
        daemon.signal(SIGTERM)
        #expect(try await daemon.end().status == 0)
        try await close()
    }

    @Test("a message on which the program crashes delays none of the others, and is set aside after the third time")
    func crashing() async throws {
        let person = department.specialists[0]
        try await session.script("select secondline.set_contact(\(person), 'chat', 'x')")
        for number in 1...40 {
            let text = number == 5 ? "poison" : "\(number)"
            try await session.script("select secondline.send_message(\(person), 'note', '{\"text\": \"\(text)\"}')")
        }
        let daemon = try DaemonProcess(
            database.conninfo,
            environment: [
                "SECONDLINE_CHANNEL_CHAT_PROGRAM":
                    #"/bin/sh -c "if grep -q poison; then kill -SEGV $$; fi""#,
                "SECONDLINE_CHANNEL_CHAT_CONCURRENCY": "2", "SECONDLINE_CHANNEL_CHAT_RETRY_AFTER": "100ms",
            ])
        try await settled("(select count(*) from secondline.message_history where channel = 'chat') = 39")
        try await settled("exists (select from secondline.message_set_aside)")
        #expect(
            try await session.simpleQuery(
                """
                select m.data ->> 'text', s.attempt,
                       (select array_agg(a.outcome order by a.attempt) from secondline.message_attempt a
                         where a.message_id = s.message_id)
                  from secondline.message_set_aside s join secondline.message m on m.message_id = s.message_id
                """) == [["poison", "3", "{unknown,unknown,unknown}"]])
        #expect(
            try await session.simpleQuery(
                "select max(attempt), count(*) from secondline.message_attempt where outcome = 'sent'") == [
                    ["1", "39"]
                ])
        daemon.signal(SIGTERM)
        let end = try await daemon.end()
        #expect(end.status == 0)
        #expect(!end.log.contains("channel.failing"))
        try await close()
    }
}
