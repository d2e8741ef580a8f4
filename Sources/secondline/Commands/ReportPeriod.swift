/// The days that a report is about.
struct ReportPeriod {
    /// ISO 8601; nil is the day that it is now for each person.
    let from: String?
    /// Nil is until today.
    let to: String?

    init(_ call: Invocation) throws(CommandFailure) {
        let (date, from, to) = (try Self.day("date", call), try Self.day("from", call), try Self.day("to", call))
        if let date {
            guard from == nil, to == nil else {
                throw CommandFailure(
                    .usage, "--date goes with neither --from nor --to",
                    advice: "Give one day with --date, or several with --from and --to.")
            }
            (self.from, self.to) = (date, date)
            return
        }
        if let to, from == nil {
            throw CommandFailure(
                .usage, "--to needs --from", advice: "For one day there is --date \(to).")
        }
        if let from, let to, from > to {
            throw CommandFailure(.usage, "--from \(from) is after --to \(to)", advice: "Name the earlier day first.")
        }
        (self.from, self.to) = (from, to)
    }

    /// `for today`, as the end of a sentence.
    var words: String {
        guard let from else { return "for today" }
        guard let to else { return "from \(from) on" }
        return from == to ? "for \(from)" : "from \(from) to \(to)"
    }

    private static func day(_ option: String, _ call: Invocation) throws(CommandFailure) -> String? {
        guard let text = call.value(option) else { return nil }
        // ten characters, so that days compare as texts do
        guard text.utf8.count == 10, ISOTime.parse(text + "T00:00Z") != nil else {
            throw CommandFailure(
                .usage, "--\(option): \"\(text)\" is not a day",
                advice: "Write year, month and day, such as 2026-11-23.")
        }
        return text
    }
}
