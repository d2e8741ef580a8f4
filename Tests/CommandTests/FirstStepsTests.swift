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
        var configuration = Configuration()
        let none = FirstSteps(configuration: configuration, isClosed: false).configurationFinding
        #expect(none.verdict == .ok)
        let closed = FirstSteps(configuration: configuration, isClosed: true).configurationFinding
        #expect(closed.verdict == .warning)
        #expect(closed.advice?.contains("sudo -u secondline") == true)
        configuration.file = "/etc/x.conf"
        let named = FirstSteps(configuration: configuration, isClosed: true).configurationFinding
        #expect(named.what == "configuration: /etc/x.conf")
    }
}
