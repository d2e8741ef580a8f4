internal import Foundation

/// Real ticket logs beside the project; tests that need them are skipped, saying so, where the folder is missing.
package enum Dataset {
    private static let folder: URL = {
        if let given = ProcessInfo.processInfo.environment["SECONDLINE_TEST_DATASETS"] { return URL(filePath: given) }
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return project.deletingLastPathComponent().appending(path: "shared/datasets")
    }()

    package static let isThere = FileManager.default.fileExists(atPath: folder.appending(path: "README.md").path)
    package static let missing = "the folder of datasets is not here: set SECONDLINE_TEST_DATASETS"

    /// The rows after the header; the files have no quoted fields.
    package static func rows(_ file: String) throws -> [[Substring]] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", folder.appending(path: file).path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
    }
}
