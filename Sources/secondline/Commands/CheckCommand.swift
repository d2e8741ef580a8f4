import Daemon
import Glibc
import Postgres
import Store

extension Command {
    static let check = Command(
        name: "check", summary: "See whether the daemon could work with this configuration and database",
        discussion: """
            Changes nothing. Each line says what was found and, where something is wrong, what to do. The exit status \
            is that of the worst: 69 no server or one that cannot be written to, 77 missing rights, 78 configuration \
            or schema. With --deep it is 1 when something in the database or the department is a fault by now, \
            such as an index that is missing; warnings leave it 0.
            """,
        options: [
            Option(long: "deep", summary: "Look at the health of database and department too"),
            Option(long: "quiet", short: "q", summary: "Tell only what is not as it should be"),
        ],
        run: { call in try await CheckCommand(call: call).run() })
}

struct CheckCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        var worst = ExitStatus.ok
        for await finding in findings {
            if finding.verdict != .ok || !call.has("quiet") { call.output.write(finding.line(for: call.output)) }
            if finding.status.rawValue > worst.rawValue { worst = finding.status }
        }
        return worst
    }

    /// Each as soon as it is known: a server that does not answer keeps nobody from seeing the rest.
    private var findings: AsyncStream<Finding> {
        AsyncStream { continuation in
            Task {
                await look { continuation.yield($0) }
                continuation.finish()
            }
        }
    }

    private func look(_ tell: @Sendable (Finding) -> Void) async {
        let configuration: Configuration
        do throws(CommandFailure) {
            configuration = try call.configuration()
        } catch {
            return tell(.failed("configuration", error))
        }
        let steps = FirstSteps(configuration: configuration)
        tell(steps.configurationFinding)
        for warning in configuration.warnings { tell(.warning("configuration", warning)) }
        for channel in configuration.channels { tell(ProgramCheck(channel: channel).finding) }
        if let finding = metrics(configuration.metrics.file) { tell(finding) }

        var options = configuration.sessionOptions("secondline check")
        options.readWrite = false
        let session = Session(options: options)
        do throws(DatabaseError) {
            try await session.open()
            let server = try await session.server
            let place = "\(server.host):\(server.port), database \(server.database), user \(server.user)"
            tell(.ok("connection: \(place)"))
            tell(.ok("server version: PostgreSQL \(server.versionText)"))
            if options.pooler != .off, server.isDirect {
                tell(
                    .warning(
                        "pooler: set to \(options.pooler.rawValue), and there is none between here and the server",
                        "Set pooler = off in [database]: then the daemon wakes at once."))
            }
        } catch {
            let failure = Explanation.of(error)
            return tell(.failed(failure.status, "connection: \(failure.message)", steps.connectionAdvice))
        }
        let isWritable = await lookAtServer(session, tell)
        if await lookAtSchema(session, tell) {
            await lookAtContacts(session, Set(configuration.channels.map(\.name)), tell)
            if call.has("deep") {
                await DeepCheck(session: session, intervals: configuration.daemonSettings.intervals).look(tell)
            }
        }
        tell(await SessionsCheck(options: options, count: configuration.daemonSettings.sessions).finding())
        let interval = configuration.daemon.pollInterval.configurationText
        if !configuration.daemon.listen {
            tell(.ok("LISTEN: switched off; the daemon polls every \(interval)"))
        } else if options.pooler == .transaction {
            tell(.ok("LISTEN: not through a transaction pooler; the daemon polls every \(interval)"))
        } else if isWritable {
            tell(await ListenCheck(session: session, options: options).finding())
        }
        await session.close()
    }

    /// Whether they could be written; nothing where they are not wanted.
    private func metrics(_ file: String) -> Finding? {
        if file.isEmpty { return nil }
        if let obstacle = MetricsFile(file).obstacle {
            return .warning(
                "metrics: \(file) \(obstacle)",
                "Give the user of the daemon a directory with room, or correct file in [metrics].")
        }
        guard file.hasSuffix(".prom") else {
            return .warning("metrics: \(file)", "node_exporter reads only what ends in .prom.")
        }
        return .ok("metrics: \(file)")
    }

    /// Whether it can be written to.
    private func lookAtServer(_ session: Session, _ tell: @Sendable (Finding) -> Void) async -> Bool {
        do throws(DatabaseError) {
            let before = Timestamp.now()
            guard let state = try await session.query(ServerState()).first else { return false }
            let after = Timestamp.now()
            if state.isReadOnly {
                tell(.failed("writing", CommandSession.readOnly(try await session.server, state)))
            } else {
                tell(.ok("writing: possible"))
            }
            tell(clock(server: state.clock, before, after))
            return !state.isReadOnly
        } catch {
            tell(.failed("server", Explanation.of(error)))
            return false
        }
    }

    /// The server read its clock between the two readings of ours: what lies outside of them is a difference for certain.
    private func clock(server: Timestamp, _ before: Timestamp, _ after: Timestamp) -> Finding {
        let ahead = max(.zero, server - after)
        let behind = max(.zero, before - server)
        let difference = max(ahead, behind)
        guard difference > .seconds(1) else { return .ok("clock: less than a second from the server's") }
        let seconds = Double(difference.components.seconds)
        let way = ahead > behind ? "ahead of" : "behind"
        return .warning(
            "clock: the server's is \(Figures.time(seconds)) \(way) this machine's",
            "Set both by NTP; the daemon decides by the server's clock, but log lines carry this machine's.")
    }

    /// Whether it is this program's.
    private func lookAtSchema(_ session: Session, _ tell: @Sendable (Finding) -> Void) async -> Bool {
        let version: SchemaVersion
        do throws(DatabaseError) {
            version = try await session.transaction { (db) throws(DatabaseError) in try SchemaVersion.read(in: db) }
        } catch {
            if error.sqlState == .insufficientPrivilege, let user = try? await session.server.user {
                tell(rights(["usage on schema secondline"], user: user))
                return false
            }
            tell(.failed("schema", Explanation.of(error)))
            return false
        }
        let failure = Explanation.of(version)
        tell(failure.map { .failed("schema", $0) } ?? .ok("schema: \(SchemaVersion.known)"))
        if version == .absent { return false }
        do throws(DatabaseError) {
            let missing = try await session.query(MissingRights())
            tell(rights(missing, user: try await session.server.user))
        } catch {
            tell(.failed("rights", Explanation.of(error)))
        }
        return failure == nil
    }

    /// Whether all that contacts name is configured here.
    private func lookAtContacts(
        _ session: Session, _ configured: Set<String>, _ tell: @Sendable (Finding) -> Void
    ) async {
        do throws(DatabaseError) {
            for channel in try await session.query(ChannelUse())
            where channel.contacts > 0 && !configured.contains(channel.channel) {
                tell(notConfigured(channel))
            }
        } catch {
            tell(.failed("contacts", Explanation.of(error)))
        }
    }

    private func notConfigured(_ channel: ChannelUse.Row) -> Finding {
        let name = channel.channel
        let contacts = channel.contacts == 1 ? "1 contact names" : "\(Figures.grouped(channel.contacts)) contacts name"
        let what = "channel \(name): \(contacts) it, and this configuration does not have it"
        let advice = "Add [channel.\(name)] to the configuration, or remove the contacts with set_contact(…, null)."
        guard channel.daemons > 0 else { return .warning(what, advice) }
        let daemons = channel.daemons == 1 ? "1 running daemon has" : "\(channel.daemons) running daemons have"
        return .warning("\(what); \(daemons) it", advice)
    }

    private func rights(_ missing: [String], user: String) -> Finding {
        guard let first = missing.first else { return .ok("rights: \(user) may do all that the daemon does") }
        let more = missing.count > 1 ? " and \(missing.count - 1) more" : ""
        return .failed(
            .noPermission, "rights: \(user) lacks \(first)\(more)",
            "For a login that runs the daemon: grant secondline_daemon to \(quoteIdentifier(user))")
    }
}
