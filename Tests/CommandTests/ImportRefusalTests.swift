import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@testable import secondline

@Suite("secondline import, when it cannot go on")
struct ImportRefusalTests {
    @Test(
        "a header that does not fit is told before anything is done",
        arguments: [
            ("queue\n", "the column title is missing"),
            ("title\n", "the column queue is missing; add it, or say --queue"),
            ("queue,titel\n", "there is no column titel; did you mean title?"),
            ("queue,title,title\n", "title is there twice, as column 2 and 3"),
            ("queue,title,\n", "column 3 has no name"), ("queue;title\n", "must be separated by commas"),
            ("queue,title,client,client_id\n", "give the name or the number"), ("", "the file is empty"),
            ("queue,\"title\n", "the header: bad quoting"), ("line,reason,queue\n", "the column title is missing"),
        ])
    func header(_ text: String, _ says: String) async {
        let file = ScratchFile(text)
        let run = await CommandRun(["import", file.path], on: "host=/nonexistent")
        #expect(run.status == .dataError)
        #expect(run.errors.contains(says), "\(run.errors)")
    }

    @Test("a file that cannot be read, or rejects that cannot be written, are told before anything is done")
    func files() async {
        let missing = await CommandRun(["import", "/nonexistent.csv"], on: "host=/nonexistent")
        #expect(missing.status == .noInput)
        #expect(missing.errors.contains("cannot open /nonexistent.csv: No such file"))
        #expect(await CommandRun(["import", "/tmp"], on: "host=/nonexistent").status == .noInput)
        let file = ScratchFile("queue,title\n")
        let rejects = await CommandRun(
            ["import", file.path, "--rejects", "/nonexistent/x.csv"], on: "host=/nonexistent")
        #expect(rejects.status == .cannotCreate)
        let same = await CommandRun(["import", file.path, "--rejects", file.path], on: "host=/nonexistent")
        #expect(same.status == .usage)
    }

    @Test("a program that has no more than secondline_app may import, but not say when tickets came in")
    func rights() async throws {
        try await withDatabase { database, session in
            try await session.script("select secondline.add_queue('crm'), secondline.add_client('Volvo')")
            try await withLogin(database, session, in: ["secondline_app"]) { conninfo in
                let all = ScratchFile(
                    """
                    queue,title,description,priority,kind,client,author_id,effort_minutes,skill,external_key
                    crm,t,d,low,bug,Volvo,,5,,k
                    crm,t,d,low,bug,Volvo,,5,,k

                    """)
                let run = await CommandRun(["import", all.path], on: conninfo)
                #expect(run.status == .ok, "\(run.errors)")
                #expect(run.output == "1 imported, 1 already there, 0 rejected\n")
                let dated = ScratchFile("queue,title,submitted_at\ncrm,t,2020-01-01T00:00Z\n")
                let refused = await CommandRun(["import", dated.path], on: conninfo)
                #expect(refused.status == .noPermission)
                #expect(refused.errors.contains("may not say when a ticket was submitted (column submitted_at)"))
            }
            try await withLogin(database, session, in: ["secondline_reader"]) { conninfo in
                let file = ScratchFile("queue,title\ncrm,t\n")
                let run = await CommandRun(["import", file.path], on: conninfo)
                #expect(run.status == .noPermission)
                #expect(run.errors.contains("may not insert tickets\nGrant it secondline_app"))
            }
        }
    }

    @Test("an unknown --queue is told with the nearest one")
    func unknownQueue() async throws {
        try await withDatabase { database, session in
            try await session.script("select secondline.add_queue('crm')")
            let file = ScratchFile("title\nx\n")
            let run = await CommandRun(["import", file.path, "--queue", "crn"], on: database.conninfo)
            #expect(run.status == .dataError)
            #expect(run.errors.contains("there is no queue \"crn\"; did you mean crm?"))
        }
    }

    @Test(
        "when the server is lost midway, whole batches are in, and it says how many rows and what to do",
        arguments: [
            ("queue,title,external_key\n", ",k", "Importing the same file again is safe"),
            ("queue,title\n", "", "take out the rows that are in"),
        ])
    func lost(_ header: String, _ key: String, _ advice: String) async throws {
        try await withDatabase { database, session in
            // The server ends the session at this row, in the middle of the second batch.
            try await session.script(
                """
                select secondline.add_queue('crm');
                create function pg_temp_end() returns trigger language plpgsql security definer as $$
                begin perform pg_terminate_backend(pg_backend_pid()); return new; end; $$;
                create trigger lost before insert on secondline.ticket for each row when (new.title = 'the end')
                    execute function pg_temp_end();
                """)
            let rows = (0..<1800).map { "crm,\($0 == 1500 ? "the end" : "t")\(key.isEmpty ? "" : "\(key)\($0)")\n" }
            let file = ScratchFile(header + rows.joined())
            let run = await CommandRun(["import", file.path], on: database.conninfo)
            #expect(run.status == .unavailable)
            #expect(run.errors.contains("1,000 imported, 0 already there, 0 rejected: all rows up to line 1001."))
            #expect(run.errors.contains(advice))
            #expect(try await session.simpleQuery("select count(*) from secondline.ticket") == [["1000"]])
        }
    }

    @Test("Ctrl-C leaves whole batches and says how far it came")
    func interrupted() async throws {
        try await withDatabase { database, session in
            try await session.script("select secondline.add_queue('crm')")
            let committed = AsyncStream<Void> { continuation in
                let listener = Listener(options: database.options(), channels: ["secondline"])
                let task = Task {
                    try await listener.listen {
                        continuation.yield()
                    } onNotification: { _ in
                        continuation.yield()
                    }
                }
                continuation.onTermination = { _ in task.cancel() }
            }
            var events = committed.makeAsyncIterator()
            _ = await events.next()
            let process = try CommandProcess(["import", "-", "-d", database.conninfo])
            try process.write("queue,title\n" + String(repeating: "crm,t\n", count: 1500))
            // The first thousand are in; the rest waits for its batch to fill.
            _ = await events.next()
            process.interrupt()
            let (status, errors) = try await process.end()
            #expect(status == 75)
            #expect(errors.contains("interrupted\nSo far 1,000 imported, "))
            #expect(errors.contains("all rows up to line 1001."))
            #expect(try await session.simpleQuery("select count(*) from secondline.ticket") == [["1000"]])
        }
    }

    @Test(
        "a time with zone is an instant",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01 01:00+01", 0), ("1969-12-31T19:00:00.25-0500", 250_000),
            ("2012-02-29t12:00:00,1234567z", 1_330_516_800_123_456), ("0001-01-01T00:00Z", -62_135_596_800_000_000),
        ])
    func instant(_ text: String, _ microseconds: Int64) {
        #expect(ISOTime.parse(text)?.unixMicroseconds == microseconds)
    }

    @Test(
        "what is no time with zone is none",
        arguments: [
            "", "now", "2012-05-02", "2012-05-02T08:15:00", "2012-5-2T08:15Z", "2012-13-01T00:00Z", "2011-02-29T00:00Z",
            "1900-02-29T00:00Z", "2012-05-02T24:00Z", "2012-05-02T08:60Z", "2012-05-02T08:15:60Z", "2012-05-02T08:15Z ",
            "2012-05-02T08:15+", "2012-05-02T08:15+2", "2012-05-02T08:15.5Z", "0000-01-01T00:00Z", "infinity",
            "2012-05-02T08:15:00.Z", "+2012-05-02T08:15Z",
        ])
    func noInstant(_ text: String) {
        #expect(ISOTime.parse(text) == nil)
    }
}
