import Daemon
import Foundation
import Postgres
import Store
import Testing

@testable import secondline

@Suite("The configuration")
struct ConfigurationTests {
    @Test("every key is read into its own field")
    func everyKey() throws {
        let configuration = try loadConfiguration(
            """
            [database]
            conninfo = host=/run/postgresql dbname=desk
            password_file =
            connect_timeout=3s
            statement_timeout = 2min
            lock_timeout = 250ms
            pooler = session
            [daemon]
            poll_interval = 1h
            batch_size = 10000
            audit_interval = 90s
            health_interval = 2min
            listen = off
            [log]
            level = debug
            format = json
            [delivery]
            lease = 1h
            retention = 3650d
            [tickets]
            retention = 400d
            [metrics]
            file = /var/lib/metrics/secondline.prom
            interval = 1s
            """)
        #expect(configuration.database.conninfo == "host=/run/postgresql dbname=desk")
        #expect(configuration.database.connectTimeout == .seconds(3))
        #expect(configuration.database.statementTimeout == .seconds(120))
        #expect(configuration.database.lockTimeout == .milliseconds(250))
        #expect(configuration.database.pooler == .session)
        #expect(configuration.daemon.pollInterval == .seconds(3600))
        #expect(configuration.daemon.batchSize == 10_000)
        #expect(configuration.daemon.auditInterval == .seconds(90))
        #expect(configuration.daemon.healthInterval == .seconds(120))
        #expect(!configuration.daemon.listen)
        #expect(configuration.log.level == .debug)
        #expect(configuration.log.format == .json)
        #expect(configuration.delivery.lease == .seconds(3600))
        #expect(configuration.delivery.retention == .seconds(3650 * 86_400))
        #expect(configuration.tickets.retention == .seconds(400 * 86_400))
        #expect(configuration.metrics.file == "/var/lib/metrics/secondline.prom")
        #expect(configuration.metrics.interval == .seconds(1))
        #expect(configuration.channels.isEmpty)

        // and comes to the daemon
        let settings = configuration.daemonSettings
        #expect(settings.session.conninfo == "host=/run/postgresql dbname=desk")
        #expect(settings.session.connectTimeout == .seconds(3))
        #expect(settings.session.statementTimeout == .seconds(120))
        #expect(settings.session.callTimeout > .seconds(120))
        #expect(settings.session.lockTimeout == .milliseconds(250))
        #expect(settings.session.pooler == .session)
        #expect(settings.pollInterval == .seconds(3600))
        #expect(settings.batchSize == 10_000)
        #expect(settings.auditInterval == .seconds(90))
        #expect(settings.healthInterval == .seconds(120))
        #expect(!settings.listens)
        #expect(settings.delivery.lease == .seconds(3600))
        #expect(settings.delivery.retention == .seconds(3650 * 86_400))
        #expect(settings.ticketRetention == .seconds(400 * 86_400))
        #expect(settings.metrics?.file == "/var/lib/metrics/secondline.prom")
        #expect(settings.metrics?.interval == .seconds(1))
    }

    @Test("the example file says what the keys declare, and is the default configuration with one channel to mail")
    func example() throws {
        let example = try repositoryFile("deploy/secondline.conf.example")
        #expect(example == ConfigurationExample.file)
        let active = example.replacing(/\n#(\[[a-z.]+\]|[a-z_]+ =)/) { "\n\($0.1)" }
        #expect(ConfigurationText(Array(active.utf8)).assignments.count == ConfigurationKey.all.count)
        var defaults = Configuration()
        var read = try loadConfiguration(example)
        read.file = nil
        #expect(read == defaults)
        defaults.channels = [
            Configuration.Channel(name: "mail", program: ["/usr/sbin/sendmail", "-oi", "-t"], format: .mail)
        ]
        read = try loadConfiguration(active)
        read.file = nil
        #expect(read == defaults)
    }

    @Test("the table of the README says what the keys declare")
    func table() throws {
        #expect(try repositoryFile("README.md").contains("\n\n\(ConfigurationExample.table)\n"))
        #expect(ConfigurationExample.table.split(separator: "\n").count == ConfigurationKey.all.count + 2)
    }

    @Test("comments, blanks, quotes, a byte-order mark and CRLF are understood")
    func tolerance() throws {
        let configuration = try loadConfiguration(
            "\u{FEFF}# remark\r\n  ; another\r\n [database] \r\n\tconninfo = \"  user=\\\"b\\\" dbname='\\\\\\\\ # c'\" \r\n\r\n[log]\r\nlevel=ERROR"
        )
        #expect(configuration.database.conninfo == "  user=\"b\" dbname='\\\\ # c'")
        #expect(configuration.log.level == .error)
    }

    @Test("all mistakes are told at once, with their lines, in order")
    func allAtOnce() throws {
        let mistakes = try configurationMistakes(
            """
            early = 1
            [daemn]
            x = 1
            [daemon]
            pol_interval = 5s
            batch_size = 0
            level = info
            nonsense
            [daemon]
            listen = perhaps
            listen = on
            [log
            """,
            environment: [
                "SECONDLINE_LOG_LEVEL": "inof", "SECONDLINE_DAEMON_BATCHSIZE": "1", "SECONDLINE_TEST_CONNINFO": "x",
                "SECONDLINE_CONFIG": "ignored because the option names a file",
            ])
        #expect(
            mistakes == [
                "file:1: early stands before the first [section]",
                "file:2: there is no section [daemn]; did you mean daemon?",
                "file:5: there is no key pol_interval in [daemon]; did you mean poll_interval?",
                "file:6: batch_size: 0 is not between 1 and 10000",
                "file:7: level belongs into [log], not into [daemon]",
                "file:8: \"nonsense\" is neither a [section] nor key = value",
                "file:9: [daemon] was opened before, on line 4",
                "file:10: listen: \"perhaps\" is neither on nor off",
                "file:11: listen was set before, on line 10",
                "file:12: \"[log\" is not a [section]",
                "SECONDLINE_DAEMON_BATCHSIZE: there is no such setting; did you mean SECONDLINE_DAEMON_BATCH_SIZE?",
                "SECONDLINE_LOG_LEVEL: \"inof\" is not one of debug, info, warning, error; did you mean info?",
            ])
    }

    @Test(
        "a bad value says what would be right",
        arguments: [
            ("5", "5 has no unit: write 5ms, 5s, 5min, 5h or 5d"),
            ("", "\"\" is not a duration such as 250ms, 5s, 2min, 1h or 30d"),
            ("-1s", "\"-1s\" is not a duration such as 250ms, 5s, 2min, 1h or 30d"),
            ("5m", "\"m\" is not a unit of time: use ms, s, min, h or d"),
            ("99ms", "99ms is not between 100ms and 1h"),
            ("1d", "1d is not between 100ms and 1h"),
            ("2h", "2h is not between 100ms and 1h"),
            ("9223372036854775807h", "9223372036854775807h is not between 100ms and 1h"),
            ("5s # comment", "put the comment on a line of its own, or the value in double quotes"),
            ("\"5s", "the closing double quote is missing"),
            ("\"5s\" x", "there is text after the closing quote"),
        ])
    func badValue(_ value: String, _ says: String) throws {
        #expect(try configurationMistakes("[daemon]\npoll_interval = \(value)") == ["file:2: poll_interval: \(says)"])
    }

    @Test("a duration is written as it is read", arguments: ["1ms", "1500ms", "90s", "25min", "23h", "1d", "3650d"])
    func durationText(_ text: String) throws {
        let range: ClosedRange<Duration> = .zero ... .seconds(3650 * 86_400)
        #expect(try ConfigurationKind.duration(text, in: range).get().configurationText == text)
    }

    @Test("bytes that are not UTF-8 are told with their line")
    func notText() throws {
        let file = ScratchFile(Array("[log]\n# ".utf8) + [0xFF, 0x0A] + Array("level = info\u{0}".utf8))
        let failure = #expect(throws: CommandFailure.self) { try Configuration.load(file: file.path, environment: [:]) }
        #expect(failure?.message.contains(":2: not text in UTF-8") == true)
        #expect(failure?.message.contains(":3: has a NUL byte") == true)
        #expect(failure?.advice == "Correct this and try again.")
    }

    @Test("the environment wins over the file, and --conninfo over both")
    func precedence() throws {
        let text = "[database]\nconninfo = host=file\nlock_timeout = 1s"
        let environment = ["SECONDLINE_DATABASE_CONNINFO": "host=environment"]
        #expect(try loadConfiguration(text).database.conninfo == "host=file")
        #expect(try loadConfiguration(text, environment: environment).database.conninfo == "host=environment")
        #expect(try loadConfiguration(text, environment: environment).database.lockTimeout == .seconds(1))
        #expect(
            try loadConfiguration(text, environment: environment, conninfo: "host=option").database.conninfo
                == "host=option")
    }

    @Test("a connection string that libpq cannot read is a mistake, wherever it stands")
    func unreadableConninfo() throws {
        let file = try configurationMistakes("[database]\nconninfo = host")
        #expect(file.first?.hasPrefix("file:2: conninfo: the connection string cannot be read: missing \"=\"") == true)
        let variable = try configurationMistakes("", environment: ["SECONDLINE_DATABASE_CONNINFO": "hots=x"])
        #expect(variable.first?.hasPrefix("SECONDLINE_DATABASE_CONNINFO: the connection string") == true)
        let option = #expect(throws: CommandFailure.self) { try loadConfiguration("", conninfo: "postgres://[h") }
        #expect(option?.status == .usage)
        #expect(option?.message.hasPrefix("--conninfo: ") == true)
    }

    @Test("the file is the one named by the option, else by the environment, else the default one if it exists")
    func lookup() throws {
        let (first, second) = (ScratchFile("[daemon]\nbatch_size = 1"), ScratchFile("[daemon]\nbatch_size = 2"))
        let named = ["SECONDLINE_CONFIG": second.path]
        #expect(try Configuration.load(file: first.path, environment: named).daemon.batchSize == 1)
        #expect(try Configuration.load(file: nil, environment: named).daemon.batchSize == 2)
        #expect(try Configuration.load(file: nil, environment: [:], defaultPath: first.path).file == first.path)
        #expect(try Configuration.load(file: nil, environment: [:], defaultPath: "/nowhere/x") == Configuration())
    }

    @Test("a named file that is missing is status 66, by either way of naming it")
    func missing() {
        let failure = #expect(throws: CommandFailure.self) {
            try Configuration.load(file: "/nowhere/x", environment: [:])
        }
        #expect(failure?.status == .noInput)
        let named = #expect(throws: CommandFailure.self) {
            try Configuration.load(file: nil, environment: ["SECONDLINE_CONFIG": "/nowhere/x"])
        }
        #expect(named?.status == .noInput)
        #expect(named?.message.contains("SECONDLINE_CONFIG") == true)
    }

    @Test("a directory, a device and a file of more than 1 MB are refused")
    func unsuitable() {
        let large = ScratchFile(Array(repeating: 0x0A, count: (1 << 20) + 1))
        for (path, says) in [("/tmp", "a directory"), ("/dev/null", "not a regular file"), (large.path, "1 MB")] {
            let failure = #expect(throws: CommandFailure.self) { try Configuration.load(file: path, environment: [:]) }
            #expect(failure?.message.contains(says) == true)
        }
    }

    @Test(
        "a password in a file that everybody can read is worth a warning",
        arguments: [
            ("host=x password=y", true), ("postgres://u:p@h/d", true), ("postgresql://h/d?password=p", true),
            ("host=x user=password", false), ("postgres://u@h:5432/d", false), ("host=x passfile=/f", false),
        ])
    func password(_ conninfo: String, _ warns: Bool) throws {
        let file = ScratchFile("[database]\nconninfo = \(conninfo)")
        #expect(try Configuration.load(file: file.path, environment: [:]).warnings.isEmpty)
        chmod(file.path, 0o644)
        let warnings = try Configuration.load(file: file.path, environment: [:]).warnings
        let expected = "contains a password and everybody can read it: chmod o-r, or move it into a password_file"
        #expect(warnings == (warns ? ["\(file.path) \(expected)"] : []))
    }
}
