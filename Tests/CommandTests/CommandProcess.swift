import Foundation
import Glibc

/// The built program as a process of its own, for what a signal does to it.
///
/// Nothing here waits for the end of a pipe: a server that another test starts meanwhile may inherit it and keep it open.
final class CommandProcess: Sendable {
    private let process = Process()
    private let input = Pipe()
    private let errors = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")
    private let output: Int32
    private let ended: AsyncStream<Int32>

    init(_ arguments: [String]) throws {
        // The program lies beside the bundle of the tests.
        let bundle = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = bundle.appending(path: "secondline")
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin"]
        process.standardInput = input
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        output = ends[0]
        process.standardOutput = FileHandle(fileDescriptor: ends[1])
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        process.standardError = try FileHandle(forWritingTo: errors)
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        let written = ends[1]
        process.terminationHandler = { process in
            // Ends a read that still waits.
            var mark: UInt8 = 4
            _ = Glibc.write(written, &mark, 1)
            continuation.yield(process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: errors) }

    func write(_ text: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }

    func interrupt() { kill(process.processIdentifier, SIGINT) }

    /// Reads standard output until `text` has been seen so many times, or the process ends.
    func readOutput(until text: String, times: Int) async -> String {
        let output = output
        return await withCheckedContinuation { done in
            DispatchQueue.global().async {
                var seen = ""
                var byte: UInt8 = 0
                while seen.components(separatedBy: text).count <= times, read(output, &byte, 1) == 1, byte != 4 {
                    seen.unicodeScalars.append(Unicode.Scalar(byte))
                }
                done.resume(returning: seen)
            }
        }
    }

    /// The status with which it ended, and what it said on standard error.
    func end() async throws -> (status: Int32, errors: String) {
        var status: Int32 = -1
        for await code in ended { status = code }
        return (status, try String(contentsOf: errors, encoding: .utf8))
    }
}
