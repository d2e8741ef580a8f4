/// What a CSV file holds at one place: a record, or text that is none.
enum CSVRecord: Equatable, Sendable {
    case fields([String], line: Int)
    case bad(CSVFault, line: Int, raw: [UInt8])

    /// Where it starts, counted from 1.
    var line: Int {
        switch self {
        case .fields(_, let line), .bad(_, let line, _): line
        }
    }
}

/// Why text is no record.
enum CSVFault: Equatable, Sendable {
    /// A quote in a field that does not start with one.
    case strayQuote(field: Int)
    /// Something else than a separator after a closing quote.
    case textAfterQuote(field: Int)
    case unclosedQuote(field: Int)
    case invalidUTF8(field: Int)
    case containsNUL(field: Int)
    case tooLong(maximum: Int)

    var description: String {
        switch self {
        case .strayQuote(let field):
            "bad quoting: a quote inside field \(field); put the field in quotes and double those in it"
        case .textAfterQuote(let field): "bad quoting: text after the closing quote of field \(field)"
        case .unclosedQuote(let field): "bad quoting: the quote of field \(field) is never closed"
        case .invalidUTF8(let field): "field \(field) is not valid UTF-8"
        case .containsNUL(let field): "field \(field) contains a NUL character"
        case .tooLong(let maximum): "longer than \(maximum) bytes; is a closing quote missing?"
        }
    }
}
