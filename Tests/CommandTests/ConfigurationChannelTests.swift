import Daemon
import Foundation
import Store
import Testing

@testable import secondline

@Suite("Channels in the configuration")
struct ConfigurationChannelTests {
    @Test("every key of a channel is read into its own field, and channels stand by name")
    func everyKey() throws {
        let channels = try loadConfiguration(
            """
            [channel.mail]
            program = /usr/sbin/sendmail -oi -t
            format = mail
            timeout = 1min
            concurrency = 100
            rate = 30/min
            retry_after = 100ms
            retry_at_most = 7d
            from = "desk+a@example.org"
            environment = PATH=/bin:/usr/bin GREETING="good morning" EMPTY= "A_1=x=y"
            [channel.a-chat_2]
            program = /opt/chat
            """
        ).channels
        let chat = Configuration.Channel(name: "a-chat_2", program: ["/opt/chat"])
        let mail = Configuration.Channel(
            name: "mail", program: ["/usr/sbin/sendmail", "-oi", "-t"], format: .mail, timeout: .seconds(60),
            concurrency: 100, rate: Rate(count: 30, per: .seconds(60)),
            retryAfter: .milliseconds(100), retryAtMost: .seconds(7 * 86_400), from: "desk+a@example.org",
            environment: ["PATH": "/bin:/usr/bin", "GREETING": "good morning", "EMPTY": "", "A_1": "x=y"])
        #expect(channels == [chat, mail])
    }

    @Test("what a channel leaves out is its default")
    func defaults() throws {
        let channel = try #require(try loadConfiguration("[channel.x]\nprogram = /x").channels.first)
        #expect(channel.format == .json)
        #expect(channel.timeout == .seconds(30))
        #expect(channel.concurrency == 4)
        #expect(channel.rate == nil)
        #expect(channel.retryAfter == .seconds(5))
        #expect(channel.retryAtMost == .seconds(900))
        #expect(channel.from.isEmpty)
        #expect(channel.environment.isEmpty)
    }

    @Test(
        "a name that will do is taken",
        arguments: ["a", "team-chat", "a_1-", "popup2", String(repeating: "x", count: 63)])
    func goodName(_ name: String) throws {
        #expect(try loadConfiguration("[ channel.\(name) ]\nprogram = /x").channels.map(\.name) == [name])
    }

    @Test(
        "a name that will not do is told, and the rest of the section too",
        arguments: [
            "", "1a", "-a", "_a", "Mail", "a.b", "a b", "é", "NAME", String(repeating: "x", count: 64),
        ])
    func badName(_ name: String) throws {
        #expect(
            try configurationMistakes("[channel.\(name)]\nconcurrency = 0") == [
                "file:1: \"\(name)\" is not a name for a channel: 1 to 63 of a-z, 0-9, _ and -, the first a letter",
                "file:2: concurrency: 0 is not between 1 and 100",
            ])
    }

    @Test("popup cannot be configured, in the file or by a variable")
    func popup() throws {
        #expect(
            try configurationMistakes("[channel.popup]", environment: ["SECONDLINE_CHANNEL_POPUP_FORMAT": "mail"])
                == ["file:1: popup is built in: every person has it"])
        #expect(
            try configurationMistakes("", environment: ["SECONDLINE_CHANNEL_POPUP_FORMAT": "mail"])
                == ["SECONDLINE_CHANNEL_POPUP_FORMAT: popup is built in: every person has it"])
    }

    @Test("all mistakes of channels are told at once, with their lines, in order")
    func allAtOnce() throws {
        let mistakes = try configurationMistakes(
            """
            [channel]
            [chanel.mail]
            [channel.mail]
            programm = /x
            timeout = 2s
            timeout = 3s
            listen = on
            [channel.a-b]
            program = x
            retry_after = 1h
            [daemon]
            concurrency = 1
            [channel.a_b]
            program =
            retry_after = 5
            retry_at_most = 1s
            [channel.mail]
            rate = 0/min
            """,
            environment: ["SECONDLINE_CHANNEL_MAIL_TIMEOUTS": "1s", "SECONDLINE_CHANNEL_MAIL_FORMAT": "text"])
        #expect(
            mistakes == [
                "file:1: there is no section [channel]; did you mean channel.NAME?",
                "file:2: there is no section [chanel.mail]; did you mean channel.mail?",
                "file:3: [channel.mail] has no program",
                "file:4: there is no key programm in [channel.mail]; did you mean program?",
                "file:6: timeout was set before, on line 5",
                "file:7: listen belongs into [daemon], not into [channel.mail]",
                "file:9: program: \"x\" is not an absolute path: it must begin with /",
                "file:10: retry_at_most of [channel.a-b], 15min, is below its retry_after, 1h",
                "file:12: concurrency belongs into [channel.NAME], not into [daemon]",
                "file:13: [channel.a_b] and [channel.a-b] would both be set by SECONDLINE_CHANNEL_A_B_…: "
                    + "rename one of them",
                "file:14: program: a command line is needed, such as /usr/sbin/sendmail -oi -t",
                "file:15: retry_after: 5 has no unit: write 5ms, 5s, 5min, 5h or 5d",
                "file:17: [channel.mail] was opened before, on line 3",
                "file:18: rate: 0 is not between 1 and 1000000",
                "SECONDLINE_CHANNEL_MAIL_FORMAT: \"text\" is not one of mail, json",
                "SECONDLINE_CHANNEL_MAIL_TIMEOUTS: there is no such setting; "
                    + "did you mean SECONDLINE_CHANNEL_MAIL_TIMEOUT?",
            ])
    }

    @Test(
        "a bad value of a channel says what would be right, in the file and in a variable",
        arguments: [
            ("program", "~/x", "\"~/x\" is not an absolute path: it must begin with /"),
            ("program", "\"\" /x", "\"\" is not an absolute path: it must begin with /"),
            ("program", "/x \"a", "the closing double quote is missing"),
            ("format", "xml", "\"xml\" is not one of mail, json"),
            ("timeout", "99ms", "99ms is not between 100ms and 1h"),
            ("timeout", "61min", "61min is not between 100ms and 1h"),
            ("concurrency", "0", "0 is not between 1 and 100"),
            ("concurrency", "101", "101 is not between 1 and 100"),
            ("retry_after", "99ms", "99ms is not between 100ms and 1h"),
            ("retry_at_most", "999ms", "999ms is not between 1s and 7d"),
            ("retry_at_most", "8d", "8d is not between 1s and 7d"),
            ("retry_at_most", "4s", "retry_at_most of [channel.x], 4s, is below its retry_after, 5s"),
            ("rate", "30", "\"30\" is not a rate such as 30/min, 1000/h or 10/5s"),
            ("rate", "30/", "\"30/\" is not a rate such as 30/min, 1000/h or 10/5s"),
            ("rate", "1/2/s", "\"1/2/s\" is not a rate such as 30/min, 1000/h or 10/5s"),
            ("rate", "x/s", "\"x\" is not a whole number"),
            ("rate", "1000001/s", "1000001 is not between 1 and 1000000"),
            ("rate", "5/m", "\"m\" is not a unit of time: use ms, s, min, h or d"),
            ("rate", "5/10", "10 has no unit: write 10ms, 10s, 10min, 10h or 10d"),
            ("rate", "5/0s", "0s is not between 100ms and 7d"),
            ("environment", "A=1 A=2", "A is there twice"),
            ("environment", "A=1 secret", "word 2 is not NAME=value, with a name of letters, digits and _"),
            ("environment", "1A=x", "word 1 is not NAME=value, with a name of letters, digits and _"),
            ("environment", "=x", "word 1 is not NAME=value, with a name of letters, digits and _"),
            ("environment", "Ä=x", "word 1 is not NAME=value, with a name of letters, digits and _"),
        ])
    func badValue(_ key: String, _ value: String, _ says: String) throws {
        let program = key == "program" ? "" : "program = /x\n"
        let line = program.isEmpty ? 2 : 3
        let label = says.hasPrefix(key) ? "" : "\(key): "
        #expect(
            try configurationMistakes("[channel.x]\n\(program)\(key) = \(value)") == ["file:\(line): \(label)\(says)"])
        let variable = "SECONDLINE_CHANNEL_X_\(key.uppercased())"
        #expect(
            try configurationMistakes("[channel.x]\n\(program)", environment: [variable: value]) == [
                "\(variable): \(says)"
            ])
    }

    @Test(
        "a rate is a count and a time",
        arguments: [
            ("5/s", 5, 1000), ("30/min", 30, 60_000), ("1000/h", 1000, 3_600_000), ("10/5s", 10, 5000),
            ("1000000/7d", 1_000_000, 604_800_000), ("1/100ms", 1, 100), ("2/d", 2, 86_400_000),
        ])
    func rate(_ text: String, _ count: Int, _ milliseconds: Int) throws {
        let rate = Rate(count: count, per: .milliseconds(milliseconds))
        #expect(try loadConfiguration("[channel.x]\nprogram = /x\nrate = \(text)").channels.first?.rate == rate)
        #expect(try ConfigurationKind.rate(rate.configurationText).get() == rate)
    }

    @Test(
        "a sender is a plain mail address, or nothing",
        arguments: [
            ("a@b", true), ("desk@mail.example-1.org", true), ("a.b!#$%&'*+/=?^_{|}~-@h", true), ("", true),
            ("a", false), ("@b", false), ("a@", false), ("a@b@c", false), ("a b@c", false), ("Desk <a@b>", false),
            (".a@b", false), ("a@b..c", false), ("a@b_c", false), ("ä@b", false), ("a@ü", false), ("a@b,c@d", false),
            ("a`@b", true), ("-a@b", false), ("a@-b", false), (String(repeating: "a", count: 253) + "@b", false),
        ])
    func sender(_ address: String, _ isPlain: Bool) throws {
        let text = "[channel.x]\nprogram = /x\nfrom = \(address)"
        if isPlain {
            #expect(try loadConfiguration(text).channels.first?.from == address)
        } else {
            let says = "\"\(address)\" is not a plain mail address such as desk@example.org"
            #expect(try configurationMistakes(text) == ["file:3: from: \(says)"])
        }
    }

    @Test("the environment of a program in a file that everybody can read is worth a warning, without its values")
    func secret() throws {
        let channels = "[channel.b]\nprogram = /x\nenvironment = TOKEN=hush\n[channel.a]\nprogram = /x\n"
        let file = ScratchFile(channels + "environment =\n[channel.c]\nprogram = /x\nenvironment = X=1\n")
        let variable = ["SECONDLINE_CHANNEL_A_ENVIRONMENT": "TOKEN=hush"]
        #expect(try Configuration.load(file: file.path, environment: variable).warnings.isEmpty)
        chmod(file.path, 0o644)
        #expect(
            try Configuration.load(file: file.path, environment: variable).warnings == [
                "\(file.path) contains the environment of [channel.b], [channel.c] and everybody can read it: chmod o-r"
            ])
    }
}
