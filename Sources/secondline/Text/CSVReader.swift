/// Reads RFC 4180 text from a file descriptor, record by record, in constant memory.
///
/// After a quoting mistake it goes on with the line after the one on which the record started: an unclosed quote must
/// not take the rest of the file with it.
struct CSVReader {
    private let descriptor: Int32
    private let separator: UInt8
    private let maximum: Int
    private var buffer: [UInt8] = []
    /// Where the next record starts in the buffer.
    private var start = 0
    private var atEnd = false
    private var line = 1
    private var parser: CSVRecordParser
    /// Bytes taken from the descriptor so far.
    private(set) var bytesRead = 0

    init(descriptor: Int32, separator: UInt8 = UInt8(ascii: ","), maximumRecordBytes: Int = 16 << 20) {
        self.descriptor = descriptor
        self.separator = separator
        maximum = maximumRecordBytes
        parser = CSVRecordParser(separator: separator)
    }

    /// The next record, good or bad; nil at the end. Empty lines are passed over.
    mutating func next() throws(SystemError) -> CSVRecord? {
        if bytesRead == 0 { try skipByteOrderMark() }
        try skipEmptyLines()
        guard start < buffer.count else { return nil }
        return try readRecord()
    }

    private mutating func readRecord() throws(SystemError) -> CSVRecord {
        parser.begin(at: start)
        while true {
            switch parser.scan(buffer, atEnd: atEnd) {
            case .record(let end, let newlines):
                let record = parser.record(buffer, start: start, line: line)
                start = end
                line += newlines
                return record
            case .fault(let fault): return try rejectLine(fault, keeping: maximum)
            case .wantsMore:
                guard buffer.count - start < maximum else {
                    return try rejectLine(.tooLong(maximum: maximum), keeping: 65_536)
                }
                try fill()
            }
        }
    }

    /// The line on which the record started is its raw text, of which at most `limit` bytes are kept.
    private mutating func rejectLine(_ fault: CSVFault, keeping limit: Int) throws(SystemError) -> CSVRecord {
        var raw: [UInt8] = []
        let first = line
        while true {
            let newline = buffer[start...].firstIndex(of: UInt8(ascii: "\n"))
            let end = newline ?? buffer.count
            raw += buffer[start..<end].prefix(max(0, limit - raw.count))
            start = newline.map { $0 + 1 } ?? end
            if newline != nil || atEnd { break }
            try fill()
        }
        line += 1
        if raw.last == UInt8(ascii: "\r") { raw.removeLast() }
        return .bad(fault, line: first, raw: raw)
    }

    private mutating func skipEmptyLines() throws(SystemError) {
        while true {
            if start + 1 >= buffer.count, !atEnd { try fill() }
            guard start < buffer.count else { return }
            if buffer[start] == UInt8(ascii: "\n") {
                start += 1
            } else if start + 1 < buffer.count, buffer[start] == UInt8(ascii: "\r"),
                buffer[start + 1] == UInt8(ascii: "\n")
            {
                start += 2
            } else if start + 1 < buffer.count || atEnd {
                return
            } else {
                continue
            }
            line += 1
        }
    }

    private mutating func skipByteOrderMark() throws(SystemError) {
        while buffer.count < 3, !atEnd { try fill() }
        if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
    }

    private mutating func fill() throws(SystemError) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            parser.shift(by: start)
            start = 0
        }
        switch FileBytes.read(descriptor, atMost: 65_536, into: &buffer) {
        case .success(let count):
            bytesRead += count
            atEnd = count == 0
        case .failure(let error): throw error
        }
    }
}
