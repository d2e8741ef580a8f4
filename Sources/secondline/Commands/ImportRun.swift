import Postgres
import Store

/// The import itself: reads rows, inserts them batch by batch, keeps account.
struct ImportRun {
    let session: Session
    let rows: ImportRowReader
    var reader: CSVReader
    var rejects: ImportRejects
    let tally: ImportTally
    var progress: ProgressBar

    /// Clients by name, as far as the file has named them.
    private var clients: [String: ClientsNamed.Row] = [:]

    static let batchRows = 1000
    /// Of text; long descriptions make a batch smaller.
    static let batchBytes = 8 << 20
    /// A batch that met a deadlock or a lock is tried again.
    private static let attempts = 4

    init(
        session: Session, rows: ImportRowReader, reader: CSVReader, rejects: ImportRejects, tally: ImportTally,
        progress: ProgressBar
    ) {
        self.session = session
        self.rows = rows
        self.reader = reader
        self.rejects = rejects
        self.tally = tally
        self.progress = progress
    }

    mutating func run() async throws {
        defer {
            progress.clear()
            rejects.close()
        }
        while tally.beginReading() {
            let batch = try nextBatch()
            guard tally.endReading() else { return try await Task.sleep(for: .seconds(86_400)) }
            guard let last = batch.last else { return }
            try await insert(batch, upTo: last.record.line)
            let count = tally.count
            progress.show(
                done: reader.bytesRead, count: count.imported + count.alreadyThere + count.rejected, unit: "rows")
        }
        throw Self.interrupted(tally.count)
    }

    private mutating func nextBatch() throws(SystemError) -> [ImportRow] {
        var batch: [ImportRow] = []
        var bytes = 0
        while batch.count < Self.batchRows, bytes < Self.batchBytes {
            guard let record = try reader.next() else { break }
            let row = rows.row(record)
            bytes += row.bytes
            batch.append(row)
        }
        return batch
    }

    private mutating func insert(_ batch: [ImportRow], upTo line: Int) async throws {
        var faults: [Int: String] = [:]
        var places: [Int] = []
        var tickets: [ImportedTicket] = []
        do throws(DatabaseError) {
            try await lookUpClients(of: batch)
            for (place, row) in batch.enumerated() {
                switch row.content {
                case .fault(let text): faults[place] = text
                case .ticket(var ticket, let name):
                    if let name {
                        guard let client = clients[name], client.count == 1 else {
                            faults[place] = Self.unclear(name, clients[name])
                            continue
                        }
                        ticket.client = client.client
                    }
                    places.append(place)
                    tickets.append(ticket)
                }
            }
            let result = try await inserted(tickets)
            for refusal in result.refused {
                faults[places[refusal.place]] = ImportFault(refusal.error, of: tickets[refusal.place]).text
            }
            tally.add(
                imported: result.inserted, alreadyThere: result.alreadyThere, rejected: faults.count, upTo: line)
        } catch {
            throw failure(error, from: batch.first?.record.line ?? line, to: line)
        }
        try rejects.write(faults.sorted { $0.key < $1.key }.map { (batch[$0.key].record, $0.value) })
    }

    private func inserted(_ tickets: [ImportedTicket]) async throws(DatabaseError) -> ImportBatch.Result {
        let batch = ImportBatch(tickets: tickets, isDated: rows.header.has(.submittedAt))
        for _ in 1..<Self.attempts {
            do throws(DatabaseError) {
                return try await batch.insert(in: session)
            } catch  where error.recovery == .retry && !error.outcomeUnknown {
                continue
            }
        }
        return try await batch.insert(in: session)
    }

    private mutating func lookUpClients(of batch: [ImportRow]) async throws(DatabaseError) {
        var names: Set<String> = []
        for row in batch {
            if case .ticket(_, let name?) = row.content, clients[name] == nil { names.insert(name) }
        }
        if names.isEmpty { return }
        for row in try await session.query(ClientsNamed(names: names.sorted())) { clients[row.name] = row }
    }

    private static func unclear(_ name: String, _ client: ClientsNamed.Row?) -> String {
        guard let client else { return "there is no client \"\(name.fitted(to: 60))\"" }
        return "there are \(client.count) clients \"\(name.fitted(to: 60))\"; give client_id instead"
    }

    /// What is in, what is not, and whether the file can simply be imported again.
    private func failure(_ error: DatabaseError, from first: Int, to last: Int) -> CommandFailure {
        let cause = Explanation.of(error)
        var message = "\(cause.message)\n\(Self.state(tally.count))"
        if error.outcomeUnknown { message += "\nWhether the rows of lines \(first) to \(last) are in is unknown." }
        let again =
            rows.header.has(.externalKey)
            ? "Importing the same file again is safe: rows that are in are known by their external_key."
            : "The file has no external_key: take out the rows that are in before you import it again."
        let advice = cause.advice.map { "\($0)\n\(again)" } ?? again
        return CommandFailure(cause.status, message, advice: advice)
    }

    static func interrupted(_ count: ImportTally.Count) -> CommandFailure {
        CommandFailure(.temporaryFailure, "interrupted\n\(state(count))")
    }

    private static func state(_ count: ImportTally.Count) -> String {
        guard let line = count.safeLine else { return "No row is in." }
        return "So far \(count.text): all rows up to line \(line)."
    }
}
