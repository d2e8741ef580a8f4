import Glibc
import Testing

@testable import secondline

@Suite("CSV")
struct CSVTests {
    private func read(_ bytes: [UInt8], maximum: Int = 16 << 20) throws -> [CSVRecord] {
        let file = ScratchFile(bytes)
        defer { withExtendedLifetime(file) {} }
        var reader = CSVReader(descriptor: file.descriptor, maximumRecordBytes: maximum)
        var records: [CSVRecord] = []
        while let record = try reader.next() { records.append(record) }
        return records
    }

    private func read(_ text: String) throws -> [CSVRecord] { try read(Array(text.utf8)) }

    @Test(
        "fields are taken apart",
        arguments: [
            ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
            ("a,b\r\nc,d", [["a", "b"], ["c", "d"]]),
            ("\u{FEFF}a,b\n", [["a", "b"]]),
            ("\u{FEFF}\"a\",b\n", [["a", "b"]]),
            ("\"a,\"\"b\"\"\n\r\nc\",d\r\n", [["a,\"b\"\n\r\nc", "d"]]),
            ("\"\",\"\"\"\"\n", [["", "\""]]),
            (",\n,", [["", ""], ["", ""]]),
            ("a,", [["a", ""]]),
            ("\"a\"", [["a"]]),
            ("\"a\"\r\n\"b\"", [["a"], ["b"]]),
            ("\n\r\na\n\n\nb\n\n", [["a"], ["b"]]),
            ("a\rb,c\r\n", [["a\rb", "c"]]),
            ("grüße,日本\n", [["grüße", "日本"]]),
            ("", []), ("\n", []), ("\u{FEFF}", []), ("\r\n", []),
        ])
    func fields(_ text: String, _ expected: [[String]]) throws {
        let fields = try read(text).map { record in
            switch record {
            case .fields(let fields, _): fields
            case .bad(let fault, _, _): ["bad", "\(fault)"]
            }
        }
        #expect(fields == expected)
    }

    @Test("a record knows the line on which it starts")
    func lines() throws {
        #expect(try read("h\n\n\"a\nb\"\nc\n\r\nd\n").map(\.line) == [1, 3, 5, 7])
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: [UInt8]
        let fault: CSVFault
        let raw: [UInt8]

        init(_ name: String, _ text: String, _ fault: CSVFault, raw: String) {
            testDescription = name
            // § stands for a byte that is not UTF-8.
            self.text = text.utf8.split(separator: 0xC2, omittingEmptySubsequences: false).joined(separator: [0xFF])
                .filter { $0 != 0xA7 }
            self.raw = raw.utf8.split(separator: 0xC2, omittingEmptySubsequences: false).joined(separator: [0xFF])
                .filter { $0 != 0xA7 }
            self.fault = fault
        }

        static let all: [Fault] = [
            Fault("stray quote", "1,x\"y", .strayQuote(field: 2), raw: "1,x\"y"),
            Fault("text after a quote", "\"x\"y,2\r", .textAfterQuote(field: 1), raw: "\"x\"y,2"),
            Fault("return after a quote", "\"x\"\ry,2", .textAfterQuote(field: 1), raw: "\"x\"\ry,2"),
            Fault("unclosed quote", "1,2,\"x", .unclosedQuote(field: 3), raw: "1,2,\"x"),
            Fault("not UTF-8", "1,§", .invalidUTF8(field: 2), raw: "1,§"),
            Fault("not UTF-8 in quotes", "1,\"§\"\"\"", .invalidUTF8(field: 2), raw: "1,\"§\"\"\""),
            Fault("NUL", "\u{0},2", .containsNUL(field: 1), raw: "\u{0},2"),
        ]
    }

    @Test("a bad record is kept as it was, and the next line is read", arguments: Fault.all)
    func faults(_ fault: Fault) throws {
        let records = try read(Array("a,b\n".utf8) + fault.text + Array("\nc,d\ne,f\n".utf8))
        #expect(
            records == [
                .fields(["a", "b"], line: 1), .bad(fault.fault, line: 2, raw: fault.raw), .fields(["c", "d"], line: 3),
                .fields(["e", "f"], line: 4),
            ])
    }

    @Test("a bad byte in a field of several lines takes the whole record, and no more")
    func badAcrossLines() throws {
        let records = try read([0x22, 0x0A, 0xFF, 0x22, 0x0A, 0x61, 0x0A])
        #expect(
            records == [.bad(.invalidUTF8(field: 1), line: 1, raw: [0x22, 0x0A, 0xFF, 0x22]), .fields(["a"], line: 3)])
    }

    @Test("a record longer than the limit is cut, and the next line is read")
    func tooLong() throws {
        let line = Array(repeating: UInt8(ascii: "x"), count: 300_000)
        let records = try read(line + Array("\nb\n".utf8), maximum: 100_000)
        #expect(records.count == 2)
        let isCut = records[0] == .bad(.tooLong(maximum: 100_000), line: 1, raw: Array(line.prefix(65_536)))
        #expect(isCut)
        #expect(records[1] == .fields(["b"], line: 2))
    }

    @Test("wherever the chunks end, the records are the same")
    func chunks() throws {
        // Records of 9 bytes against chunks of 65,536: every offset within a record meets the end of a chunk.
        let record = "bb,\"\"\"\"\r\n"
        let count = 80_000
        let records = try read(String(repeating: record, count: count))
        #expect(records.count == count)
        for (index, record) in records.enumerated() where record != .fields(["bb", "\""], line: index + 1) {
            Issue.record("record \(index) is \(record)")
            return
        }
    }

    @Test("a field larger than a chunk is whole")
    func largeField() throws {
        let large = String(repeating: "ä\n\"\"", count: 100_000)
        let records = try read("1,\"\(large)\",3\n4,5,6\n")
        let whole = CSVRecord.fields(["1", String(repeating: "ä\n\"", count: 100_000), "3"], line: 1)
        // Not compared within the expectation, which would print both.
        let isWhole = records.first == whole
        #expect(isWhole)
        #expect(records.dropFirst() == [.fields(["4", "5", "6"], line: 100_002)])
    }

    @Test("a pipe that delivers byte by byte is read")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        #expect(Glibc.pipe(&ends) == 0)
        let (reading, writing) = (ends[0], ends[1])
        let thread = Task.detached {
            for byte in "a,\"b\"\r\nc,d".utf8 {
                _ = FileBytes.write([byte], to: writing)
                sched_yield()
            }
            close(writing)
        }
        defer { thread.cancel() }
        var reader = CSVReader(descriptor: reading)
        #expect(try reader.next() == .fields(["a", "b"], line: 1))
        #expect(try reader.next() == .fields(["c", "d"], line: 2))
        #expect(try reader.next() == nil)
        #expect(reader.bytesRead == 10)
        close(reading)
    }

    @Test("a descriptor that cannot be read is an error of the system")
    func unreadable() {
        var reader = CSVReader(descriptor: -1)
        #expect(throws: SystemError(code: EBADF)) { try reader.next() }
    }

    @Test(
        "what is written is read again",
        arguments: [
            ["a", "b"], ["", ""], [""], ["a,b", "c\nd", "e\r\nf"], ["\"", "\"\""], [" a ", "日本"], ["\u{FEFF}x"],
        ])
    func roundTrip(_ fields: [String]) throws {
        let file = ScratchFile()
        var writer = CSVWriter(descriptor: file.descriptor)
        try writer.write(["first", "line"])
        try writer.write(fields)
        try writer.write(raw: Array("x,\"y\"".utf8))
        try writer.flush()
        let records = try read(file.text)
        let end = 3 + fields.joined().count { $0.isNewline }
        let expected = [
            CSVRecord.fields(["first", "line"], line: 1), .fields(fields, line: 2), .fields(["x", "y"], line: end),
        ]
        #expect(records == expected)
    }

    @Test("only fields that need quotes get them")
    func quotes() throws {
        let file = ScratchFile()
        var writer = CSVWriter(descriptor: file.descriptor)
        try writer.write(["plain", "it's", "a,b", "say \"hi\""])
        try writer.flush()
        #expect(file.text == "plain,it's,\"a,b\",\"say \"\"hi\"\"\"\n")
    }
}
