extension String {
    /// The text as a field of a CSV file that a spreadsheet opens: what it would take for a formula begins with an
    /// apostrophe, which makes it text there.
    var harmlessInSpreadsheets: String {
        guard let first = unicodeScalars.first(where: { !$0.properties.isWhitespace }) else { return self }
        let isControl = unicodeScalars.first.map { $0 == "\t" || $0 == "\r" || $0 == "\n" } ?? false
        // the wide forms are the same to some
        return isControl || "=+-@＝＋－＠".unicodeScalars.contains(first) ? "'" + self : self
    }
}
