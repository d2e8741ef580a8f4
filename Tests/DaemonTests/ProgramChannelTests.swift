import ChildProcess
import Daemon
import Foundation
import Policy
import Store
import TestSupport
import Testing

@Suite("a channel that is a program")
struct ProgramChannelTests {
    private func channel(
        _ script: String, _ arguments: String..., format: MessageFormat = .json, timeLimit: Duration = .seconds(300),
        from: String = "desk@example.org"
    ) -> ProgramChannel {
        let program = ChildProgram(path: "/bin/sh", arguments: ["-c", script, "sh"] + arguments)
        return ProgramChannel(program: program, format: format, timeLimit: timeLimit, from: from)
    }

    @Test(
        "the exit status says what became of the message",
        arguments: [
            (0, .sent, ""), (65, .refused, "exit status 65"), (67, .refused, "exit status 67"),
            (1, .failed, "exit status 1"), (64, .failed, "exit status 64"), (75, .failed, "exit status 75"),
            (127, .failed, "exit status 127"),
        ] as [(Int, Delivery.Outcome, String)])
    func statuses(status: Int, outcome: Delivery.Outcome, said: String) async {
        #expect(await channel("exit \(status)").deliver(.sample()) == Delivery(outcome, said: said))
        let talking = await channel("echo so it is; exit \(status)").deliver(.sample())
        #expect(talking == Delivery(outcome, said: "so it is"))
    }

    @Test("a program that crashes has died of the message; one that somebody asked to end has not")
    func signals() async {
        #expect(
            await channel("echo oops; kill -SEGV $$").deliver(.sample())
                == Delivery(.unknown, said: "killed by signal 11 (Segmentation fault): oops", crashed: true))
        #expect(
            await channel("kill -KILL $$").deliver(.sample())
                == Delivery(.unknown, said: "killed by signal 9 (Killed)", crashed: true))
        for (number, name) in [(15, "Terminated"), (2, "Interrupt"), (1, "Hangup")] {
            #expect(
                await channel("kill -\(number) $$").deliver(.sample())
                    == Delivery(.unknown, said: "killed by signal \(number) (\(name))"))
        }
    }

    @Test("out of time, or cancelled, nobody knows")
    func limits() async {
        let late = await channel("exec sleep 1000", timeLimit: .milliseconds(300)).deliver(.sample())
        #expect(late == Delivery(.unknown, said: "did not end within 300ms"))
        let hanging = channel("exec sleep 1000")
        let task = Task { await hanging.deliver(.sample()) }
        task.cancel()
        // Before it was started, or after.
        let outcome = await task.value.outcome
        #expect(outcome == .failed || outcome == .unknown)
    }

    @Test("a program that cannot be started is the channel's fault")
    func notStarted() async {
        let missing = ProgramChannel(
            program: ChildProgram(path: "/nowhere/sendmail"), format: .json, timeLimit: .seconds(300), from: "")
        #expect(
            await missing.deliver(.sample())
                == Delivery(.failed, said: "cannot start /nowhere/sendmail: No such file or directory"))
    }

    @Test("an address that is none is refused, and a sender that is none fails, without starting the program")
    func addresses() async {
        let mail = channel("exit 0", format: .mail)
        #expect(await mail.deliver(.sample()) == Delivery(.sent))
        #expect(
            await mail.deliver(.sample(address: "a@b.example\nBcc: eve@example.net"))
                == Delivery(.refused, said: "\"a@b.example | Bcc: eve@example.net\" is not a mail address"))
        let long = await mail.deliver(.sample(address: String(repeating: "ы", count: 5000)))
        #expect(long.outcome == .refused && long.said.count < 400)
        #expect(
            await channel("exit 0", format: .mail, from: "desk").deliver(.sample())
                == Delivery(.failed, said: "the sender \"desk\" is not a mail address"))
        // What JSON carries is for its program to judge.
        #expect(await channel("exit 0", from: "").deliver(.sample(address: "+41 79 000")) == Delivery(.sent))
    }

    @Test(
        "what it said is one printable line of UTF-8",
        arguments: [
            (#"one\n\n  two\t \r\nthree\n"#, "one | two three".replacing("two ", with: "two | ")),
            (#"a\000b\033[31mc\007"#, "a b [31mc"),
            (#"\320\237\377\320"#, "П\u{FFFD}\u{FFFD}"),
            (#"\302\205\342\200\256x\342\200\250y"#, "x y"),
            (#" \n \n"#, "exit status 1"),
        ])
    func said(printf: String, said: String) async {
        #expect(await channel("printf '\(printf)'; exit 1").deliver(.sample()) == Delivery(.failed, said: said))
    }

    @Test("of a long answer the first two thousand characters are told, as PostgreSQL counts them")
    func longAnswers() async {
        let plain = await channel("head -c 9000 /dev/zero | tr '\\0' x; exit 1").deliver(.sample())
        #expect(plain.said == String(repeating: "x", count: 2000))
        let marks = await channel("i=0; while [ $i -lt 2000 ]; do printf 'e\\314\\201'; i=$((i+1)); done; exit 75")
            .deliver(.sample())
        #expect(marks.said.unicodeScalars.count <= 2000 && marks.said.count >= 1000)
        let crash = await channel("head -c 9000 /dev/zero | tr '\\0' x; kill -SEGV $$").deliver(.sample())
        #expect(crash.said.hasPrefix("killed by signal 11") && crash.said.count == 2000)
    }

    @Test("the program reads the mail, or the JSON line, and nothing else")
    func input() async throws {
        for format in MessageFormat.allCases {
            let file = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            let message = OutgoingMessage.sample(name: MailTests.russian, subject: MailTests.emoji)
            #expect(await channel("cat >\"$1\"", file.path, format: format).deliver(message) == Delivery(.sent))
            let read = Array(try Data(contentsOf: file))
            switch format {
            case .json: #expect(read == message.jsonLine)
            case .mail:
                let sender = try #require(MailAddress("desk@example.org"))
                let reader = try #require(MailAddress(message.address))
                #expect(read == Mail(message, from: sender, to: reader).bytes)
            }
        }
    }

    @Test("the JSON line says all, whatever the words contain")
    func object() throws {
        let words = "\"\\\u{1}\u{7F}\n\r\t\u{2028}\u{2029}\u{202E}</script>ё👩‍👧" + String(repeating: "long ", count: 2000)
        let message = OutgoingMessage.sample(
            key: words, kind: words, name: words, address: words, subject: words, text: words,
            data: "{\"ticket\": 42,\n \"title\": \"\\u0001 ё\"}")
        let line = message.jsonLine
        #expect(line.last == 10 && !line.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
        #expect(!String(decoding: line, as: UTF8.self).unicodeScalars.contains { (0x2028...0x202E).contains($0.value) })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? NSDictionary)
        let expected: NSDictionary = [
            "message_id": 42, "attempt": 3, "idempotency_key": words, "kind": words, "subject": words, "text": words,
            "to": ["name": words, "address": words, "locale": "ru"], "data": ["ticket": 42, "title": "\u{1} ё"],
        ]
        #expect(object == expected)
    }
}
