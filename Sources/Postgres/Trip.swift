import CPostgreSQL
import Glibc

/// One message of a round trip.
enum Step {
    case command(String)
    case prepare(name: String, sql: String)
    case describe(name: String)
    case execute(PreparedStatement, Parameters)
    /// Where a name would not last.
    case unnamed(sql: String, Parameters)
}

extension Connection {
    /// Sends all steps at once and reads all answers; the first failure is thrown after the server is ready again.
    func trip(_ steps: [(step: Step, statement: String?)], _ call: inout Call) throws(DatabaseError) -> [Answer] {
        try takeInput(Call(deadline: call.deadline, statement: call.statement))
        let handle = try opened()
        // A single step needs no pipeline, and gets an error at its implicit commit in the plain way.
        let pipelined = steps.count > 1
        if (PQpipelineStatus(handle) == PQ_PIPELINE_ON) != pipelined {
            _ = pipelined ? PQenterPipelineMode(handle) : PQexitPipelineMode(handle)
        }
        for (step, statement) in steps {
            call.statement = statement
            guard send(step, handle) else { throw lost(call) }
        }
        if pipelined, PQpipelineSync(handle) != 1 { throw lost(call) }
        let answers = try collect(names: steps.map(\.statement), pipelined: pipelined, &call)
        try checkWritable(steps, answers)
        return answers
    }

    /// Several statements in one string, by the simple protocol; rows come as text.
    func simple(_ sql: String, _ call: inout Call) throws(DatabaseError) -> [Answer] {
        guard !sql.utf8.contains(0) else { throw DatabaseError(.usage, "SQL contains a NUL character") }
        try takeInput(Call(deadline: call.deadline, statement: call.statement))
        let handle = try opened()
        _ = PQexitPipelineMode(handle)
        guard PQsendQuery(handle, sql) == 1 else { throw lost(call) }
        return try collect(names: [call.statement], pipelined: false, &call)
    }

    private func send(_ step: Step, _ handle: OpaquePointer) -> Bool {
        switch step {
        case .command(let sql): PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) == 1
        case .prepare(let name, let sql): PQsendPrepare(handle, name, sql, 0, nil) == 1
        case .describe(let name): PQsendDescribePrepared(handle, name) == 1
        case .execute(let prepared, let parameters):
            parameters.withPointers { count, values, lengths, formats in
                PQsendQueryPrepared(handle, prepared.name, count, values, lengths, formats, 1) == 1
            }
        case .unnamed(let sql, let parameters):
            parameters.withPointers { count, values, lengths, formats in
                // the types that the server infers, as for a named one
                PQsendQueryParams(handle, sql, count, nil, values, lengths, formats, 1) == 1
            }
        }
    }

    private func collect(
        names: [String?], pipelined: Bool, _ call: inout Call
    ) throws(DatabaseError) -> [Answer] {
        var answers: [Answer] = []
        var failure: DatabaseError?
        var index = 0
        reading: while true {
            call.statement = names[min(index, names.count - 1)]
            guard let answer = try nextAnswer(&call, failure) else {
                if !pipelined { break reading }
                index += 1
                continue
            }
            switch answer.status {
            case PGRES_PIPELINE_SYNC: break reading
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: answers.append(answer)
            case PGRES_PIPELINE_ABORTED: break
            case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
                abandon()
                throw DatabaseError(.usage, "COPY from or to the client is not supported")
            default:
                let error = DatabaseError(report: answer.result).naming(call.statement)
                if PQstatus(handle) == CONNECTION_BAD { throw lost(call, failure ?? notices.fatal ?? error) }
                failure = failure ?? error
            }
        }
        try endCancelling(&call)
        guard var failure else {
            if call.commits && call.wasCancelled { throw committedLate(call) }
            return answers
        }
        // what a pooler lost would be lost again
        if pooler == .session, failure.sqlState == .noSuchPreparedStatement { failure.staleStatement = false }
        if failure.staleStatement { hasStaleStatements = true }
        if call.wasCancelled, failure.sqlState == .queryCanceled {
            failure.kind = .deadline
            failure.message = "was cancelled after its deadline"
        }
        throw failure
    }

    private func nextAnswer(_ call: inout Call, _ failure: DatabaseError?) throws(DatabaseError) -> Answer? {
        while true {
            let isUnsent = PQflush(handle) == 1
            if PQisBusy(handle) == 0 { return PQgetResult(handle).map { Answer($0) } }
            switch wait(for: isUnsent ? POLLIN | POLLOUT : POLLIN, until: call.deadline) {
            case .ready:
                if PQconsumeInput(handle) != 1 { throw lost(call, failure) }
            case .deadline where !call.wasCancelled:
                call.wasCancelled = true
                call.cancel = handle.flatMap { CancelRequest($0) }
                call.deadline = .now + (call.cancel == nil ? .zero : Self.grace)
            case .deadline: throw givenUp(call, "did not return in time and did not react to a cancel request")
            case .interrupted: throw givenUp(call, "was interrupted")
            }
        }
    }

    /// A cancel request still under way could hit the next statement.
    private func endCancelling(_ call: inout Call) throws(DatabaseError) {
        guard let cancel = call.cancel else { return }
        if !cancel.finished(within: call.deadline - .now) {
            throw givenUp(call, "returned late, with a cancel request still under way")
        }
    }

    /// The server cuts a wait for its synchronous standby short when it is asked to cancel, and calls that a success: then the
    /// transaction is in its own files and perhaps in no others.
    private func committedLate(_ call: Call) -> DatabaseError {
        var error = DatabaseError(.deadline, "the commit was cut short after its deadline")
        error.statement = call.statement
        error.outcomeUnknown = true
        return error
    }

    private func givenUp(_ call: Call, _ what: String) -> DatabaseError {
        abandon()
        var error = DatabaseError(.deadline, "\(what); the connection was given up")
        error.statement = call.statement
        error.outcomeUnknown = call.commits
        return error
    }
}

extension Parameters {
    /// Calls libpq with arrays that are valid during the call.
    fileprivate func withPointers<R>(
        _ body: (Int32, [UnsafePointer<CChar>?], [Int32], [Int32]) -> R
    ) -> R {
        bytes.withUnsafeBytes { buffer in
            // A non-null value of no bytes still needs an address.
            let base = buffer.baseAddress ?? UnsafeRawPointer(emptyText.utf8Start)
            let values = slots.map { slot in
                slot.length < 0 ? nil : (base + slot.start).assumingMemoryBound(to: CChar.self)
            }
            return body(
                Int32(slots.count), values, slots.map { Int32(clamping: $0.length) },
                slots.map { $0.isText ? 0 : 1 })
        }
    }
}

private let emptyText: StaticString = ""
