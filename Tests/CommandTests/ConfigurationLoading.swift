import Foundation
import Testing

@testable import secondline

/// Reads the text as the configuration file.
func loadConfiguration(_ text: String, environment: [String: String] = [:], conninfo: String? = nil) throws
    -> Configuration
{
    let file = ScratchFile(text)
    defer { withExtendedLifetime(file) {} }
    return try Configuration.load(file: file.path, environment: environment, conninfo: conninfo)
}

/// The lines of the failure, with `file` for the path of the file.
func configurationMistakes(_ text: String, environment: [String: String] = [:]) throws -> [String] {
    let file = ScratchFile(text)
    let failure = try #require(throws: CommandFailure.self) {
        try Configuration.load(file: file.path, environment: environment)
    }
    #expect(failure.status == .configuration)
    return failure.message.split(separator: "\n").dropFirst()
        .map { $0.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: file.path, with: "file") }
}

/// A file of this repository.
func repositoryFile(_ path: String) throws -> String {
    let url = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../\(path)")
    return try String(contentsOf: url.standardizedFileURL, encoding: .utf8)
}
