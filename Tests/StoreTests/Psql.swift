import Foundation

/// Runs scripts with psql, as a DBA does.
struct Psql {
    let status: Int32
    let errors: String

    /// The folder `sql/` of this project.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql").standardized

    init(_ conninfo: String, file script: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-f", script]
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        // A file, because a server that another test starts meanwhile may inherit a pipe and keep it open.
        let file = FileManager.default.temporaryDirectory.appending(path: "psql-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let said = try FileHandle(forWritingTo: file)
        process.standardError = said
        let ended = AsyncStream<Int32> { continuation in
            process.terminationHandler = { process in
                continuation.yield(process.terminationStatus)
                continuation.finish()
            }
        }
        try process.run()
        var status: Int32 = -1
        for await code in ended { status = code }
        self.status = status
        try said.close()
        errors = try String(contentsOf: file, encoding: .utf8)
    }
}
