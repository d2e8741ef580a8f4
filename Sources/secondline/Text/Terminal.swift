import Glibc
import Synchronization

/// A place that text is written to, and what it can show.
struct Terminal: Sendable {
    enum Style: String, Sendable {
        case bold = "1"
        case faint = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    let descriptor: Int32
    let isTerminal: Bool
    let showsColours: Bool
    private let failure = Failure()

    private final class Failure: Sendable {
        let first = Mutex<SystemError?>(nil)
    }

    static let standardOutput = Terminal(descriptor: STDOUT_FILENO, environment: ProcessEnvironment.variables)
    static let standardError = Terminal(descriptor: STDERR_FILENO, environment: ProcessEnvironment.variables)

    init(descriptor: Int32, environment: [String: String]) {
        let isTerminal = isatty(descriptor) == 1
        self.descriptor = descriptor
        self.isTerminal = isTerminal
        showsColours =
            isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && (environment["TERM"] ?? "dumb") != "dumb"
    }

    /// In columns, asked anew each time because windows are resized; nil when nothing limits it.
    var width: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    var height: Int? {
        guard isTerminal else { return nil }
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// The text in a style where colours are shown, else the text.
    func styled(_ text: String, _ style: Style) -> String {
        showsColours ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// Clears the screen before the next picture of a `--watch`; nothing when it is no terminal.
    func clear() {
        if isTerminal { write("\u{1B}[H\u{1B}[2J") }
    }

    /// Writes all of it; see `lost` when it fails.
    func write(_ text: String) {
        guard let code = FileBytes.write(Array(text.utf8), to: descriptor) else { return }
        failure.first.withLock { $0 = $0 ?? SystemError(code: code) }
    }

    /// Why something that was written is not there; nil also when the reader went away, who wanted no more.
    var lost: SystemError? { failure.first.withLock { $0.flatMap { $0.code == EPIPE ? nil : $0 } } }
}
