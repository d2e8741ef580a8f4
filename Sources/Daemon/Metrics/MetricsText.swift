package import Store

/// The metrics in the text format of Prometheus, version 0.0.4.
package struct MetricsText {
    package typealias Sample = ReadFigures.Row

    package private(set) var text = ""

    /// Samples of families that there are not are left out.
    package init(_ samples: [Sample]) {
        let byName = Dictionary(grouping: samples, by: \.name)
        for metric in Metric.all {
            guard let samples = byName[metric.name] else { continue }
            text += "# HELP \(metric.fullName) \(metric.help)\n# TYPE \(metric.fullName) \(metric.kind)\n"
            for sample in samples where sample.labels.count == metric.labels.count {
                let labels = zip(metric.labels, sample.labels).map { "\($0)=\"\(Self.escaped($1))\"" }
                let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
                text += "\(metric.fullName)\(braces) \(Self.number(sample.value))\n"
            }
        }
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            case _: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}
