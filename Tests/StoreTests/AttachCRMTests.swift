import Foundation
import Postgres
import TestSupport
import Testing

/// A CRM attached with sql/examples/attach-crm.sql, and a department behind it.
private struct CRM: Sendable {
    let here: Department
    let bridge: String
    let customer: Int32

    var owner: Int64 { here.specialists[0] }

    /// Runs the file and calls `body`; the role of the bridge goes afterwards, because roles outlive databases.
    static func attached(_ body: @Sendable (CRM) async throws -> Void) async throws {
        let crm = try await CRM()
        let result: Result<Void, any Error>
        do { result = .success(try await body(crm)) } catch { result = .failure(error) }
        try await db.script(
            """
            truncate crm.customer, crm.request, crm.reply, crm.customer_client, crm.attachment, crm.ticket_link, crm.to_secondline,
                secondline_crm.to_crm;
            drop owned by \(crm.bridge); drop role \(crm.bridge)
            """)
        try result.get()
    }

    private init() async throws {
        bridge = "sl_test_bridge_\(UInt32.random(in: 0 ... .max))"
        let file = FileManager.default.temporaryDirectory.appending(path: "\(bridge).sql")
        let attach = Psql.folder.appending(path: "examples/attach-crm.sql").path
        try "\\set bridge \(bridge)\n\\i \(attach)\n".write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        // again is harmless
        for _ in 0..<2 {
            let psql = try await Psql(OwnDatabase.current!.database.conninfo, file: file.path)
            try #require(psql.status == 0, "\(psql.errors)")
        }
        here = try await Department(in: db, specialists: 2)
        customer = Int32.random(in: 1...1_000_000)
        try await db.script(
            """
            insert into crm.attachment (queue, person_id) values ('\(here.queue)', \(here.head));
            insert into crm.customer values (\(customer), 'Northwind'), (0, 'nobody knows them');
            insert into crm.customer_client values (\(customer), \(here.client));
            """)
    }

    /// What the scheduler does.
    func exchange() async throws {
        try await withSession(as: bridge) { try await $0.script("call crm.exchange()") }
    }

    /// The same until nothing is left to do; what failed is tried again, without waiting for its time.
    func settle() async throws {
        for _ in 0..<4 {
            try await db.script(
                "update crm.to_secondline set retry_at = '-infinity'; update secondline_crm.to_crm set retry_at = '-infinity'"
            )
            try await exchange()
        }
    }

    func request(_ subject: String = "The logo is lost", urgency: String = "soon", customer: Int32? = nil) async throws
        -> Int64
    {
        let sql = """
            insert into crm.request (customer_id, subject, body, urgency)
            values (\(customer ?? self.customer), \(quoteLiteral(subject)), 'Since this morning.', '\(urgency)') returning request_id
            """
        return Int64(try await db.value(sql)!)!
    }

    func ticket(of request: Int64) async throws -> Int64? {
        try await db.value("select ticket_id from secondline.ticket where external_key = 'crm:\(request)'")
            .flatMap(Int64.init)
    }

    /// A request whose ticket the first specialist has accepted.
    func taken() async throws -> (request: Int64, ticket: Int64) {
        let request = try await request()
        try await settle()
        let ticket = try #require(try await ticket(of: request))
        try await db.assign([(ticket, owner)])
        try await db.script("select secondline.accept_ticket(\(ticket), \(owner))")
        try await settle()
        return (request, ticket)
    }

    func shown(_ request: Int64) async throws -> [String] {
        try await db.lines("select status, assignee, news from crm.request where request_id = \(request)")
    }

    /// The last entries of the journal.
    func journal(_ ticket: Int64, _ count: Int) async throws -> [String] {
        try await db.lines(
            """
            select event, note from (select * from secondline.journal where ticket_id = \(ticket) order by journal_id desc limit \(count)) j
             order by journal_id
            """)
    }

    func status(_ ticket: Int64) async throws -> String? {
        try await db.value("select status from secondline.ticket where ticket_id = \(ticket)")
    }

    func left() async throws -> [String] {
        try await db.lines("select direction, request_id, error from crm.trouble order by request_id, direction")
    }
}

@Suite("A CRM with its own ticket table", .serialized, .ownDatabase) struct AttachCRMTests {
    @Test("a request becomes a ticket of its client; status, assignee and news come back")
    func ourWay() async throws {
        try await CRM.attached { crm in
            let request = try await crm.request()
            try await crm.exchange()
            let ticket = try #require(try await crm.ticket(of: request))
            #expect(
                try await db.lines(
                    """
                    select queue, title, description, priority, client_id, author_id from secondline.ticket where ticket_id = \(ticket)
                    """) == [
                        "\(crm.here.queue)|The logo is lost|Since this morning.|high|\(crm.here.client)|-"
                    ])
            #expect(try await crm.shown(request) == ["open|-|-"])
            try await db.assign([(ticket, crm.owner)])
            try await crm.exchange()
            #expect(try await crm.shown(request) == ["open|Specialist 0|-"])
            let steps = [
                ("accept_ticket(\(ticket), \(crm.owner))", "in progress|Specialist 0|-"),
                ("reply_to_client(\(ticket), \(crm.owner), 'we look')", "in progress|Specialist 0|we look"),
                ("wait_for_client(\(ticket), \(crm.owner), 'which one?')", "question|Specialist 0|which one?"),
                ("client_replied(\(ticket), 'all')", "in progress|Specialist 0|which one?"),
                (
                    "reassign_ticket(\(ticket), \(crm.here.specialists[1]), \(crm.owner), 'please')",
                    "open|Specialist 1|which one?"
                ),
                ("resolve_ticket(\(ticket), \(crm.here.specialists[1]), 'it is back')", "done|Specialist 1|it is back"),
            ]
            for (call, wanted) in steps {
                try await db.script("select secondline.\(call)")
                try await crm.exchange()
                #expect(try await crm.shown(request) == [wanted], "\(call)")
            }
        }
    }

    @Test("what they change of text, urgency and status, and what the customer replies, reaches us")
    func theirWay() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            try await db.script(
                "update crm.request set urgency = 'asap', body = 'Since noon.' where request_id = \(request)")
            try await crm.exchange()
            #expect(
                try await crm.journal(ticket, 2) == [
                    "note|In the CRM it says now:\nThe logo is lost\nSince noon.", "priority_set|urgent",
                ])
            try await db.script("select secondline.wait_for_client(\(ticket), \(crm.owner), 'which one?')")
            try await db.script(
                """
                insert into crm.reply (request_id, text) values (\(request), 'the first'), (\(request), 'and the second')
                """)
            try await crm.exchange()
            #expect(
                try await crm.journal(ticket, 2) == ["client_replied|the first", "client_replied|and the second"])
            #expect(try await crm.status(ticket) == "accepted")
            try await db.script("select secondline.resolve_ticket(\(ticket), \(crm.owner), 'it is back')")
            try await crm.exchange()
            try await db.script("update crm.request set status = 'open' where request_id = \(request)")
            try await crm.exchange()
            #expect(try await crm.journal(ticket, 1) == ["reopened|opened again in the CRM"])
            #expect(try await crm.shown(request)[0].hasPrefix("in progress|"))
            try await db.script("update crm.request set status = 'withdrawn' where request_id = \(request)")
            try await crm.exchange()
            #expect(try await crm.status(ticket) == "cancelled")
            // what is ours to say is put right
            try await db.script("update crm.request set status = 'question' where request_id = \(request)")
            try await crm.settle()
            #expect(try await crm.shown(request)[0].hasPrefix("withdrawn|"))
            #expect(try await crm.left() == [])
            try await expectLoadsToAddUp()
        }
    }

    @Test("it comes to rest: what one side wrote comes back as nothing")
    func noLoop() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            try await db.script(
                """
                select secondline.wait_for_client(\(ticket), \(crm.owner), 'which one?');
                insert into crm.reply (request_id, text) values (\(request), 'that');
                update crm.request set urgency = 'whenever' where request_id = \(request);
                """)
            try await crm.settle()
            let everything = """
                select (select count(*) from crm.to_secondline), (select count(*) from secondline_crm.to_crm),
                       (select count(*) from secondline.journal), (select max(xmin::text::bigint) from crm.request),
                       (select count(*) from secondline.ticket)
                """
            let before = try await db.lines(everything)
            #expect(before[0].hasPrefix("0|0|"))
            try await crm.settle()
            #expect(try await db.lines(everything) == before)
        }
    }

    @Test("what is rolled back on either side never reaches the other")
    func rolledBack() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            try await db.script(
                """
                begin; insert into crm.request (customer_id, subject) values (\(crm.customer), 'never');
                update crm.request set status = 'withdrawn' where request_id = \(request); rollback;
                begin; select secondline.resolve_ticket(\(ticket), \(crm.owner), 'no'); rollback;
                """)
            #expect(
                try await db.lines("select 1 from crm.to_secondline union all select 1 from secondline_crm.to_crm")
                    == [])
            try await crm.settle()
            #expect(try await crm.shown(request) == ["in progress|Specialist 0|-"])
            #expect(try await db.value("select count(*) from crm.ticket_link") == "1")
        }
    }

    @Test("a request that somebody of theirs has locked holds up neither us nor the others, and is written later")
    func theirsLocked() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            let (other, second) = try await crm.taken()
            try await whileHolding("select from crm.request where request_id = \(request) for update") {
                try await withSession { session in
                    try await session.script("set lock_timeout = '10s'")
                    try await session.script("select secondline.resolve_ticket(\(ticket), \(crm.owner), 'back')")
                    try await session.script("select secondline.resolve_ticket(\(second), \(crm.owner), 'too')")
                }
                try await crm.exchange()
                #expect(try await crm.shown(request) == ["in progress|Specialist 0|-"])
                #expect(try await crm.shown(other) == ["done|Specialist 0|too"])
                let left = try await crm.left()
                #expect(left.count == 1 && left[0].hasPrefix("to the CRM|\(request)|could not obtain lock"), "\(left)")
            }
            try await crm.settle()
            #expect(try await crm.shown(request) == ["done|Specialist 0|back"])
            #expect(try await crm.left() == [])
        }
    }

    @Test("a ticket that somebody of ours has locked holds up neither them nor the others, and is changed later")
    func oursLocked() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            let (other, second) = try await crm.taken()
            try await whileHolding("select from secondline.ticket where ticket_id = \(ticket) for update") {
                try await withSession { session in
                    try await session.script("set lock_timeout = '10s'")
                    for one in [request, other] {
                        try await session.script(
                            "update crm.request set urgency = 'asap' where request_id = \(one); insert into crm.reply (request_id, text) values (\(one), 'well?')"
                        )
                    }
                }
                try await crm.exchange()
                #expect(try await crm.journal(second, 2) == ["priority_set|urgent", "client_replied|well?"])
                let left = try await crm.left()
                #expect(left.count == 2 && left.allSatisfy { $0.hasPrefix("to Secondline|\(request)|") }, "\(left)")
            }
            try await crm.settle()
            #expect(try await crm.journal(ticket, 2) == ["priority_set|urgent", "client_replied|well?"])
            #expect(try await crm.left() == [])
        }
    }

    @Test("bad rows stay with their error and do not stop the others; once put right they go")
    func badRows() async throws {
        try await CRM.attached { crm in
            let empty = try await crm.request("  ")
            let unknown = try await crm.request(urgency: "yesterday")
            let stranger = try await crm.request(customer: 0)
            let good = try await crm.request()
            try await crm.exchange()
            #expect(try await crm.ticket(of: good) != nil)
            #expect(
                try await crm.left() == [
                    "to Secondline|\(empty)|the title is empty",
                    "to Secondline|\(unknown)|there is no urgency 'yesterday'",
                    "to Secondline|\(stranger)|nobody has said which client customer 0 is",
                ])
            // not before its time
            #expect(
                try await db.value("select bool_and(retry_at > clock_timestamp() - interval '1 min') from crm.trouble")
                    == "t")
            try await db.script("update crm.to_secondline set retry_at = 'infinity'")
            try await crm.exchange()
            #expect(try await db.value("select max(attempts) from crm.trouble") == "1")
            try await db.script(
                """
                update crm.request set subject = 'A subject' where request_id = \(empty);
                update crm.request set urgency = 'normal' where request_id = \(unknown);
                insert into crm.customer_client values (0, \(crm.here.client));
                """)
            try await crm.settle()
            for request in [empty, unknown, stranger] { #expect(try await crm.ticket(of: request) != nil) }
            #expect(try await crm.left() == [])
            // also of one that is a ticket already: its reply goes all the same
            let ticket = try #require(try await crm.ticket(of: good))
            try await db.script(
                """
                update crm.request set urgency = 'never' where request_id = \(good);
                insert into crm.reply (request_id, text) values (\(good), 'well?')
                """)
            try await crm.exchange()
            #expect(try await crm.left() == ["to Secondline|\(good)|there is no urgency 'never'"])
            #expect(try await crm.journal(ticket, 1) == ["client_replied|well?"])
        }
    }

    @Test("the pause after a failure doubles, up to a quarter of an hour")
    func backOff() async throws {
        try await CRM.attached { _ in
            let pauses = try await db.lines("select crm.retry_after(n) from unnest(array[0, 1, 5, 9, 10, 1000000]) n")
            #expect(pauses == ["00:00:01", "00:00:02", "00:00:32", "00:08:32", "00:15:00", "00:15:00"])
        }
    }

    @Test("a row that changes twice before it is carried over goes once, and one that is over by then not at all")
    func twice() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            for urgency in ["asap", "whenever"] {
                try await db.script("update crm.request set urgency = '\(urgency)' where request_id = \(request)")
            }
            let gone = try await crm.request()
            let withdrawn = try await crm.request()
            try await db.script(
                """
                delete from crm.request where request_id = \(gone);
                update crm.request set status = 'withdrawn' where request_id = \(withdrawn);
                """)
            try await crm.exchange()
            #expect(
                try await db.lines(
                    "select note from secondline.journal where ticket_id = \(ticket) and event = 'priority_set'")
                    == ["low"])
            for request in [gone, withdrawn] { #expect(try await crm.ticket(of: request) == nil) }
            #expect(try await crm.left() == [])
            // and one that is deleted afterwards is cancelled
            try await db.script("delete from crm.request where request_id = \(request)")
            try await crm.settle()
            #expect(try await crm.journal(ticket, 1) == ["cancelled|deleted in the CRM"])
            #expect(try await db.lines("select from crm.ticket_link where ticket_id = \(ticket)") == [])
        }
    }

    @Test("a customer who withdraws while we write another status is heard")
    func bothAtOnce() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            try await db.script(
                """
                select secondline.wait_for_client(\(ticket), \(crm.owner), 'which one?');
                update crm.request set status = 'withdrawn' where request_id = \(request);
                update crm.to_secondline set retry_at = 'infinity';
                """)
            // ours first, theirs only later
            try await crm.exchange()
            #expect(try await crm.shown(request) == ["withdrawn|Specialist 0|which one?"])
            try await crm.settle()
            #expect(try await crm.status(ticket) == "cancelled")
            // solved before we hear of it: that is how it ended
            let (late, solved) = try await crm.taken()
            try await db.script(
                """
                update crm.request set status = 'withdrawn' where request_id = \(late);
                select secondline.resolve_ticket(\(solved), \(crm.owner), 'it is back');
                """)
            try await crm.settle()
            #expect(try await crm.shown(late) == ["done|Specialist 0|it is back"])
            #expect(try await crm.left() == [])
        }
    }

    @Test("however many carry over at once, and again after a crash, a request is one ticket and a reply is said once")
    func once() async throws {
        try await CRM.attached { crm in
            let customer = crm.customer
            try await db.script(
                """
                insert into crm.request (customer_id, subject) select \(customer), 'number ' || n from generate_series(1, 30) n;
                insert into crm.reply (request_id, text) select request_id, n::text from crm.request, generate_series(1, 3) n
                  order by request_id, n;
                """)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { for _ in 0..<2 { try await crm.exchange() } } }
                try await group.waitForAll()
            }
            try await crm.settle()
            #expect(try await crm.left() == [])
            let told = """
                select count(distinct t.ticket_id), count(*), count(*) filter (where said = array['1', '2', '3'])
                  from crm.request r
                  left join secondline.ticket t on t.external_key = 'crm:' || r.request_id
                 cross join lateral (select array_agg(j.note order by j.journal_id) as said from secondline.journal j
                                      where j.ticket_id = t.ticket_id and j.event = 'client_replied') j
                """
            #expect(try await db.lines(told) == ["30|30|30"])
            // the tickets were committed, what the CRM knew of it was not: as it may be with two databases
            try await db.script(
                """
                delete from crm.ticket_link;
                insert into crm.to_secondline (request_id) select request_id from crm.request
                """)
            try await crm.settle()
            #expect(try await db.lines(told) == ["30|30|30"])
            #expect(try await db.value("select count(ticket_id) from crm.ticket_link") == "30")
        }
    }

    @Test("our tables work on while theirs are locked or gone, and what was missed is made up for")
    func oursGoOn() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            let note = "select secondline.reply_to_client(\(ticket), \(crm.owner), 'while it is locked')"
            try await whileHolding("lock table secondline_crm.to_crm, crm.request, crm.ticket_link") {
                try await withSession { try await $0.script(note) }
            }
            try await db.script("alter table secondline_crm.to_crm rename to away")
            let resolve = "select secondline.resolve_ticket(\(ticket), \(crm.owner), 'while it is gone')"
            try await db.script(resolve)
            try await db.script("alter table secondline_crm.away rename to to_crm")
            try await crm.settle()
            #expect(try await crm.shown(request) == ["in progress|Specialist 0|-"])
            try await db.script(
                "insert into secondline_crm.to_crm (ticket_id) select ticket_id from crm.ticket_link where ticket_id is not null"
            )
            try await crm.settle()
            #expect(try await crm.shown(request) == ["done|Specialist 0|while it is gone"])
        }
    }

    @Test("theirs works on while ours is locked, and an upgrade leaves the attachment as it is")
    func theirsGoesOn() async throws {
        try await CRM.attached { crm in
            let (request, ticket) = try await crm.taken()
            try await whileHolding("lock table secondline.ticket, secondline.journal") {
                try await withSession { session in
                    try await session.script("set lock_timeout = '10s'")
                    try await session.script("update crm.request set urgency = 'asap' where request_id = \(request)")
                }
                try await crm.exchange()
                #expect(try await crm.left().count == 1)
            }
            let install = Psql.folder.appending(path: "install.sql").path
            let psql = try await Psql(OwnDatabase.current!.database.conninfo, file: install)
            #expect(psql.status == 0, "\(psql.errors)")
            try await crm.settle()
            #expect(try await crm.journal(ticket, 1) == ["priority_set|urgent"])
            try await db.script("select secondline.resolve_ticket(\(ticket), \(crm.owner), 'back')")
            try await crm.settle()
            #expect(try await crm.shown(request) == ["done|Specialist 0|back"])
        }
    }

    @Test("a request that breaks the regulation is completed by changing it in the CRM")
    func returned() async throws {
        try await CRM.attached { crm in
            try await db.script("select secondline.set_regulation('\(crm.here.queue)', description_length => 30)")
            let request = try await crm.request()
            try await crm.settle()
            let ticket = try #require(try await crm.ticket(of: request))
            #expect(try await crm.status(ticket) == "returned")
            try await db.script("update crm.request set urgency = 'asap' where request_id = \(request)")
            try await crm.settle()
            let left = try await crm.left()
            #expect(left.count == 1 && left[0].contains("still breaks the regulation"), "\(left)")
            #expect(left.first?.contains("fewer than 30 characters") == true, "\(left)")
            try await db.script(
                "update crm.request set body = 'Since this morning, on every invoice.' where request_id = \(request)")
            try await crm.settle()
            #expect(
                try await db.lines(
                    "select status, priority, description from secondline.ticket where ticket_id = \(ticket)")
                    == ["new|urgent|Since this morning, on every invoice."])
            #expect(try await crm.left() == [])
        }
    }

    @Test("the bridge may do what it is for and nothing else")
    func rights() async throws {
        try await CRM.attached { crm in
            let request = try await crm.request()
            try await withSession(as: crm.bridge) { session in
                for sql in [
                    "update crm.request set subject = 'mine' where request_id = \(request)",
                    "delete from crm.request", "insert into crm.reply (request_id, text) values (\(request), 'x')",
                    "update secondline.ticket set status = 'new'", "insert into crm.attachment values ('x', 1)",
                ] {
                    await session.expectRefusal("42501", hint: false, sql)
                }
            }
        }
    }
}
