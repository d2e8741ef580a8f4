import Postgres
import Store

/// One record of an import file.
struct ImportRow: Sendable {
    enum Content: Sendable {
        /// With the name of the client, where that is still to be looked up.
        case ticket(ImportedTicket, client: String?)
        case fault(String)
    }

    let record: CSVRecord
    let content: Content
    /// Roughly; keeps a batch of long descriptions small.
    let bytes: Int
}

/// Turns records into tickets; says what is wrong as far as that can be seen without the database.
struct ImportRowReader: Sendable {
    let header: ImportHeader
    let ground: ImportGround.Row
    let defaultQueue: String?

    func row(_ record: CSVRecord) -> ImportRow {
        switch record {
        case .bad(let fault, _, let raw):
            return ImportRow(record: record, content: .fault(fault.description), bytes: raw.count)
        case .fields(let fields, _):
            let bytes = fields.reduce(0) { $0 + $1.utf8.count }
            do throws(ImportFault) {
                let (ticket, client) = try ticket(fields)
                return ImportRow(record: record, content: .ticket(ticket, client: client), bytes: bytes)
            } catch {
                return ImportRow(record: record, content: .fault(error.text), bytes: bytes)
            }
        }
    }

    private func ticket(_ fields: [String]) throws(ImportFault) -> (ImportedTicket, client: String?) {
        let expected = header.names.count + header.skipped
        guard fields.count == expected else {
            throw ImportFault(text: "has \(fields.count) fields, the header has \(expected)")
        }
        // An empty field is no value.
        func field(_ column: ImportHeader.Column) -> String? {
            guard let index = header.columns[column], !fields[index].isEmpty else { return nil }
            return fields[index]
        }
        func known(_ column: ImportHeader.Column, _ names: [String]) throws(ImportFault) -> String? {
            guard let name = field(column).map(ImportHeader.trimmed), !name.isEmpty else { return nil }
            if names.contains(name) { return name }
            let clause = Suggestion.clause(name, among: names)
            let known = clause.isEmpty && names.count <= 10 ? "; there are \(names.joined(separator: ", "))" : clause
            throw ImportFault(text: "there is no \(column.rawValue) \"\(name.fitted(to: 60))\"\(known)")
        }
        func number(_ column: ImportHeader.Column) throws(ImportFault) -> Int64? {
            guard let text = field(column).map(ImportHeader.trimmed) else { return nil }
            guard let number = Int64(text) else {
                throw ImportFault(text: "\(column.rawValue) \"\(text.fitted(to: 60))\" is not a whole number")
            }
            return number
        }
        guard let queue = try known(.queue, ground.queues) ?? defaultQueue else {
            throw ImportFault(text: "the queue is empty")
        }
        var ticket = ImportedTicket(queue: queue, title: field(.title) ?? "")
        ticket.description = field(.description)
        ticket.priority = try known(.priority, ground.priorities)
        ticket.kind = try known(.kind, ground.kinds)
        ticket.skill = try known(.skill, ground.skills)
        ticket.client = try number(.clientID)
        ticket.author = try number(.authorID)
        ticket.effortMinutes = try number(.effortMinutes).map(Int.init)
        ticket.externalKey = field(.externalKey)
        ticket.submittedAt = try submittedAt(field(.submittedAt))
        return (ticket, field(.client))
    }

    private func submittedAt(_ text: String?) throws(ImportFault) -> Timestamp? {
        guard let text else { return nil }
        guard let time = ISOTime.parse(ImportHeader.trimmed(text)) else {
            throw ImportFault(
                text: "submitted_at \"\(text.fitted(to: 60))\" is not a time with zone "
                    + "such as 2012-05-02T08:15:00+02:00")
        }
        guard time <= ground.clock else {
            throw ImportFault(text: "submitted_at \"\(text.fitted(to: 60))\" is in the future")
        }
        return time
    }
}

/// Why a row is rejected.
struct ImportFault: Error {
    let text: String
}

extension ImportFault {
    /// What the database said, in the words of the file.
    init(_ error: DatabaseError, of ticket: ImportedTicket) {
        text =
            switch error.constraint {
            case "ticket_client_id_fkey": "there is no client \(ticket.client ?? 0) (client_id)"
            case "ticket_author_id_fkey": "there is no person \(ticket.author ?? 0) (author_id)"
            case "ticket_effort_positive_check":
                "effort_minutes \(ticket.effortMinutes ?? 0) is not between 1 and 100000"
            case "ticket_external_key_length_check": "external_key is longer than 200 characters"
            case _: error.message + (error.hint.map { ". \($0)" } ?? "")
            }
    }
}
