import Glibc

/// A program to run: no shell, nothing inherited but what is said here.
package struct ChildProgram: Sendable, Equatable {
    /// Absolute.
    package let path: String
    /// Those after the name, which is the path.
    package let arguments: [String]
    /// All of it.
    package let environment: [String: String]

    package init(path: String, arguments: [String] = [], environment: [String: String] = [:]) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
    }

    /// Runs it in `/` and a process group of its own, and returns when it has exited: also when a process that it leaves behind
    /// holds its outputs open. Those are closed then, and what is left of its group lives on.
    ///
    /// At the time limit, and when the task is cancelled, the group gets SIGTERM, and SIGKILL when the program has died of it or
    /// a second later; so this returns two seconds after the limit at the latest. A program that leaves its input unread fails
    /// not for that. Of its output the first `outputLimit` bytes are kept.
    package func run(input: [UInt8], timeLimit: Duration, outputLimit: Int = 4096) async -> ChildEnd {
        guard !Task.isCancelled else { return ChildEnd(.notStarted(ECANCELED)) }
        let deadline = ContinuousClock.now + timeLimit
        do {
            let bell = try Bell()
            return await withTaskCancellationHandler {
                await withCheckedContinuation { ended in
                    let refusal = OwnThread.run {
                        attend(to: input, until: deadline, bell, outputLimit) { ended.resume(returning: $0) }
                    }
                    if let refusal { ended.resume(returning: ChildEnd(.notStarted(refusal.code))) }
                }
            } onCancel: {
                bell.ring()
            }
        } catch {
            return ChildEnd(.notStarted(error.code))
        }
    }

    /// Blocks; tells the end once, and then stays for as long as a killed program refuses to die.
    private func attend(
        to input: [UInt8], until deadline: ContinuousClock.Instant, _ bell: Bell, _ outputLimit: Int,
        _ tell: (ChildEnd) -> Void
    ) {
        do {
            var child = try RunningChild(self, input: input, outputLimit: outputLimit)
            tell(child.finish(by: deadline, bell))
            child.awaitDeath()
        } catch {
            tell(ChildEnd(.notStarted(error.code)))
        }
    }
}
