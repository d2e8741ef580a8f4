import Glibc

/// The file of rejected rows: line and reason, then the row as it was. Made when the first row is rejected.
struct ImportRejects {
    let path: String
    private let header: ImportHeader
    private var descriptor: Int32 = -1
    private var writer: CSVWriter?

    init(path: String, header: ImportHeader) {
        self.path = path
        self.header = header
    }

    /// `tickets.csv` → `tickets.rejects.csv`; `-` → `import.rejects.csv`.
    static func path(for file: String) -> String {
        if file == "-" { return "import.rejects.csv" }
        let stem = file.lowercased().hasSuffix(".csv") ? String(file.dropLast(4)) : file
        return "\(stem).rejects.csv"
    }

    /// Whether the file could be made, asked before anything is imported.
    func checkPossible(besides input: String) throws(CommandFailure) {
        if path == input || Self.isSameFile(path, input) {
            throw CommandFailure(.usage, "--rejects is the file that is imported")
        }
        let exists = access(path, F_OK) == 0
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "."
        guard access(exists ? path : String(folder), W_OK) != 0 else { return }
        throw failure(SystemError(code: errno))
    }

    /// Whether two paths lead to one file.
    private static func isSameFile(_ a: String, _ b: String) -> Bool {
        var (first, second) = (stat(), stat())
        guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
        return first.st_dev == second.st_dev && first.st_ino == second.st_ino
    }

    mutating func write(_ rows: [(record: CSVRecord, reason: String)]) throws(CommandFailure) {
        guard !rows.isEmpty else { return }
        do throws(SystemError) {
            var writer = try opened()
            for (record, reason) in rows {
                let lead = ["\(record.line)", reason]
                switch record {
                case .fields(let fields, _): try writer.write(lead + fields.dropFirst(header.skipped))
                // What is no CSV becomes one field, so that this file is.
                case .bad(_, _, let raw): try writer.write(lead + [String(decoding: raw, as: UTF8.self)])
                }
            }
            try writer.flush()
            self.writer = writer
        } catch {
            throw failure(error)
        }
    }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    private mutating func opened() throws(SystemError) -> CSVWriter {
        if let writer { return writer }
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw SystemError(code: errno) }
        var fresh = CSVWriter(descriptor: descriptor)
        try fresh.write(ImportHeader.rejectColumns + header.names)
        return fresh
    }

    private func failure(_ error: SystemError) -> CommandFailure {
        CommandFailure(
            .cannotCreate, "cannot write the rejected rows to \(path): \(error)",
            advice: "Name another file with --rejects.")
    }
}
