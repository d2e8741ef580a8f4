import Foundation
import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("Credentials")
struct CredentialTests {
    private static let awkward = #"p'w \ "x"= ü"#

    @Test("the password is the first line of the file, whatever is in it, and the connection keeps all else")
    func password() throws {
        for ending in ["", "\n", "\r\n", "\nnot this\n"] {
            let file = ScratchFile(Self.awkward + ending)
            let text = "[database]\nconninfo = postgres://u@h:5433/d?password=old\npassword_file = \(file.path)"
            let conninfo = try Conninfo(parsing: loadConfiguration(text).database.conninfo)
            #expect(conninfo["password"] == Self.awkward)
            #expect([conninfo.host, conninfo.port, conninfo.user, conninfo.database] == ["h", "5433", "u", "d"])
            // whoever names another database does not mean it
            let other = try loadConfiguration(text, conninfo: "host=other")
            #expect(other.database.conninfo == "host=other")
        }
    }

    @Test("a name is a credential of systemd, with the mode that systemd gives it")
    func credential() throws {
        let file = ScratchFile("secret\n")
        chmod(file.path, 0o440)
        let url = URL(filePath: file.path)
        let directory = url.deletingLastPathComponent().path
        let text = """
            [database]
            password_file = \(url.lastPathComponent)
            [channel.chat]
            program = /opt/chat
            [channel.own]
            program = /opt/own
            environment = CREDENTIALS_DIRECTORY=/elsewhere
            """
        let configuration = try loadConfiguration(text, environment: ["CREDENTIALS_DIRECTORY": directory])
        #expect(try Conninfo(parsing: configuration.database.conninfo)["password"] == "secret")
        #expect(
            configuration.channels.map(\.environment) == [
                ["CREDENTIALS_DIRECTORY": directory], ["CREDENTIALS_DIRECTORY": "/elsewhere"],
            ])
        #expect(configuration.warnings.isEmpty)
        let failure = #expect(throws: CommandFailure.self) { try loadConfiguration(text) }
        #expect(failure?.status == .configuration)
        #expect(failure?.message.contains("is a credential, and there are none here") == true)
    }

    @Test("a password file that will not do is told with what is wrong, and never with what is in it")
    func unsuitable() throws {
        let (empty, bytes, nul) = (ScratchFile("\nsecret"), ScratchFile([0xFF, 0xFE]), ScratchFile("a\0secret"))
        let large = ScratchFile(Array(repeating: 0x61, count: (1 << 20) + 1))
        let cases = [
            ("/nowhere/x", "cannot open the password file"), ("/tmp", "is a directory"),
            ("/dev/null", "not a regular file"),
            (empty.path, "no password in its first line"), (bytes.path, "a first line that is not text in UTF-8"),
            (nul.path, "a NUL byte in its first line"), (large.path, "larger than 1 MB"),
        ]
        for (path, says) in cases {
            let failure = #expect(throws: CommandFailure.self) {
                try loadConfiguration("[database]\npassword_file = \(path)")
            }
            #expect(failure?.message.contains(says) == true)
            #expect(failure?.message.contains("secret") == false)
        }
        #expect(
            try configurationMistakes("[database]\npassword_file = a/b").first?.contains("neither an absolute path")
                == true)
        let open = ScratchFile("secret")
        chmod(open.path, 0o644)
        let warnings = try loadConfiguration("[database]\npassword_file = \(open.path)").warnings
        #expect(warnings == ["\(open.path) is a password and everybody can read it: chmod o-r"])
    }

    @Test("an empty configuration file is worth a warning: everything has its default", arguments: ["", "\n  \n"])
    func empty(text: String) throws {
        let configuration = try loadConfiguration(text)
        #expect(configuration.warnings == ["\(configuration.file ?? "") is empty: everything has its default"])
        #expect(try loadConfiguration("# \n").warnings.isEmpty)
    }

    @Test("check says of a setgid program that the sandbox forbids it, and of a plain one nothing")
    func setgid() async throws {
        let program = ScratchFile("#!/bin/sh\n")
        let configuration = ScratchFile("[channel.mail]\nprogram = \(program.path)\n")
        for (mode, says) in [
            (0o755, "ok       channel mail: "), (0o2755, "warning  channel mail: "), (0o4755, "warning"),
        ] {
            chmod(program.path, mode_t(mode))
            let check = await CommandRun(["check", "--config", configuration.path, "--conninfo", "host=/nonexistent"])
            let line = try #require(check.output.split(separator: "\n").first { $0.contains("channel mail") })
            #expect(line.hasPrefix(says))
            #expect(line.contains("secondline-sendmail.conf") == (mode != 0o755))
        }
        // in the sandbox itself it is a failure
        let setpriv = "/usr/bin/setpriv"
        let built = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "secondline")
        let check = try ShortProcess(
            setpriv,
            ["--no-new-privs", built.path, "check", "--config", configuration.path, "--conninfo", "host=/nonexistent"],
            input: Data())
        let output = await check.end().output
        #expect(output.contains("FAILED   channel mail: \(program.path) is setuid or setgid, and this sandbox"))
    }
}
