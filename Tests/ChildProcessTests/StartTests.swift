import ChildProcess
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("starting a program", .serialized)
struct StartTests {
    @Test(
        "a program that does not exist, cannot be executed, is a directory or no program is not started, and says why")
    func notStarted() async throws {
        let scratch = try ScratchDirectory()
        let plain = try scratch.file("plain", "#!/bin/sh\n", mode: 0o644)
        let noise = try scratch.file("noise", "neither script nor program", mode: 0o755)
        #expect(await ChildProgram(path: "\(scratch.path)/missing").run() == ChildEnd(.notStarted(ENOENT)))
        #expect(await ChildProgram(path: plain).run() == ChildEnd(.notStarted(EACCES)))
        #expect(await ChildProgram(path: scratch.path).run() == ChildEnd(.notStarted(EACCES)))
        #expect(await ChildProgram(path: noise).run() == ChildEnd(.notStarted(ENOEXEC)))
        #expect(await ChildProgram(path: plain + "/below").run() == ChildEnd(.notStarted(ENOTDIR)))
        let long = String(repeating: "x", count: 3_000_000)
        #expect(await ChildProgram(path: "/bin/true", arguments: [long]).run() == ChildEnd(.notStarted(E2BIG)))
    }

    @Test("a relative path, a NUL, and a variable without a proper name are refused")
    func unsound() async {
        for program in [
            ChildProgram(path: "true"), ChildProgram(path: ""), ChildProgram(path: "/bin/true\0"),
            ChildProgram(path: "/bin/true", arguments: ["a\0b"]),
            ChildProgram(path: "/bin/true", environment: ["A": "a\0b"]),
            ChildProgram(path: "/bin/true", environment: ["": "a"]),
            ChildProgram(path: "/bin/true", environment: ["A=B": "a"]),
        ] {
            #expect(await program.run() == ChildEnd(.notStarted(EINVAL)), "\(program)")
        }
    }

    @Test("without a free descriptor nothing is started, and the next run is well")
    func noDescriptors() async throws {
        var usual = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
        for free: Int32 in 0...5 {
            await settle()
            let open = Descriptors.ours.max() ?? 0
            // One more than the highest is the lowest that the limit can forbid.
            var tight = rlimit(rlim_cur: rlim_t(open + 1 + free), rlim_max: usual.rlim_max)
            let fillers = Descriptors.fill(upTo: open)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &tight)
            let end = await ChildProgram.shell("cat").run(Array("hello".utf8))
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &usual)
            for filler in fillers { close(filler) }
            // The bell, the input and a pipe; what tells of the end takes the number of an end that only the child needs.
            #expect(
                end == (free < 4 ? ChildEnd(.notStarted(EMFILE)) : ChildEnd(.exited(0), output: Array("hello".utf8))))
        }
        #expect(await ChildProgram.shell("exit 3").run().way == .exited(3))
    }

    @Test("arguments are passed as they are: nothing in them is a command")
    func arguments() async {
        let words = ["a b", "", "\"'\\", "$(echo no)", "`echo no`", "; exit 9", "*", "-n", "два\nслова", "\u{1}\u{7F}"]
        let program = ChildProgram(path: "/usr/bin/printf", arguments: ["[%s]"] + words)
        let end = await program.run()
        #expect(end == ChildEnd(.exited(0), output: Array(words.map { "[\($0)]" }.joined().utf8)))
    }

    @Test("the environment is what is given, and nothing else")
    func environment() async {
        setenv("SECONDLINE_SECRET", "ours", 1)
        defer { unsetenv("SECONDLINE_SECRET") }
        #expect(await ChildProgram(path: "/usr/bin/env").run() == ChildEnd(.exited(0)))
        let some = ChildProgram(path: "/usr/bin/env", environment: ["B": "x=y z", "A": "", "PATH": "/nowhere"])
        #expect(await some.run().text == "A=\nB=x=y z\nPATH=/nowhere\n")
    }

    @Test("it works in /, in a process group of its own")
    func place() async {
        let end = await ChildProgram.shell("pwd; echo $$; cut -d' ' -f5 /proc/$$/stat").run()
        let lines = end.text.split(separator: "\n")
        #expect(lines.count == 3 && lines[0] == "/" && lines[1] == lines[2])
    }

    @Test("no signal is ignored or blocked, though we ignore some")
    func signals() async {
        let ours = [SIGPIPE, SIGTERM, SIGHUP, SIGUSR2, SIGCHLD]
        let before = ours.map { signal($0, SIG_IGN) }
        let end = await ChildProgram(path: "/bin/cat", arguments: ["/proc/self/status"]).run()
        for (number, disposition) in zip(ours, before) { signal(number, disposition) }
        // 32 and 33 are glibc's own: its posix_spawn has them ignored until the program's own glibc takes them.
        let glibc: UInt64 = 1 << 31 | 1 << 32
        #expect(end.way == .exited(0), "not even its status is lost when SIGCHLD is ignored")
        for field in ["SigBlk:\t", "SigIgn:\t"] {
            let line = end.text.split(separator: "\n").first { $0.hasPrefix(field) }
            let set = line.flatMap { UInt64($0.dropFirst(field.count), radix: 16) }
            #expect(set.map { $0 & ~glibc } == 0, "\(line ?? "")")
        }
    }

    @Test("it inherits no descriptor but its three, not even a careless one")
    func inheritance() async {
        let careless = open("/dev/null", O_RDONLY)
        defer { close(careless) }
        let end = await ChildProgram(path: "/bin/ls", arguments: ["/proc/self/fd"]).run()
        #expect(end.text == "0\n1\n2\n3\n", "3 is the directory that ls reads")
    }

    @Test("nothing of ours takes the number of a standard descriptor that is closed: a log would be written into it")
    func standardDescriptors() async {
        await settle()
        let input = dup(STDIN_FILENO)
        close(STDIN_FILENO)
        // When its input has ended, all that we open is open.
        let end = await ChildProgram.shell("cat >/dev/null; ls /proc/$1/fd", "\(getpid())").run(Array("hello".utf8))
        dup2(input, STDIN_FILENO)
        close(input)
        #expect(end.way == .exited(0))
        #expect(!end.text.split(separator: "\n").contains("0"))
    }

    @Test("two hundred runs, some of them killed or never started, leave no descriptor, thread or zombie behind")
    func leaks() async {
        await settle()
        let before = Descriptors.ours.count
        let programs = [
            ChildProgram.shell("cat"), ChildProgram(path: "/missing"), .shell("exec sleep 1000"), .shell("kill -9 $$"),
        ]
        for _ in 0..<50 {
            for program in programs {
                _ = await program.run(input: Array("hello".utf8), timeLimit: .milliseconds(20))
            }
        }
        await settle()
        #expect(Descriptors.ours.count == before)
        let children = (try? String(contentsOfFile: "/proc/self/task/\(getpid())/children", encoding: .utf8)) ?? ""
        let states = children.split(separator: " ").map { pid in
            (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        }
        #expect(!states.contains { $0.contains(") Z ") })
    }
}

/// The descriptors of this process.
private enum Descriptors {
    static var ours: [Int32] {
        // Also the one that lists them.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { Int32($0) }.filter { fcntl($0, F_GETFD) >= 0 }
    }

    /// Takes every free number up to this one.
    static func fill(upTo highest: Int32) -> [Int32] {
        var fillers: [Int32] = []
        while true {
            let filler = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard filler >= 0, filler <= highest else {
                close(filler)
                return fillers
            }
            fillers.append(filler)
        }
    }
}
