import Glibc
import Testing

@testable import secondline

@Suite("Text for people")
struct TextTests {
    @Test(
        "what could disturb a terminal is written out",
        arguments: [
            ("plain", "plain"), ("Grüße 日本 👩‍💻", "Grüße 日本 👩‍💻"), ("\u{1B}[2J", "\\e[2J"), ("a\nb\tc\r", "a\\nb\\tc\\r"),
            ("\u{7F}\u{9B}\u{202E}\u{0}", "\\u{7F}\\u{9B}\\u{202E}\\u{0}"),
        ])
    func visible(_ text: String, _ expected: String) {
        #expect(text.visible() == expected)
    }

    @Test(
        "columns are counted as a terminal shows them",
        arguments: [("abc", 3), ("Grüße", 5), ("日本", 4), ("👩‍💻", 2), ("e\u{301}", 1), ("", 0), ("한", 2)])
    func columns(_ text: String, _ expected: Int) {
        #expect(text.columns == expected)
    }

    private var table: TextTable {
        var table = TextTable([
            .init(heading: "ticket", alignment: .right), .init(heading: "title", shrinks: true), .init(heading: "to"),
        ])
        table.append([.init("7", .red), "日本 printer is on fire", "Eve"])
        table.append(["1234567", "x\u{1B}[31m"])
        return table
    }

    @Test("a table aligns its columns and leaves no blanks at the end of a line")
    func tableLayout() {
        #expect(
            table.text(width: nil) == """
                 ticket  title                    to
                      7  日本 printer is on fire  Eve
                1234567  x\\e[31m

                """)
    }

    @Test("a table is never wider than the terminal", arguments: [1, 2, 5, 8, 12, 20, 30, 34, 35, 80])
    func tableWidth(_ width: Int) {
        for line in table.text(width: width).split(separator: "\n") { #expect(String(line).columns <= width) }
    }

    @Test("what is missing is taken from the columns that may shrink, with an ellipsis")
    func shrinking() {
        #expect(table.text(width: 30).contains("日本 printer is…  Eve"))
    }

    @Test(
        "text is broken at blanks, and in a word only where it is wider by itself",
        arguments: [
            ("", 5, [""]), ("one two", 7, ["one two"]), ("one two", 6, ["one", "two"]), ("a  b c", 3, ["a b", "c"]),
            ("abcdefgh ij", 3, ["abc", "def", "gh", "ij"]), ("日本 日本語", 5, ["日本", "日本", "語"]), ("ab", 0, ["ab"]),
            ("a 日", 1, ["a", "日"]),
        ])
    func wrapping(_ text: String, _ width: Int, _ expected: [String]) {
        #expect(text.wrapped(to: width) == expected)
    }

    @Test("JSON stays the same JSON where characters that could disturb a terminal are written out")
    func json() {
        #expect(#"{"a":"b"}"#.visibleJSON == #"{"a":"b"}"#)
        #expect("[\"é\u{202E}\u{9B}\u{FEFF}\"]".visibleJSON == #"["é\u202e\u009b\ufeff"]"#)
    }

    @Test("colours do not change the layout")
    func colours() {
        let coloured = table.text(width: nil) { text, style in "<\(style.rawValue)>\(text)</>" }
        #expect(coloured.contains("      <31>7</>  日本"))
        #expect(coloured.contains("</>  <1>title</>"))
    }

    @Test("a file shows no colours and has no width")
    func plainFile() {
        let file = ScratchFile()
        let terminal = Terminal(descriptor: file.descriptor, environment: ["TERM": "xterm"])
        #expect(!terminal.isTerminal)
        #expect(!terminal.showsColours)
        #expect(terminal.width == nil)
        #expect(terminal.styled("x", .red) == "x")
        terminal.write(table.text(for: terminal))
        #expect(!file.text.contains("\u{1B}"))
    }

    @Test(
        "colours are shown on a terminal unless NO_COLOR or a dumb one forbids them",
        arguments: [
            (["TERM": "xterm"], true), (["TERM": "xterm", "NO_COLOR": ""], true),
            (["TERM": "xterm", "NO_COLOR": "0"], false), (["TERM": "dumb"], false), ([:], false),
        ])
    func colourRules(_ environment: [String: String], _ coloured: Bool) {
        let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY)
        defer { close(descriptor) }
        var size = winsize(ws_row: 24, ws_col: 57, ws_xpixel: 0, ws_ypixel: 0)
        #expect(ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0)
        let terminal = Terminal(descriptor: descriptor, environment: environment)
        #expect(terminal.isTerminal)
        #expect(terminal.width == 57)
        #expect((terminal.styled("x", .red) != "x") == coloured)
    }

    @Test("a progress bar shows share, rate and what remains")
    func progress() {
        let bar = ProgressBar("import", total: 200)
        #expect(
            bar.line(done: 50, count: 1000, unit: "rows", elapsed: .seconds(10), width: 60)
                == "import [####...............]  25% 1000 rows, 100/s 0:30 left")
        #expect(bar.line(done: 0, count: 0, unit: "rows", elapsed: .zero, width: 60).columns <= 60)
        #expect(bar.line(done: 50, count: 1000, unit: "rows", elapsed: .seconds(10), width: 20).columns <= 20)
        let unknown = ProgressBar("import", total: nil)
        #expect(
            unknown.line(done: 50, count: 1000, unit: "rows", elapsed: .seconds(10), width: 60)
                == "import 1000 rows, 100/s")
    }

    @Test("a progress bar is silent where there is no terminal")
    func silentProgress() {
        let file = ScratchFile()
        var bar = ProgressBar("x", total: 1, on: Terminal(descriptor: file.descriptor, environment: [:]))
        bar.show(done: 1, count: 1, unit: "rows")
        bar.clear()
        #expect(file.text.isEmpty)
    }

    @Test("the clock is short", arguments: [(0.0, "0:00"), (7.4, "0:07"), (750, "12:30"), (11_100, "3:05:00")])
    func clock(_ seconds: Double, _ expected: String) {
        #expect(ProgressBar.clock(seconds) == expected)
    }
}
