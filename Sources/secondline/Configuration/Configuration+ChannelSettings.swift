import ChildProcess
import Daemon
import Policy
import Store

extension Configuration.Channel {
    /// The channel as the daemon runs it.
    var settings: ChannelSettings {
        let program = ChildProgram(
            path: self.program[0], arguments: Array(self.program.dropFirst()), environment: environment)
        return ChannelSettings(
            name: name,
            channel: ProgramChannel(program: program, format: format, timeLimit: timeout, from: sender),
            concurrency: concurrency, rate: rate,
            backoff: Backoff(base: retryAfter, cap: retryAtMost))
    }

    private var sender: String {
        guard from.isEmpty else { return from }
        // not every host's name is one that a mail may have
        return MailAddress("secondline@\(Host.name)")?.text ?? "secondline@localhost"
    }
}
