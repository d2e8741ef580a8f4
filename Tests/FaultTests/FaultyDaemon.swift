import Foundation
import Glibc
import Synchronization

/// One of the daemons: a process of the built program after the other, all with one log that outlives them, behind a clock that can
/// be moved.
final class FaultyDaemon: Sendable {
    let number: Int
    let log: URL
    private let conninfo: String
    private let environment: [String: String]
    private let clock: URL
    private let current = Mutex<Running?>(nil)

    private struct Running {
        let process: Process
        let ended: AsyncStream<Int32>
        var isEnding = false
    }

    init(_ number: Int, _ conninfo: String, in directory: URL, environment: [String: String]) throws {
        self.number = number
        self.conninfo = conninfo
        log = directory.appending(path: "daemon-\(number).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        clock = directory.appending(path: "clock-\(number)")
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        var environment = environment
        environment["LD_PRELOAD"] = bundle.appending(path: "libClockShift.so").path
        environment["CLOCK_SHIFT_FILE"] = clock.path
        self.environment = environment
        try moveClock(hours: 0)
    }

    func start() throws {
        let process = Process()
        // The program lies beside the bundle of the tests.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = bundle.appending(path: "secondline")
        process.arguments = ["run", "--conninfo", conninfo]
        process.environment = ["PATH": "/usr/bin"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = try FileHandle(forWritingTo: log)
        try output.seekToEnd()
        process.standardError = output
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            continuation.yield(
                process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        try process.run()
        current.withLock { $0 = Running(process: process, ended: ended) }
    }

    func signal(_ number: Int32) {
        current.withLock { running in
            if let process = running?.process, process.isRunning { kill(process.processIdentifier, number) }
        }
    }

    /// Ends it; the status, negative for a signal.
    func end(_ number: Int32) async -> Int32 {
        guard
            let ended = current.withLock({ running in
                running?.isEnding = true
                return running?.ended
            })
        else { return 0 }
        signal(number)
        for await status in ended { return status }
        return 0
    }

    /// Its last words, when it ended although nobody asked it to.
    var unasked: String? {
        let isGone = current.withLock { running in
            guard let running else { return false }
            return !running.isEnding && !running.process.isRunning
        }
        return isGone ? "daemon \(number) ended by itself: \(tail(3))" : nil
    }

    /// In place: the daemon has the file in its memory.
    func moveClock(hours: Int) throws {
        let seconds = Int64(hours) * 3600
        let file = open(clock.path, O_WRONLY | O_CREAT, 0o600)
        guard file >= 0 else { throw POSIXError(.ENOENT) }
        defer { close(file) }
        _ = withUnsafeBytes(of: seconds) { pwrite(file, $0.baseAddress, $0.count, 0) }
    }

    func count(_ words: String) -> Int { text.components(separatedBy: words).count - 1 }

    func tail(_ lines: Int) -> String { text.split(separator: "\n").suffix(lines).joined(separator: "\n") }

    private var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
}
