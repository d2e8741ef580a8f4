import Foundation

/// Runs scripts with psql, as a DBA does.
struct Psql {
    let status: Int32
    let errors: String

    /// The folder `sql/` of this project.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql").standardized

    init(_ conninfo: String, file: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo, "-f", file]
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        let pipe = Pipe()
        process.standardError = pipe
        let ended = AsyncStream<Int32> { continuation in
            process.terminationHandler = { process in
                continuation.yield(process.terminationStatus)
                continuation.finish()
            }
        }
        try process.run()
        errors = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        var status: Int32 = -1
        for await code in ended { status = code }
        self.status = status
    }
}
