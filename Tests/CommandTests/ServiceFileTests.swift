import Foundation
import Testing

@testable import secondline

/// What systemd itself says of the units.
@Suite("The units", .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/systemd-analyze")))
struct ServiceFileTests {
    private static let units = ["secondline.service", "secondline@.service"]

    /// The unit under the name of an instance, with the program that was built in the place of the one to be installed.
    private func unit(_ name: String, with dropIn: String? = nil) throws -> (directory: URL, path: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")
        let name = name.replacing("@.", with: "@sales.")
        try FileManager.default.createDirectory(
            at: directory.appending(path: "\(name).d"), withIntermediateDirectories: true)
        let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "secondline")
        let text = try repositoryFile("deploy/\(name.replacing("@sales.", with: "@."))")
            .replacing("/usr/bin/secondline", with: program.path)
        try text.write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
        if let dropIn {
            try repositoryFile("deploy/\(dropIn)").write(
                to: directory.appending(path: "\(name).d/\(dropIn)"), atomically: true, encoding: .utf8)
        }
        return (directory, directory.appending(path: name).path)
    }

    private func analyze(_ arguments: [String]) async throws -> (status: Int32, said: String) {
        let ended = try await ShortProcess("/usr/bin/systemd-analyze", arguments, input: Data()).end()
        return (ended.status, ended.output + ended.errors)
    }

    @Test(
        "systemd finds no fault in them, nor in them with the drop-in", arguments: units,
        [nil, "secondline-sendmail.conf"])
    func verified(name: String, dropIn: String?) async throws {
        let (directory, path) = try unit(name, with: dropIn)
        let (status, said) = try await analyze(["verify", "--man=no", path])
        #expect(status == 0 && said == "", "\(said)")
        try FileManager.default.removeItem(at: directory)
    }

    @Test("the exposure is 1.5 at most", arguments: units)
    func exposure(name: String) async throws {
        let (directory, path) = try unit(name)
        let (_, said) = try await analyze(["security", "--offline=true", "--no-pager", path])
        let level = try #require(said.firstMatch(of: /Overall exposure level for [^:]+: ([0-9.]+)/))
        #expect(Double(level.1)! <= 1.5, "\(said)")
        try FileManager.default.removeItem(at: directory)
    }

    @Test("the one for several departments differs only in whose it is")
    func twins() throws {
        let (one, many) = (
            try repositoryFile("deploy/secondline.service"), try repositoryFile("deploy/secondline@.service")
        )
        let changed = zip(one.split(separator: "\n"), many.split(separator: "\n")).filter { $0 != $1 }.map(\.1)
        #expect(one.split(separator: "\n").count == many.split(separator: "\n").count)
        #expect(changed.allSatisfy { $0.hasPrefix("#") || $0.contains("%i") }, "\(changed)")
        #expect(changed.contains("ExecStart=/usr/bin/secondline run --config /etc/secondline/%i.conf"))
    }

    @Test("the drop-in takes back all of the unit that implies NoNewPrivileges")
    func dropIn() throws {
        // systemd.exec(5), of version 252
        let implying = [
            "NoNewPrivileges", "LockPersonality", "MemoryDenyWriteExecute", "PrivateDevices", "ProtectClock",
            "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
            "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
            "SystemCallArchitectures", "SystemCallFilter",
        ]
        let lines = try repositoryFile("deploy/secondline-sendmail.conf").split(separator: "\n")
        for setting in implying {
            #expect(lines.contains("\(setting)=no") || lines.contains("\(setting)="), "\(setting)")
        }
    }
}
