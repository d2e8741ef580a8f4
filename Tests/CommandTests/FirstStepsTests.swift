import Foundation
import Glibc
import Testing

@testable import secondline

@Suite("First steps")
struct FirstStepsTests {
    @Test("whoever has set nothing is told where, and root who the daemon is")
    func connection() {
        var configuration = Configuration()
        var steps = FirstSteps(configuration: configuration, isNotDaemon: false)
        #expect(steps.connectionAdvice?.hasSuffix("set it in [database] of /etc/secondline/secondline.conf.") == true)
        configuration.file = "/etc/secondline/sales.conf"
        steps = FirstSteps(configuration: configuration, isNotDaemon: true)
        #expect(steps.connectionAdvice?.contains("[database] of /etc/secondline/sales.conf. You are root") == true)
        configuration.database.conninfo = "host=x"
        #expect(FirstSteps(configuration: configuration, isNotDaemon: false).connectionAdvice == nil)
        #expect(FirstSteps(configuration: configuration, isNotDaemon: true).connectionAdvice?.hasPrefix("You") == true)
    }

    @Test("a default file that is there and closed is not told as none")
    func closed() {
        var steps = FirstSteps(configuration: Configuration(), defaultPath: "/nonexistent/secondline.conf")
        #expect(steps.configurationFinding.verdict == .ok)
        steps.configuration.file = "/etc/x.conf"
        #expect(steps.configurationFinding.what == "configuration: /etc/x.conf")
        // root may read everything, so it is somebody else who looks
        let directory = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)").path
        mkdir(directory, 0o000)
        defer { rmdir(directory) }
        steps = FirstSteps(configuration: Configuration(), defaultPath: "\(directory)/secondline.conf")
        let isRoot = geteuid() == 0
        if isRoot { setfsuid(65_534) }
        let finding = steps.configurationFinding
        if isRoot { setfsuid(0) }
        #expect(finding.verdict == .warning)
        #expect(finding.advice?.contains("sudo -u secondline") == true)
    }
}
