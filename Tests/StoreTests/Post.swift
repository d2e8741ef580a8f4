import Postgres
import TestSupport

/// An empty outbox, a department with one specialist, and a channel through which the team is reached: what is sent to the team
/// is one message of that channel.
struct Post: Sendable {
    let here: Department
    let channel: String
    let reader: Int64

    init(specialists: Int = 1, atWork: Bool = true, zone: String = "Europe/Berlin") async throws {
        here = try await Department(in: db, specialists: specialists, zone: zone, atWork: atWork)
        channel = "chat-\(UInt32.random(in: 0 ... .max))"
        reader = here.specialists[0]
        try await db.script(
            """
            delete from secondline.message;
            select secondline.set_team_contact(\(here.team), '\(channel)', 'room 1')
            """)
    }

    /// Monday noon in Berlin and so many seconds, as SQL.
    static func at(_ seconds: Double = 0) -> String {
        "timestamptz '2026-06-01 10:00:00Z' + make_interval(secs => \(seconds))"
    }

    /// A note for the team.
    func tell(_ text: String = "text", at: String = at(), data: String = "{}") async throws -> Int64 {
        try await db.id(
            """
            secondline_rules.send(\(at), 'note', null, \(here.team), null,
                                  jsonb_build_object('text', \(quoteLiteral(text))) || '\(data)')
            """)
    }

    /// A popup for a person, with what goes to their contacts; its id.
    func popUp(
        _ person: Int64? = nil, severity: String = "normal", at: String = at(), sendAt: String = "null"
    ) async throws -> Int64 {
        try await db.id(
            """
            secondline_rules.send(\(at), 'note', \(person ?? reader), null, null,
                                  '{"text": "text", "severity": "\(severity)"}', \(sendAt))
            """)
    }

    /// `state|attempt|deaths|seconds from noon until it is sent|outcome|said`, or `gone`.
    func state(_ message: Int64) async throws -> String {
        try await db.lines(
            """
            select state, attempt, deaths,
                   case when isfinite(send_at) then round(extract(epoch from send_at - (\(Self.at()))))::text else 'never' end,
                   last_outcome, last_said
              from secondline.message where message_id = \(message)
            """
        ).first ?? "gone"
    }

    /// `state|because` of a message that is done with.
    func end(_ message: Int64) async throws -> String? {
        try await db.lines("select state, because from secondline.message_history where message_id = \(message)").first
    }

    /// `attempt|outcome|late|worker|said`, in order.
    func ledger(_ message: Int64) async throws -> [String] {
        try await db.lines(
            """
            select attempt, outcome, late, worker, said from secondline.message_attempt
             where message_id = \(message) order by attempt_id
            """)
    }
}

/// What a daemon does with one channel, at instants that a test names.
struct Courier: Sendable {
    let channel: String
    var worker = "one"
    /// Count and interval.
    var rate = "null, null"
    var floor = "-infinity"
    /// Seconds.
    var lease = 60.0
    var session: Session?

    struct Claim: Sendable, Equatable {
        let message: Int64
        let attempt: String
        let claim: String
    }

    struct Batch: Sendable {
        let claims: [Claim]
        /// Seconds until there may be more.
        let dueIn: Double?

        var messages: [Int64] { claims.map(\.message) }
    }

    func claim(at: String = Post.at(), limit: Int = 100) async throws -> Batch {
        let rows = try await (session ?? db).simpleQuery(
            """
            select message_id, attempt, claim_id, due_in from secondline_rules.claim_messages(
                   \(at), '\(worker)', '\(channel)', \(limit), make_interval(secs => \(lease)), '\(floor)', \(rate))
            """)
        return Batch(
            claims: rows.compactMap { row in
                row[0].flatMap { Int64($0) }.map { Claim(message: $0, attempt: row[1] ?? "", claim: row[2] ?? "") }
            }, dueIn: rows.lazy.compactMap { $0[3].flatMap { Double($0) } }.first)
    }

    /// Claims, and begins the deliveries.
    func take(at: String = Post.at(), limit: Int = 100) async throws -> [Claim] {
        let claims = try await claim(at: at, limit: limit).claims
        try await begin(claims)
        return claims
    }

    func begin(_ claims: [Claim]) async throws {
        if let claim = claims.first?.claim {
            try await (session ?? db).script("select secondline_rules.begin_claim(\(claim))")
        }
    }

    func renew(_ claims: [Claim], at: String) async throws {
        try await db.script(
            """
            select secondline_rules.renew_leases(\(at), \(arrays(claims)), make_interval(secs => \(lease)))
            """)
    }

    /// `message|attempt|is late|why it was set aside` of what calls for attention.
    @discardableResult
    func finish(
        _ claims: [Claim], _ outcome: String = "sent", at: String = Post.at(), said: String = "", crashed: Bool = false,
        retryIn: Double = 10
    ) async throws -> [String] {
        let fill = { (value: String) in "array_fill(\(value), array[\(claims.count)])" }
        return try await (session ?? db).lines(
            """
            select message_id, attempt, is_late, set_aside_because from secondline_rules.finish_deliveries(
                   \(at), '\(worker)', '\(channel)', \(arrays(claims)), \(fill("'\(outcome)'::secondline.delivery_outcome")),
                   \(fill("\(quoteLiteral(said))::text")), \(fill("\(crashed)")), \(fill("0.5::float8")),
                   \(fill("\(retryIn)::float8")))
            """)
    }

    /// `message|attempt|worker|begun|set aside` of what was taken away.
    func takeOver(at: String) async throws -> [String] {
        try await (session ?? db).lines(
            "select * from secondline_rules.take_over_messages(\(at), '\(channel)', 1000)")
    }

    private func arrays(_ claims: [Claim]) -> String {
        """
        '{\(claims.map { "\($0.message)" }.joined(separator: ","))}', \
        '{\(claims.map(\.attempt).joined(separator: ","))}'
        """
    }
}
