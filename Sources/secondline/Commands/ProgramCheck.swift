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
        if let privileged {
            let what = "\(subject): \(privileged) is setuid or setgid"
            return Self.hasNoNewPrivileges
                ? .failed(
                    .configuration, "\(what), and this sandbox (NoNewPrivileges) takes that from it", sandboxAdvice)
                : .warning("\(what), which the sandbox of secondline.service takes from it", sandboxAdvice)
        }
        return .ok("\(subject): \(program)")
    }

    /// What runs with more rights than it was started with: the program, or what a sendmail of postfix hands the mail to.
    private var privileged: String? {
        guard let program = channel.program.first else { return nil }
        let helpers = program.hasSuffix("/sendmail") ? ["/usr/sbin/postdrop"] : []
        return ([program] + helpers).first { path in
            var status = stat()
            return stat(path, &status) == 0 && status.st_mode & (S_ISUID | S_ISGID) != 0
        }
    }

    private static var hasNoNewPrivileges: Bool {
        let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status: [UInt8] = []
        _ = FileBytes.read(descriptor, atMost: 65_536, into: &status)
        return String(decoding: status, as: UTF8.self).contains("\nNoNewPrivs:\t1\n")
    }

    private var sandboxAdvice: String {
        "Under systemd install the drop-in secondline-sendmail.conf, or send by msmtp, which needs neither."
    }

    private var advice: String { "Correct program in [channel.\(channel.name)], or install it." }
}
