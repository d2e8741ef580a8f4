import Daemon
import Glibc
import Postgres
import Store

/// A migrated database for one run of `bench`, dropped at its end, with a department of people who have room for everything.
struct BenchDatabase: Sendable {
    /// For set-up, yardsticks and questions.
    let session: Session
    let options: SessionOptions
    let progress: Terminal

    static func with(
        _ configuration: Configuration, progress: Terminal, _ body: (BenchDatabase) async throws -> Void
    ) async throws {
        let conninfo = try Conninfo(parsing: configuration.database.conninfo)
        let name = "secondline_bench_\(getpid())"
        let home = Session(options: configuration.sessionOptions("secondline bench"))
        try await home.open()
        try await home.script("create database \(name)")
        var options = configuration.sessionOptions("secondline bench")
        options.conninfo = conninfo.with("dbname", name)
        options.statementTimeout = .seconds(3600)
        options.callTimeout = .seconds(3605)
        let database = BenchDatabase(session: Session(options: options), options: options, progress: progress)
        let outcome: Result<Void, any Error>
        do {
            try await database.session.open()
            _ = try await Migrator.migrate(database.session)
            outcome = .success(try await body(database))
        } catch {
            outcome = .failure(error)
        }
        await database.session.close()
        try await home.script("drop database \(name) with (force)")
        await home.close()
        try outcome.get()
    }

    func note(_ text: String) { progress.write("\(text)\n") }

    func run(_ sql: String) async throws { try await session.script(sql) }

    /// VACUUM refuses company, so each statement travels alone.
    func settle() async throws {
        try await run("vacuum analyze")
        try await run("checkpoint")
    }

    /// A queue `bench` with so many members at work, each with this capacity.
    func hire(_ people: Int, capacity: Int = 100_000) async throws {
        try await run(
            """
            insert into secondline.team (name, time_zone) values ('bench', 'UTC') on conflict do nothing;
            insert into secondline.queue (name) values ('bench') on conflict do nothing;
            with hired as (
                insert into secondline.person (team_id, role, full_name, capacity_minutes, time_zone)
                select 1, 'specialist', 'Person ' || i, \(capacity), 'UTC' from generate_series(1, \(people)) i returning person_id
            ), member as (
                insert into secondline.queue_member (queue, person_id) select 'bench', person_id from hired
            )
            insert into secondline.workday (person_id, day, started_at) select person_id, current_date, now() from hired;
            """)
    }

    func submit(_ tickets: Int, queue: String = "bench") async throws {
        try await run(
            """
            insert into secondline.ticket (queue, title, description, priority)
            select '\(queue)', 'Ticket ' || i, 'What a client wrote about their trouble.',
                   (array['urgent', 'high', 'normal', 'low']::secondline.priority[])[1 + i % 4]
              from generate_series(1, \(tickets)) i
            """)
    }

    /// All work is done at once, so that the next round finds everybody free.
    func finishAll() async throws {
        try await run(
            """
            update secondline.assignment set state = 'resolved', ended_at = now(), accepted_at = now() where ended_at is null;
            update secondline.ticket set status = 'resolved', ended_at = now(), attend_at = null where status = 'assigned';
            truncate secondline.message;
            """)
        try await settle()
    }

    /// The daemon's real duty, on a connection that is ready, until nothing is left; how long it took.
    func assignAll(warmUp: Bool = false, after ticket: String? = nil) async throws -> Duration {
        let duty = AssignmentDuty(log: EventLog(sink: { _ in }), batchSize: 1000)
        let worker = Session(options: options)
        try await worker.open()
        try await AssignmentDuty.prepare(worker)
        // the first look of a connection makes its plans
        if warmUp { _ = try await duty.run(worker) }
        if let ticket { try await run(ticket) }
        let start = ContinuousClock.now
        while try await duty.run(worker).again {}
        let took = ContinuousClock.now - start
        await worker.close()
        return took
    }
}
