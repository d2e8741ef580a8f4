import Foundation
import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("secondline import")
struct ImportTests {
    /// A database with the queues crm and desk and the clients Volvo, Twin and Twin.
    private func withQueues(_ body: (ScratchDatabase, Session) async throws -> Void) async throws {
        try await withDatabase { database, session in
            try await session.script(
                """
                select secondline.add_queue('crm'), secondline.add_queue('desk', 2, 30, 'german');
                select secondline.add_client('Volvo'), secondline.add_client('Twin'), secondline.add_client('Twin')
                """)
            try await body(database, session)
        }
    }

    /// Runs an import of these bytes; the rejects lie beside the file.
    private func run(
        _ bytes: [UInt8], _ options: [String] = [], on conninfo: String
    ) async throws -> (run: CommandRun, rejects: String?) {
        let file = ScratchFile(bytes)
        let rejects = "\(file.path).rejects.csv"
        let run = await CommandRun(["import", file.path] + options, on: conninfo)
        defer { unlink(rejects) }
        return (run, try? String(contentsOfFile: rejects, encoding: .utf8))
    }

    @Test("a client's ticket that breaks the regulation goes back to the account manager, row by row")
    func regulation() async throws {
        try await withQueues { database, session in
            try await session.script(
                """
                select secondline.add_team('Support', 'UTC');
                select secondline.add_person(1, 'account_manager', 'Max Manager');
                select secondline.add_client('Managed', 1);
                select secondline.set_regulation('crm', needs_priority => true);
                """)
            let text = """
                queue,title,client,priority
                crm,bad,Managed,
                crm,good,Managed,low
                crm,nobody's,Volvo,
                desk,free,Managed,

                """
            let (run, rejects) = try await run(Array(text.utf8), on: database.conninfo)
            #expect(run.output == "4 imported, 0 already there, 0 rejected\n")
            #expect(rejects == nil)
            let rows = try await session.simpleQuery(
                "select title, status, returned_to from secondline.ticket order by 1")
            #expect(
                rows == [
                    ["bad", "returned", "1"], ["free", "new", nil], ["good", "new", nil], ["nobody's", "new", nil],
                ])
            let told = try await session.simpleQuery("select person_id, kind from secondline.message")
            #expect(told == [["1", "ticket.returned"]])
        }
    }

    @Test("columns are taken in any order, and what is empty is left to the database")
    func columns() async throws {
        try await withQueues { database, session in
            let text = #"""
                Title, external_key ,client,QUEUE,priority,kind,effort_minutes,description,submitted_at\#r
                first,k1,Volvo,crm,urgent,bug,15,"two\#r
                lines, ""quoted""",2012-05-02T08:15:00+02:00\#r
                second,,,desk,,,,,\#r

                """#
            let (run, rejects) = try await run([0xEF, 0xBB, 0xBF] + Array(text.utf8), on: database.conninfo)
            #expect(run.status == .ok, "\(run.errors)")
            #expect(run.output == "2 imported, 0 already there, 0 rejected\n")
            #expect(run.errors.isEmpty)
            #expect(rejects == nil)
            let rows = try await session.simpleQuery(
                """
                set timezone = 'UTC';
                select title, queue, priority, kind, effort_minutes, client_id, external_key, skill, description,
                       submitted_at::text, eligible_at = submitted_at, status
                  from secondline.ticket order by ticket_id
                """)
            #expect(
                rows == [
                    [
                        "first", "crm", "urgent", "bug", "15", "1", "k1", nil, "two\r\nlines, \"quoted\"",
                        "2012-05-02 06:15:00+00", "t", "new",
                    ],
                    ["second", "desk", nil, "question", "30", nil, nil, "german", "", rows.last?[9], "t", "new"],
                ])
        }
    }

    struct BadRow: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let row: [UInt8]
        let reason: String

        init(_ name: String, _ row: String, _ reason: String) {
            testDescription = name
            // § stands for a byte that is not UTF-8, ¤ for NUL.
            self.row = row.flatMap { $0 == "§" ? [0xFF] : $0 == "¤" ? [0] : Array(String($0).utf8) }
            self.reason = reason
        }
    }

    @Test(
        "a bad row is rejected with its line and the reason, and its neighbours are kept",
        arguments: [
            BadRow("no title", "crm,,,,,,,", "the title is empty"),
            BadRow("a blank title", "crm,  ,,,,,,", "the title is empty"),
            BadRow("a title of two lines", "crm,\"a\nb\",,,,,,", "the title contains control characters"),
            BadRow("an unknown queue", "crn,x,,,,,,", "there is no queue \"\"crn\"\"; did you mean crm?"),
            BadRow("no queue", ",x,,,,,,", "the queue is empty"),
            BadRow("an unknown priority", "crm,x,urgnt,,,,,", "priority \"\"urgnt\"\"; did you mean urgent?"),
            BadRow("an unknown kind", "crm,x,,wish,,,,", "there are question, bug, system_error, suggestion, task"),
            BadRow("an unknown client", "crm,x,,,Saab,,,", "there is no client \"\"Saab\"\""),
            BadRow("a client of which there are two", "crm,x,,,Twin,,,", "there are 2 clients \"\"Twin\"\""),
            BadRow("an effort that is no number", "crm,x,,,,1h,,", "effort_minutes \"\"1h\"\" is not a whole number"),
            BadRow("an effort of nothing", "crm,x,,,,0,,", "effort_minutes 0 is not between 1 and 100000"),
            BadRow("an effort out of range", "crm,x,,,,9999999999,,", "out of range"),
            BadRow("an unknown author", "crm,x,,,,,4711,", "there is no person 4711 (author_id)"),
            BadRow("an invalid date", "crm,x,,,,,,2023-02-29T00:00:00Z", "is not a time with zone"),
            BadRow("a date without zone", "crm,x,,,,,,2023-02-28T00:00:00", "is not a time with zone"),
            BadRow("a date in the future", "crm,x,,,,,,9023-02-28T00:00:00Z", "is in the future"),
            BadRow("bad quoting", "crm,x\"y,,,,,,", "bad quoting"),
            BadRow("too few fields", "crm,x", "has 2 fields, the header has 8"),
            BadRow("too many fields", "crm,x,,,,,,,", "has 9 fields, the header has 8"),
            BadRow("invalid UTF-8", "crm,x§,,,,,,", "field 2 is not valid UTF-8"),
            BadRow("NUL", "crm,x¤,,,,,,", "field 2 contains a NUL character"),
        ])
    func badRow(_ bad: BadRow) async throws {
        try await withQueues { database, session in
            let header = "queue,title,priority,kind,client,effort_minutes,author_id,submitted_at\n"
            let good = "crm,good,low,task,Volvo,30,,2020-01-01T00:00Z\n"
            let bytes = Array((header + good).utf8) + bad.row + Array(("\n" + good).utf8)
            let (run, rejects) = try await run(bytes, on: database.conninfo)
            #expect(run.status == .dataError, "\(run.errors)")
            #expect(run.output.hasPrefix("2 imported, 0 already there, 1 rejected → /"))
            let text = try #require(rejects)
            #expect(text.hasPrefix("line,reason,queue,title,"))
            #expect(text.contains("\n3,"))
            #expect(text.contains(bad.reason), "\(text)")
            #expect(try await session.simpleQuery("select title from secondline.ticket") == [["good"], ["good"]])
        }
    }

    @Test("a megabyte of description is rejected, and 262,144 characters are kept")
    func long() async throws {
        try await withQueues { database, session in
            let rows = [1 << 20, 262_145, 262_144].map { "crm,t,\(String(repeating: "é", count: $0))\n" }
            let (run, rejects) = try await run(
                Array(("queue,title,description\n" + rows.joined()).utf8), on: database.conninfo)
            #expect(run.output.hasPrefix("1 imported, 0 already there, 2 rejected"))
            #expect(rejects?.contains("the description has 1048576 characters, more than 262,144") == true)
            #expect(try await session.simpleQuery("select length(description) from secondline.ticket") == [["262144"]])
        }
    }

    @Test("of batches full of bad rows exactly the good ones are kept, in the order of the file")
    func halving() async throws {
        try await withQueues { database, session in
            let rows = (0..<2500).map { number in
                number.isMultiple(of: 97) || (1200..<1300).contains(number) ? "crm,\n" : "crm,title \(number)\n"
            }
            let (run, rejects) = try await run(Array(("queue,title\n" + rows.joined()).utf8), on: database.conninfo)
            let bad = rows.indices.filter { rows[$0] == "crm,\n" }
            let good = rows.indices.filter { rows[$0] != "crm,\n" }
            let counts = "\(Figures.grouped(good.count)) imported, 0 already there, \(bad.count) rejected"
            #expect(run.output.hasPrefix(counts))
            let rejected = try #require(rejects).split(separator: "\n").dropFirst()
            #expect(rejected.map { $0.prefix { $0 != "," } } == bad.map { "\($0 + 2)" })
            let titles = try await session.simpleQuery("select title from secondline.ticket order by ticket_id")
            #expect(titles.map { $0[0] } == good.map { "title \($0)" })
        }
    }

    @Test("the same external_key is there once, within a file and when the file is imported again")
    func again() async throws {
        try await withQueues { database, session in
            let rows = (0..<1500).map { "crm,t,k\($0 % 1200)\n" }
            let bytes = Array(("queue,title,external_key\n" + rows.joined()).utf8)
            let first = try await run(bytes, on: database.conninfo).run
            #expect(first.output == "1,200 imported, 300 already there, 0 rejected\n")
            #expect(first.status == .ok)
            let second = try await run(bytes, on: database.conninfo).run
            #expect(second.output == "0 imported, 1,500 already there, 0 rejected\n")
            #expect(try await session.simpleQuery("select count(*) from secondline.ticket") == [["1200"]])
        }
    }

    @Test("the file of rejects can be imported again once its rows are corrected")
    func rejectsAgain() async throws {
        try await withQueues { database, session in
            let first = try await run(Array("queue,title,kind\ncrn,\"x,y\",bug\ncrm,,\n".utf8), on: database.conninfo)
            let corrected = try #require(first.rejects).replacing(",crn,", with: ",crm,")
            let second = try await run(Array(corrected.utf8), on: database.conninfo)
            #expect(second.run.output.hasPrefix("1 imported, 0 already there, 1 rejected"))
            let rejected = try #require(second.rejects).split(separator: "\n").last
            #expect(rejected?.hasPrefix("3,the title is empty. ") == true)
            #expect(rejected?.hasSuffix(",crm,,") == true)
            #expect(try await session.simpleQuery("select title, kind from secondline.ticket") == [["x,y", "bug"]])
        }
    }

    @Test("--queue is the queue of rows that name none, and --rejects names the file")
    func options() async throws {
        try await withQueues { database, session in
            let rejects = ScratchFile()
            let (run, beside) = try await run(
                Array("title,queue\na,\nb,desk\n,\n".utf8), ["--queue", "crm", "--rejects", rejects.path],
                on: database.conninfo)
            #expect(run.output == "2 imported, 0 already there, 1 rejected → \(rejects.path)\n")
            #expect(beside == nil)
            #expect(rejects.text.hasPrefix("line,reason,title,queue\n4,"))
            #expect(
                try await session.simpleQuery("select title, queue from secondline.ticket order by 1")
                    == [["a", "crm"], ["b", "desk"]])
        }
    }
}
