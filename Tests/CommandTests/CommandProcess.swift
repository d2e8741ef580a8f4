import Foundation
import Synchronization

/// The built program as a process of its own, for what a signal does to it.
final class CommandProcess: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let outputPipe = Pipe()
    private let errorPipe = Pipe()
    private let ended: AsyncStream<Int32>

    init(_ arguments: [String]) throws {
        // The program lies beside the bundle of the tests.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = bundle.appending(path: "secondline")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin"]
        process.standardInput = input
        process.standardOutput = outputPipe
        process.standardError = errorPipe
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    func write(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func interrupt() { kill(process.processIdentifier, SIGINT) }

    /// Reads standard output until `text` has been seen so many times.
    func readOutput(until text: String, times: Int) throws -> String {
        var seen = ""
        while seen.components(separatedBy: text).count <= times {
            guard let data = try outputPipe.fileHandleForReading.read(upToCount: 1), !data.isEmpty else { break }
            seen += String(decoding: data, as: UTF8.self)
        }
        return seen
    }

    /// The status with which it ended, and what it said on standard error.
    func end() async throws -> (status: Int32, errors: String) {
        let errors = String(decoding: try errorPipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        for await status in ended { return (status, errors) }
        return (-1, errors)
    }
}
