import Glibc

/// Whether the program of a channel is there and this user may start it.
struct ProgramCheck {
    let channel: Configuration.Channel

    var finding: Finding {
        let subject = "channel \(channel.name)"
        guard let program = channel.program.first else {
            return .failed(.configuration, "\(subject): no program", advice)
        }
        var status = stat()
        guard stat(program, &status) == 0 else {
            return .failed(.configuration, "\(subject): \(program): \(SystemError(code: errno))", advice)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
            return .failed(.configuration, "\(subject): \(program) is \(what)", advice)
        }
        guard access(program, X_OK) == 0 else {
            return .failed(
                .configuration, "\(subject): this user may not execute \(program): \(SystemError(code: errno))",
                "chmod +x, or run this check as the user of the daemon.")
        }
        return .ok("\(subject): \(program)")
    }

    private var advice: String { "Correct program in [channel.\(channel.name)], or install it." }
}
