import ChildProcess
import Foundation
import Glibc
import TestSupport
import Testing

/// What hangs here sleeps for a thousand seconds: that a test ends at all is what it tests.
@Suite("a program's time limit", .serialized)
struct LimitTests {
    private func run(_ script: String, input: [UInt8] = []) async -> ChildEnd {
        await ChildProgram.shell(script).run(input: input, timeLimit: .milliseconds(300))
    }

    /// Cancels it as soon as it has written to the fifo `$1`.
    private func runUntilReady(_ script: String, _ file: String = "", input: [UInt8] = []) async throws -> ChildEnd {
        let scratch = try ScratchDirectory()
        let ready = scratch.fifo("ready")
        let task = Task { await ChildProgram.shell(script, ready, file).run(input) }
        #expect(await contents(of: ready) == "ready\n")
        task.cancel()
        return await task.value
    }

    @Test(
        "a program that hangs is killed; so is one that never reads its input, always talks, ignores SIGTERM, is stopped",
        arguments: [
            "exec sleep 1000", "exec cat /dev/zero", "trap '' TERM; while :; do sleep 1000; done", "kill -STOP $$",
            "sleep 1000 & wait", "exec <&- >&- 2>&-; exec sleep 1000",
        ])
    func hangs(script: String) async {
        #expect(await run(script, input: RunTests.megabytes).way == .outOfTime)
    }

    @Test("when its task is cancelled it is killed at once; what it said until then is kept")
    func cancelled() async throws {
        let end = try await runUntilReady("echo first; echo ready >\"$1\"; exec sleep 1000")
        #expect(end == ChildEnd(.cancelled, output: Array("first\n".utf8)))
    }

    @Test("when its task was cancelled before, it is not started")
    func cancelledBefore() async throws {
        let scratch = try ScratchDirectory()
        let file = "\(scratch.path)/started"
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await ChildProgram.shell("echo on >\"$1\"", file).run()
        }
        #expect(await late.value == ChildEnd(.notStarted(ECANCELED)))
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test("one that ends well when asked to has been killed all the same, and may say why")
    func obliging() async throws {
        let end = try await runUntilReady(
            "exec 2>/dev/null; trap 'echo bye; exit 0' TERM; echo ready >\"$1\"; while :; do sleep 0.01; done")
        #expect(end == ChildEnd(.cancelled, output: Array("bye\n".utf8)))
    }

    @Test("the rest of its group goes with it, also what ignores SIGTERM")
    func group() async throws {
        let scratch = try ScratchDirectory()
        let held = scratch.fifo("held")
        async let everything = contents(of: held)
        // Whoever inherits descriptor 3 keeps that fifo open.
        let end = try await runUntilReady(
            """
            exec 3>"$2"; sleep 1000 &
            (trap '' TERM; echo on >&3; echo ready >"$1"; while :; do sleep 1000; done) & exec sleep 1000
            """, held)
        #expect(end.way == .cancelled)
        #expect(await everything == "on\n", "the fifo ends when all of them are dead")
    }

    @Test("a program that is asked to end never takes a cut input for a whole one")
    func cut() async throws {
        let scratch = try ScratchDirectory()
        let seen = scratch.fifo("seen")
        async let told = contents(of: seen)
        let end = try await runUntilReady(
            "exec 3>\"$2\"; trap 'wc -c >&3; exit' TERM; echo ready >\"$1\"; while :; do sleep 0.01; done", seen,
            input: RunTests.megabytes)
        #expect(end.way == .cancelled)
        // It is fed until it is dead: it saw all of it, or was killed before.
        #expect(["", "5000000\n"].contains(await told))
    }

    @Test("sixty-four programs that hang leave Swift's pool and Dispatch's free")
    func manyHang() async throws {
        let scratch = try ScratchDirectory()
        let ready = scratch.fifo("ready")
        // Both ends, so that opening waits for nobody.
        let descriptor = open(ready, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let hanging = Task {
            await withTaskGroup(of: ChildEnd.self) { group in
                for _ in 0..<64 {
                    group.addTask { await ChildProgram.shell("echo on >\"$1\"; exec sleep 1000", ready).run() }
                }
                var ends: [ChildEnd] = []
                for await end in group { ends.append(end) }
                return ends
            }
        }
        await withCheckedContinuation { done in
            DispatchQueue(label: "ready").async {
                var bytes = [UInt8](repeating: 0, count: 3)
                for _ in 0..<64 { _ = read(descriptor, &bytes, 3) }
                done.resume()
            }
        }
        // All of them hang now: tasks run, and so do children that do not hang.
        let total = await withTaskGroup(of: Int.self) { group in
            for number in 0..<1000 { group.addTask { number } }
            return await group.reduce(0, +)
        }
        #expect(total == 499_500)
        #expect(await ChildProgram.shell("exit 7").run().way == .exited(7))
        hanging.cancel()
        #expect(await hanging.value == [ChildEnd](repeating: ChildEnd(.cancelled), count: 64))
    }
}
