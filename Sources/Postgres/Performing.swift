import CPostgreSQL

extension Connection {
    /// Runs the requests in one round trip, preceded by commands such as BEGIN, which are taken out of `commands` when sent;
    /// statements seen for the first time are prepared in a round trip before. Commands that follow run only when all succeeded.
    func perform(
        _ requests: [Request], after commands: inout [String], before following: [String] = [], commits: Bool = false
    ) throws(DatabaseError) -> [Answer] {
        try forgetStaleStatements()
        // Whoever waits for these waits for the statement.
        var steps = commands.map { (step: Step.command($0), statement: requests.first?.type.name) }
        let unknown = requests.map(\.type).filter { prepared[ObjectIdentifier($0)] == nil }
        if !unknown.isEmpty {
            commands = []
            try prepare(unknown, after: steps)
            steps = []
        }
        for request in requests { steps.append((try step(request), request.type.name)) }
        commands = []
        for command in following { steps.append((.command(command), command)) }
        var call = Call(deadline: .now + callTimeout, commits: commits)
        return try trip(steps, &call).suffix(requests.count + following.count)
    }

    /// Prepares the statements, which checks them against the schema and tells the types of their parameters. Behind a
    /// transaction pooler they have no name and nothing stays on the server.
    func prepare(
        _ types: [any Statement.Type], after commands: [(step: Step, statement: String?)] = []
    ) throws(DatabaseError) {
        var steps = commands
        var names: [String] = []
        for (index, type) in types.enumerated() {
            let name = pooler == .transaction ? "" : "\(type.name)_\(prepared.count + index)"
            names.append(name)
            steps.append((.prepare(name: name, sql: type.sql.description), type.name))
            steps.append((.describe(name: name), type.name))
        }
        if steps.isEmpty { return }
        var call = Call(deadline: .now + callTimeout)
        let answers: ArraySlice<Answer>
        do { answers = try trip(steps, &call).suffix(types.count * 2) } catch {
            // what was prepared before the failure stays on the server, which is not transactional about it
            hasStaleStatements = true
            throw error
        }
        for (index, type) in types.enumerated() {
            let description = answers[answers.startIndex + 2 * index + 1].result
            prepared[ObjectIdentifier(type)] = PreparedStatement(
                name: names[index],
                parameterTypes: (0..<PQnparams(description)).map { PQparamtype(description, $0) })
        }
    }

    func command(_ commands: [String], commits: Bool = false) throws(DatabaseError) -> [Answer] {
        var call = Call(deadline: .now + callTimeout, commits: commits)
        return try trip(commands.map { (.command($0), $0) }, &call)
    }

    private func step(_ request: Request) throws(DatabaseError) -> Step {
        guard let known = prepared[ObjectIdentifier(request.type)] else {
            throw DatabaseError(.usage, "\(request.type.name) was not prepared")
        }
        var parameters = request.parameters
        do { try parameters.adapt(to: known.parameterTypes) } catch { throw error.naming(request.type.name) }
        return known.name.isEmpty
            ? .unnamed(sql: request.type.sql.description, parameters) : .execute(known, parameters)
    }

    /// After DDL a plan may not fit any more: begin anew, outside transactions.
    private func forgetStaleStatements() throws(DatabaseError) {
        guard hasStaleStatements, isIdle else { return }
        // what a pooled connection has prepared is not ours
        if pooler != .transaction { _ = try command(["deallocate all"]) }
        prepared = [:]
        hasStaleStatements = false
    }
}
