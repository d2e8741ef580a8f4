extension Duration {
    /// From the database's seconds, which may be infinite where somebody wrote an infinite time; at most some 3,000 years.
    package init(databaseSeconds seconds: Double) {
        self = .milliseconds(Int64((min(max(seconds, -1e11), 1e11) * 1000).rounded()))
    }

    /// As the database takes them.
    package var databaseSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
