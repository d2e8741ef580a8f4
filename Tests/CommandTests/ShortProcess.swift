import Foundation

/// A program that reads a little input and ends soon, started without a shell.
///
/// Input and output are files: nothing waits for the end of a pipe that another process may have inherited.
final class ShortProcess: Sendable {
    private let process = Process()
    private let files: URL
    private let ended: AsyncStream<Int32>

    /// `environment` is all of it.
    init(_ program: String, _ arguments: [String] = [], environment: [String: String] = [:], input: Data) throws {
        files = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
        try input.write(to: files.appending(path: "input"))
        for name in ["output", "errors"] { try Data().write(to: files.appending(path: name)) }
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = files
        process.standardInput = try FileHandle(forReadingFrom: files.appending(path: "input"))
        process.standardOutput = try FileHandle(forWritingTo: files.appending(path: "output"))
        process.standardError = try FileHandle(forWritingTo: files.appending(path: "errors"))
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            continuation.yield(
                process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus)
            continuation.finish()
        }
        try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: files) }

    var pid: Int32 { process.processIdentifier }

    /// The status with which it ended, negative for a signal, and what it said.
    func end() async -> (status: Int32, output: String, errors: String) {
        var status: Int32 = -1
        for await code in ended { status = code }
        return (status, text("output"), text("errors"))
    }

    private func text(_ name: String) -> String {
        String(decoding: (try? Data(contentsOf: files.appending(path: name))) ?? Data(), as: UTF8.self)
    }
}
