import Foundation
import Synchronization

/// A server written in Python, as a process of its own. The script listens on a free loopback port, prints the port as
/// its first line, and keeps what it receives in the directory that is its argument.
///
/// It ends with `stop`, and with the test process: it looks whether it still has its parent and its standard input.
final class PythonPeer: Sendable {
    let port: Int
    let directory: URL
    private let process = Process()
    private let input = Pipe()

    init(_ script: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "secondline-peer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let output = Pipe()
        let errors = directory.appending(path: "errors")
        _ = FileManager.default.createFile(atPath: errors.path, contents: nil)
        // The system's, which has the system's packages.
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-I", "-c", Self.watch + script, directory.path]
        process.environment = [:]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        guard let port = Int(firstLine(of: output)) else {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
            try? FileManager.default.removeItem(at: directory)
            throw Cluster.Failure(description: "the peer did not start: \(said)")
        }
        self.port = port
    }

    deinit { stop() }

    /// Frees the port, and deletes what was received.
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: directory)
    }

    /// The files that the script put there under names that end so, in the order of their names.
    func files(_ ending: String) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .filter { $0.lastPathComponent.hasSuffix(ending) }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    private static let watch = """
        import itertools, json, os, select, sys, threading

        directory = sys.argv[1]
        numbers = itertools.count(1)
        parent = os.getppid()


        def watch():
            while os.getppid() == parent and not select.select([0], [], [], 0.5)[0]:
                pass
            os._exit(0)


        def announce(port):
            threading.Thread(target=watch, daemon=True).start()
            print(port, flush=True)


        # The description comes last and whole: who sees it can read the body.
        def keep(description, body):
            path = os.path.join(directory, "%06d" % next(numbers))
            with open(path + ".body", "wb") as file:
                file.write(body)
            with open(path + ".part", "w") as file:
                json.dump(description, file)
            os.rename(path + ".part", path + ".json")


        """
}

/// Reads no further than the line: another process may have inherited the pipe, and then it has no end.
private func firstLine(of pipe: Pipe) -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    let descriptor = pipe.fileHandleForReading.fileDescriptor
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
}
