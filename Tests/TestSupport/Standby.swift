import Foundation
import Glibc

extension Cluster {
    /// Makes the stopped server one in recovery, which cannot be written to, and asks this role for its password.
    package func becomeStandby(asking role: String) throws {
        let data = "\(directory)/data"
        let signal = "\(data)/standby.signal"
        guard FileManager.default.createFile(atPath: signal, contents: nil) else {
            throw Failure(description: "cannot create \(signal)")
        }
        // The server opens it for writing.
        var status = stat()
        if stat(data, &status) == 0 { chown(signal, status.st_uid, status.st_gid) }
        let rules = "\(data)/pg_hba.conf"
        let text = try String(contentsOfFile: rules, encoding: .utf8)
        // In place, which keeps the owner.
        guard let file = FileHandle(forWritingAtPath: rules) else { throw Failure(description: "cannot open \(rules)") }
        try file.write(contentsOf: Data("local all \(role) scram-sha-256\n\(text)".utf8))
        try file.close()
    }
}
