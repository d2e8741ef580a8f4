import CSpawn
import Glibc

/// A program at work: its process, which is reaped here and nowhere else, and our end of its output.
struct RunningChild: ~Copyable {
    private enum Pause { case ended, deadline, cancelled }

    /// Between SIGTERM and SIGKILL, and again until a program that cannot be killed is given up.
    private static let grace = Duration.seconds(1)

    private let pid: pid_t
    private var isReaped = false
    /// Readable at its end; nil when no descriptor was left for it.
    private var ending: Descriptor?
    private var output: Descriptor?
    private var said: [UInt8] = []
    private let outputLimit: Int
    private var chunk = [UInt8](repeating: 0, count: 16_384)

    init(_ program: ChildProgram, input: [UInt8], outputLimit: Int) throws(SystemFault) {
        // A file, not a pipe: whatever becomes of us meanwhile, the program finds the whole message or none.
        let feed = try Descriptor(holding: input)
        let drain = try Pipe()
        pid = try program.spawn(input: feed, output: drain.writeEnd)
        output = .some(drain.readEnd)
        // The child's ends go first, so that there is room for one descriptor more.
        ending = Self.watch(pid, closing: feed, drain.writeEnd)
        self.outputLimit = outputLimit
        output?.stopBlocking()
    }

    private static func watch(
        _ pid: pid_t, closing childInput: consuming Descriptor, _ childOutput: consuming Descriptor
    ) -> Descriptor? {
        _ = consume childInput
        _ = consume childOutput
        let descriptor = child_pidfd(pid)
        return descriptor < 0 ? nil : Descriptor(descriptor)
    }

    /// Blocks until it has exited, or was killed at the deadline or because somebody rang.
    mutating func finish(by deadline: ContinuousClock.Instant, _ bell: Bell) -> ChildEnd {
        switch attend(until: deadline, bell) {
        case .ended: return ChildEnd(reap(), output: said)
        case .deadline: return ChildEnd(kill(as: .outOfTime), output: said)
        case .cancelled: return ChildEnd(kill(as: .cancelled), output: said)
        }
    }

    /// Blocks until a program that was given up is dead: nobody else would reap it.
    mutating func awaitDeath() {
        if !isReaped { _ = reap() }
    }

    /// Ends the group. While the program is not reaped no other group can have its number.
    private mutating func kill(as way: ChildEnd.Way) -> ChildEnd.Way {
        _ = Glibc.kill(-pid, SIGTERM)
        _ = attend(until: .now + Self.grace, nil)
        _ = Glibc.kill(-pid, SIGKILL)
        _ = Glibc.kill(pid, SIGKILL)  // it may have left its group
        // One that changed its user, or hangs in the kernel, is not ours to kill.
        if attend(until: .now + Self.grace, nil) == .ended { _ = reap() }
        return way
    }

    private mutating func reap() -> ChildEnd.Way {
        var (status, signal): (Int32, Int32) = (0, 0)
        let fault = child_reap(pid, &status, &signal)
        isReaped = true
        guard fault == 0 else { return .lost(fault) }
        return signal == 0 ? .exited(status) : .signalled(signal)
    }

    /// Reads what it says, until it has ended and all that it said is read.
    private mutating func attend(until deadline: ContinuousClock.Instant, _ bell: Bell?) -> Pause {
        while true {
            var watched = [
                pollfd(fd: ending?.raw ?? -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: bell?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: output?.raw ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let left = (deadline - .now).wholeMilliseconds
            poll(&watched, 3, ending == nil ? min(left, 20) : left)
            if watched[2].revents != 0 { read() }
            if child_has_ended(pid) != 0 {
                while output != nil, said.count < outputLimit, read() {}
                return .ended
            }
            if watched[1].revents != 0 { return .cancelled }
            if left == 0 { return .deadline }
        }
    }

    /// Keeps what there is room for. False when there is nothing to read now.
    @discardableResult private mutating func read() -> Bool {
        let count = Glibc.read(output?.raw ?? -1, &chunk, chunk.count)
        if count > 0 {
            said += chunk[..<min(count, max(0, outputLimit - said.count))]
            return true
        }
        if count == 0 || errno != EAGAIN && errno != EINTR { output = nil }
        return false
    }
}

extension Duration {
    /// Rounded up, so that poll(2) does not spin through the last one; 0 when over.
    fileprivate var wholeMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        if seconds < 0 || attoseconds < 0 { return 0 }
        let (milliseconds, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        return Int32(clamping: min(seconds, 1_000_000) * 1000 + milliseconds + (rest > 0 ? 1 : 0))
    }
}
