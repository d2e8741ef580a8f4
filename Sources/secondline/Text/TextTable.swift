/// Rows under headings, in columns as wide as they need to be.
struct TextTable: Sendable {
    struct Column: Sendable {
        enum Alignment: Sendable { case left, right }

        let heading: String
        var alignment = Alignment.left
        /// Takes what is missing when the table is wider than the terminal; the last such column first.
        var shrinks = false
        /// Takes more lines when the table is wider than the terminal, before any column shrinks, and is as narrow as
        /// this then, or narrower where that does not do.
        var wrapsTo: Int?
    }

    struct Cell: Sendable, ExpressibleByStringLiteral {
        let text: String
        var style: Terminal.Style?

        /// The text may be anybody's: what could disturb a terminal is written out.
        init(_ text: String, _ style: Terminal.Style? = nil) {
            self.text = text.visible()
            self.style = style
        }

        init(stringLiteral text: String) { self.init(text) }
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    /// A row shorter than the headings is filled with empty cells.
    mutating func append(_ row: [Cell]) {
        let missing = max(0, columns.count - row.count)
        rows.append(row.prefix(columns.count) + Array(repeating: "", count: missing))
    }

    mutating func append(_ row: [String]) { append(row.map { Cell($0) }) }

    func text(for terminal: Terminal) -> String { text(width: terminal.width, styled: terminal.styled) }

    /// No wider than `width` if there is one, however small it is.
    func text(width: Int?, styled: (String, Terminal.Style) -> String = { text, _ in text }) -> String {
        let widths = widths(within: width)
        var text = line(columns.map { Cell($0.heading, .bold) }, widths, width, styled)
        for row in rows {
            for cells in lines(of: row, widths) { text += line(cells, widths, width, styled) }
        }
        return text
    }

    private func widths(within width: Int?) -> [Int] {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].heading.columns) { max($0, $1[index].text.columns) }
        }
        guard let width else { return widths }
        let gaps = 2 * max(0, columns.count - 1)
        var surplus = widths.reduce(0, +) + gaps - width
        func narrow(_ index: Int, to least: Int) {
            let spare = min(surplus, max(0, widths[index] - max(least, columns[index].heading.columns)))
            widths[index] -= spare
            surplus -= spare
        }
        for index in columns.indices { columns[index].wrapsTo.map { narrow(index, to: $0) } }
        for index in columns.indices.reversed() where columns[index].shrinks { narrow(index, to: 8) }
        for index in columns.indices where columns[index].wrapsTo != nil { narrow(index, to: 8) }
        return widths
    }

    private func lines(of row: [Cell], _ widths: [Int]) -> [[Cell]] {
        let parts = columns.indices.map { index in
            columns[index].wrapsTo == nil ? [row[index].text] : row[index].text.wrapped(to: widths[index])
        }
        return (0..<(parts.map(\.count).max() ?? 1)).map { number in
            columns.indices.map { index in
                number < parts[index].count ? Cell(parts[index][number], row[index].style) : ""
            }
        }
    }

    private func line(
        _ cells: [Cell], _ widths: [Int], _ width: Int?, _ styled: (String, Terminal.Style) -> String
    ) -> String {
        var room = width ?? .max
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 {
                guard room > 2 else { break }
                line += "  "
                room -= 2
            }
            let columnWidth = min(widths[index], room)
            let text = cell.text.fitted(to: columnWidth)
            let padding = String(repeating: " ", count: max(0, columnWidth - text.columns))
            let shown = text.isEmpty ? text : cell.style.map { styled(text, $0) } ?? text
            line += columns[index].alignment == .right ? padding + shown : shown + padding
            room -= columnWidth
        }
        while line.last == " " { line.removeLast() }
        return line + "\n"
    }
}
