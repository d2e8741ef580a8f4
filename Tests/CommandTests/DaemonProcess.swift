import Foundation
import Synchronization
import TestSupport

/// `secondline run` as a process of its own, its log in a file.
final class DaemonProcess: Sendable {
    private let process = Process()
    private let log: URL
    private let ended: AsyncStream<Int32>

    /// - Parameter conninfo: nil when the configuration names the database.
    init(_ conninfo: String?, arguments: [String] = [], environment: [String: String] = [:]) throws {
        log = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        // The program lies beside the bundle of the tests.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = bundle.appending(path: "secondline")
        process.arguments = ["run"] + (conninfo.map { ["--conninfo", $0] } ?? []) + arguments
        process.environment = ["PATH": "/usr/bin"].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: log)
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            continuation.yield(
                process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    deinit {
        // a test that failed has not ended it
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        _ = try? FileManager.default.removeItem(at: log)
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// The status with which it ended, negative for a signal, and its log.
    func end() async throws -> (status: Int32, log: String) {
        for await status in ended { return (status, text) }
        return (0, text)
    }

    /// Returns when its log contains the text, so many times; throws when it has ended without.
    func says(_ words: String, times: Int = 1) async throws {
        try await says("\(words), \(times) times") { $0.components(separatedBy: words).count > times }
    }

    /// The same for a pattern.
    func says(_ pattern: Regex<Substring>, times: Int = 1) async throws {
        try await says("one of several, \(times) times") { $0.matches(of: pattern).count >= times }
    }

    private func says(_ what: String, _ isSaid: (String) -> Bool) async throws {
        while true {
            // it may say so and end
            let isRunning = process.isRunning
            if isSaid(text) { return }
            guard isRunning else { throw Cluster.Failure(description: "it ended without saying \(what):\n\(text)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Its log until now.
    var text: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }
}
