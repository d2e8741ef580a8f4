import ChildProcess
import Daemon
import Glibc
import Policy
import Store

extension Configuration.Channel {
    /// The channel as the daemon runs it.
    var settings: ChannelSettings {
        let format: MessageFormat =
            switch self.format {
            case .mail: .mail
            case .json: .json
            }
        let program = ChildProgram(
            path: self.program[0], arguments: Array(self.program.dropFirst()), environment: environment)
        return ChannelSettings(
            name: name,
            channel: ProgramChannel(program: program, format: format, timeLimit: timeout, from: sender),
            concurrency: concurrency, rate: rate.map { Store.Rate(count: $0.count, seconds: $0.per.databaseSeconds) },
            backoff: Backoff(base: retryAfter, cap: retryAtMost))
    }

    private var sender: String {
        guard from.isEmpty else { return from }
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, host.count - 1)
        let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // not every host's name is one that a mail may have
        return MailAddress("secondline@\(name)")?.text ?? "secondline@localhost"
    }
}
