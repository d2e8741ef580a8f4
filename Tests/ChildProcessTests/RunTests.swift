import ChildProcess
import Foundation
import Glibc
import TestSupport
import Testing

@Suite("running a program", .serialized)
struct RunTests {
    static let megabytes = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000_000)

    @Test("the input arrives whole, and its end too", arguments: [0, 1, 65_536, 65_537, 5_000_000])
    func input(count: Int) async {
        let end = await ChildProgram.shell("wc -c").run(Array(Self.megabytes.prefix(count)))
        #expect(end == ChildEnd(.exited(0), output: Array("\(count)\n".utf8)))
    }

    @Test("its status is told", arguments: [0, 1, 65, 75, 127, 255] as [Int32])
    func status(code: Int32) async {
        #expect(await ChildProgram.shell("exit $1", "\(code)").run() == ChildEnd(.exited(code)))
    }

    @Test("a signal that is not ours is told", arguments: [SIGTERM, SIGKILL, SIGSEGV, SIGPIPE])
    func signalled(signal: Int32) async {
        #expect(
            await ChildProgram.shell("echo before; kill -$1 $$", "\(signal)").run()
                == ChildEnd(.signalled(signal), output: Array("before\n".utf8)))
    }

    @Test("of both outputs the first bytes are kept, in order; twenty megabytes of the rest hold nobody up")
    func flood() async {
        let script =
            "echo one; echo two >&2; echo three; head -c 10000000 /dev/zero; head -c 10000000 /dev/zero >&2; exit 4"
        let end = await ChildProgram.shell(script).run()
        #expect(end.way == .exited(4))
        #expect(end.output == Array("one\ntwo\nthree\n".utf8) + [UInt8](repeating: 0, count: 4096 - 14))
        let none = await ChildProgram.shell(script).run(input: [], timeLimit: .seconds(300), outputLimit: 0)
        #expect(none == ChildEnd(.exited(4)))
    }

    @Test("input and output of any size go side by side")
    func echo() async {
        let end = await ChildProgram.shell("cat; echo done >&2").run(
            input: Self.megabytes, timeLimit: .seconds(300), outputLimit: 6_000_000)
        #expect(end == ChildEnd(.exited(0), output: Self.megabytes + Array("done\n".utf8)))
    }

    @Test(
        "a program that closes its input, or exits without reading it, has not failed for that; nor does SIGPIPE reach us",
        arguments: [
            "exec <&-; sleep 0.1; echo fine", "echo fine", "head -c 10 >/dev/null; exec <&-; sleep 0.1; echo fine",
        ])
    func unread(script: String) async {
        let before = signal(SIGPIPE, SIG_DFL)
        defer { signal(SIGPIPE, before) }
        #expect(
            await ChildProgram.shell(script).run(Self.megabytes) == ChildEnd(.exited(0), output: Array("fine\n".utf8)))
    }

    @Test("its exit is its end: a process that it leaves behind with its outputs holds nobody up, and lives on")
    func leftBehind() async throws {
        let scratch = try ScratchDirectory()
        let (go, outcome) = (scratch.fifo("go"), scratch.fifo("outcome"))
        // The fifo lets the one left behind go on only after the run is over.
        let end = await ChildProgram.shell(
            "(read word <\"$1\"; echo alive >\"$2\") & echo gone", go, outcome
        ).run()
        #expect(end == ChildEnd(.exited(0), output: Array("gone\n".utf8)))
        try "go\n".write(toFile: go, atomically: false, encoding: .utf8)
        #expect(await contents(of: outcome) == "alive\n")
    }

    @Test("one left behind that never stops talking holds nobody up either")
    func chatter() async {
        // Ends by SIGPIPE when the outputs are closed.
        let end = await ChildProgram.shell("cat /dev/zero & sleep 0.1; exit 6").run()
        #expect(end.way == .exited(6))
    }
}
