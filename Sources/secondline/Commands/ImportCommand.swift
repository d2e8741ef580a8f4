import Daemon
import Glibc
import Postgres
import Store

extension Command {
    static let `import` = Command(
        name: "import", summary: "Insert tickets from a CSV file",
        discussion: """
            The first line names the columns, in any order: queue and title, and optionally description, priority, \
            kind, client (a name) or client_id, author_id, effort_minutes, skill, external_key, submitted_at (ISO 8601 \
            with a zone). An empty field is no value. Good rows are inserted, 1,000 a transaction; bad ones go to a \
            file with their line and the reason, and the status is then 65. A row whose external_key is there already \
            is left out, so that a file that has this column can be imported again.
            """,
        options: [
            Option(long: "queue", short: "q", value: "NAME", summary: "Queue of the rows that name none"),
            Option(
                long: "rejects", value: "FILE",
                summary: "Where rejected rows go (default: FILE.rejects.csv, import.rejects.csv for -)"),
        ],
        operands: [Operand(name: "FILE", summary: "CSV in UTF-8; - is standard input")],
        run: { call in try await ImportCommand(call: call).run() })
}

struct ImportCommand {
    let call: Invocation

    func run() async throws -> ExitStatus {
        let file = call.operand(0) ?? "-"
        let source = try ImportSource(file)
        defer { source.close() }
        var reader = CSVReader(descriptor: source.descriptor)
        let header = try ImportHeader(try reader.next(), hasDefaultQueue: call.has("queue"))
        let rejects = ImportRejects(path: call.value("rejects") ?? ImportRejects.path(for: file), header: header)
        try rejects.checkPossible(besides: file)

        let session = try await CommandSession(call, writes: true).open()
        let ground = try await ground(in: session, header)
        let tally = ImportTally()
        let signals = await Signals([SIGINT, SIGTERM])
        let errors = call.errors
        let stopper = Task {
            for await _ in signals.stream where tally.stop() {
                // Nothing is in hand, and the read may wait for ever.
                let failure = ImportRun.interrupted(tally.count)
                exit(Program.secondline.report(failure, to: errors).rawValue)
            }
        }
        defer { stopper.cancel() }

        let rows = ImportRowReader(header: header, ground: ground, defaultQueue: call.value("queue"))
        var run = ImportRun(
            session: session, rows: rows, reader: reader, rejects: rejects, tally: tally,
            progress: ProgressBar("import", total: source.size, on: call.errors))
        try await run.run()
        await session.close()
        let count = tally.count
        let place = count.rejected > 0 ? " → \(rejects.path.visible())" : ""
        call.output.write("\(count.text)\(place)\n")
        return count.rejected > 0 ? .dataError : .ok
    }

    private func ground(in session: Session, _ header: ImportHeader) async throws -> ImportGround.Row {
        guard let ground = try await session.query(ImportGround()).first else {
            throw CommandFailure(.software, "the database did not say what an import can refer to")
        }
        let user = try await session.server.user
        guard ground.mayInsert else {
            throw CommandFailure(
                .noPermission, "the role \(user) may not insert tickets",
                advice: "Grant it secondline_app: grant secondline_app to \(quoteIdentifier(user))")
        }
        if header.has(.submittedAt), !ground.mayDate {
            throw CommandFailure(
                .noPermission, "the role \(user) may not say when a ticket was submitted (column submitted_at)",
                advice: "Leave the column out, or import as a role in secondline_owner.")
        }
        if let queue = call.value("queue"), !ground.queues.contains(queue) {
            let clause = Suggestion.clause(queue, among: ground.queues)
            throw CommandFailure(
                .dataError, "--queue: there is no queue \"\(queue)\"\(clause)",
                advice: ground.queues.isEmpty
                    ? "There is no queue yet: add one with secondline.add_queue."
                    : "There are \(ground.queues.prefix(20).joined(separator: ", ")).")
        }
        return ground
    }
}
