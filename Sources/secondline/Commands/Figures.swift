/// Numbers as people read them.
enum Figures {
    /// `4701` as `4,701`.
    static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }

    /// "1 ticket", "2,000 tickets".
    static func counted(_ number: Int, _ noun: String) -> String {
        "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// Two units at most: `38 s`, `12 min`, `2 h 5 min`, `3 d 4 h`; what is shorter than a second is `0 s`.
    static func time(_ seconds: Double) -> String {
        let whole = Int(min(max(0, seconds), 1e12))
        let (minutes, hours) = (whole / 60, whole / 3600)
        if whole < 60 { return "\(whole) s" }
        if hours == 0 { return "\(minutes) min" }
        if hours < 24 { return minutes % 60 == 0 ? "\(hours) h" : "\(hours) h \(minutes % 60) min" }
        return hours % 24 == 0 ? "\(hours / 24) d" : "\(hours / 24) d \(hours % 24) h"
    }

    /// A filled part of ten cells; a load above the capacity fills it.
    static func bar(_ part: Int, of whole: Int) -> String {
        let filled = whole > 0 ? min(10, max(part > 0 ? 1 : 0, part * 10 / whole)) : (part > 0 ? 10 : 0)
        return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: 10 - filled) + "]"
    }
}
