import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline messages, retry and drop")
struct MessagesTests {
    /// Anna, whom mail reaches, and what is asked with the daemon's own login.
    private func withAnna(
        _ body: (_ session: Session, _ anna: Int64, _ conninfo: String, _ database: ScratchDatabase) async throws ->
            Void
    ) async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1, reminders: false)
            let anna = department.specialists[0]
            try await session.script(
                """
                update secondline.person set full_name = 'Anna Lindqvist' where person_id = \(anna);
                select secondline.set_contact(\(anna), 'mail', 'anna@example.org')
                """)
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                try await body(session, anna, conninfo, database)
            }
        }
    }

    private func note(_ session: Session, to person: Int64, at: String = "null") async throws -> Int64 {
        try await session.id("secondline.send_message(\(person), 'note', '{\"text\": \"hello\"}', null, \(at))")
    }

    @Test("each message is a line: how it stands, to whom, how old, how often tried, and what the channel said")
    func table() async throws {
        try await withAnna { session, anna, conninfo, _ in
            for _ in 0..<4 { _ = try await note(session, to: anna) }
            _ = try await note(session, to: anna, at: "now() + interval '2 hours 1 minute 59 seconds'")
            try await session.script(
                """
                update secondline.message set created_at = now() - message_id * interval '1 day';
                update secondline.message set attempt = 3, last_outcome = 'failed', last_said = 'try later',
                       send_at = now() + interval '5 minutes 59 seconds' where message_id = 2;
                update secondline.message set state = 'sending', leased_until = now() where message_id = 4;
                update secondline.message set state = 'set_aside', send_at = 'infinity', last_outcome = 'refused',
                       last_said = 'no such mailbox' where message_id = 6;
                """)
            let run = await CommandRun(["messages", "--to", "\(anna)"], on: conninfo)
            #expect(run.status == .ok, "\(run.errors)")
            let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == [
                    "MESSAGE STATE CHANNEL KIND TO AGE TRIES LAST SAID, OR ABOUT",
                    "10 ready in 2 h 1 min mail note Anna Lindqvist 10 d 0 A note for you",
                    "9 appears in 2 h 1 min popup note Anna Lindqvist 9 d 0 A note for you",
                    "8 ready mail note Anna Lindqvist 8 d 0 A note for you",
                    "7 unread popup note Anna Lindqvist 7 d 0 A note for you",
                    "6 set_aside mail note Anna Lindqvist 6 d 0 refused: no such mailbox",
                    "5 unread popup note Anna Lindqvist 5 d 0 A note for you",
                    "4 sending mail note Anna Lindqvist 4 d 0 A note for you",
                    "3 unread popup note Anna Lindqvist 3 d 0 A note for you",
                    "2 ready in 5 min mail note Anna Lindqvist 2 d 3 failed: try later",
                    "1 unread popup note Anna Lindqvist 1 d 0 A note for you",
                ])
            let aside = await CommandRun(["messages", "--set-aside"], on: conninfo)
            #expect(aside.output.split(separator: "\n").count == 2)
            #expect(aside.output.contains("refused: no such mailbox"))
        }
    }

    @Test("they are chosen by person, kind and channel, together")
    func filters() async throws {
        try await withAnna { session, anna, conninfo, _ in
            _ = try await note(session, to: anna)
            try await session.script(
                """
                select secondline.set_team_contact(1, 'chat', '#team');
                select secondline.send_to_team(1, 'note', '{"text": "all"}');
                select secondline.send_message(2, 'ticket.offered', '{"ticket": 7, "title": "Fax"}');
                """)
            func ids(_ arguments: [String]) async -> [Int] {
                let run = await CommandRun(["messages"] + arguments, on: conninfo)
                #expect(run.status == .ok, "\(run.errors)")
                return run.output.split(separator: "\n").dropFirst().compactMap { Int($0.split(separator: " ")[0]) }
            }
            // popups wait for their readers, not for an operator
            #expect(await ids([]) == [2, 3])
            #expect(await ids(["--channel", "popup"]) == [1, 4])
            #expect(await ids(["--to", "\(anna)"]) == [1, 2])
            #expect(await ids(["--to", "aNNa linD"]) == [1, 2])
            #expect(await ids(["--kind", "ticket.offered"]) == [4])
            #expect(await ids(["--channel", "mail"]) == [2])
            #expect(await ids(["--to", "lindq", "--channel", "popup", "--kind", "note"]) == [1])
            let chat = await CommandRun(["messages", "--channel", "chat"], on: conninfo)
            #expect(chat.output.contains(" (team)  "))
            let none = await CommandRun(["messages", "--to", "lindq", "--kind", "ticket.offered"], on: conninfo)
            #expect(none.output == "Nothing of that waits.\n")
        }
    }

    @Test("where nothing waits it says so")
    func nothing() async throws {
        try await withAnna { _, _, conninfo, _ in
            #expect(await CommandRun(["messages"], on: conninfo).output == "Nothing waits.\n")
            #expect(await CommandRun(["messages", "--set-aside"], on: conninfo).output == "Nothing is set aside.\n")
        }
    }

    @Test("a kind, a channel or a person that there is not is status 65, and what was meant is guessed")
    func unknown() async throws {
        try await withAnna { _, _, conninfo, _ in
            for (arguments, words) in [
                (["--kind", "ticket.offred"], "there is no kind \"ticket.offred\"; did you mean ticket.offered?"),
                (["--channel", "mial"], "there is no channel \"mial\"; did you mean mail?\nThere are mail, popup."),
                (["--to", "zoe"], "nobody's name has \"zoe\" in it"), (["--to", "4711"], "there is no person 4711"),
            ] {
                let run = await CommandRun(["messages"] + arguments, on: conninfo)
                #expect(run.status == .dataError)
                #expect(run.errors.contains(words), "\(run.errors)")
                #expect(run.output.isEmpty)
            }
            for arguments in [["--to", " "], ["--limit", "0"], ["--limit", "many"]] {
                #expect(await CommandRun(["messages"] + arguments, on: conninfo).status == .usage)
            }
        }
    }

    @Test(
        "a part of several names is told with who it may be; whole names, beginnings and those who are here come first")
    func ambiguous() async throws {
        try await withAnna { session, anna, conninfo, _ in
            try await session.script(
                """
                select secondline.add_person(1, 'specialist', name)
                  from unnest(array['Anna', 'Susanna Bär', 'Olga Lind', 'Boris', 'Boris Gone', E'Bo\\u202Eb', 'Al_x%',
                                    'Alex']) name;
                select secondline.deactivate_person(person_id) from secondline.person where full_name = 'Boris';
                select secondline.add_person(1, 'specialist', 'Clone ' || n) from generate_series(1, 1234) n;
                """)
            let session = try await database(conninfo)
            func found(_ word: String) async throws -> String {
                try await PersonSearch(word, option: "--to").person(in: session).name
            }
            #expect(try await found("anna") == "Anna")
            #expect(try await found("anna l") == "Anna Lindqvist")
            #expect(try await found("sanna") == "Susanna Bär")
            #expect(try await found("boris") == "Boris Gone")
            #expect(try await found("al_x") == "Al_x%")
            #expect(try await found("clone 77") == "Clone 77")
            #expect(try await found("\(anna)") == "Anna Lindqvist")
            await session.close()
            let lind = await CommandRun(["messages", "--to", "lind"], on: conninfo)
            #expect(lind.status == .dataError)
            #expect(lind.errors.contains("\"lind\" may be Anna Lindqvist (\(anna)), Olga Lind ("))
            let clones = await CommandRun(["messages", "--to", "clone"], on: conninfo)
            #expect(clones.errors.contains(") and 1,224 more\nGive the number"))
            #expect(await CommandRun(["messages", "--to", "bo"], on: conninfo).errors.contains("Bo\\u{202E}b ("))
        }
    }

    private func database(_ conninfo: String) async throws -> Session {
        let session = Session(options: SessionOptions(conninfo: conninfo, applicationName: "test"))
        try await session.open()
        return session
    }

    @Test("of thousands the oldest are shown and the rest is counted")
    func many() async throws {
        try await withAnna { session, anna, conninfo, _ in
            try await session.script(
                """
                insert into secondline.message (channel, severity, kind, person_id, created_at, send_at, data)
                select 'mail', 'normal', 'note', \(anna), now() - n * interval '1 second', now(), '{"text": "x"}'
                  from generate_series(1, 12345) n
                """)
            let run = await CommandRun(["messages"], on: conninfo)
            let lines = run.output.split(separator: "\n")
            #expect(lines.count == 52)
            #expect(lines[1].hasPrefix("  12345  ready"))
            #expect(lines[51] == "… and 12,295 more: --limit shows more of them")
            let few = await CommandRun(["messages", "--limit", "2", "--channel", "mail"], on: conninfo)
            #expect(few.output.hasSuffix("… and 12,343 more: --limit shows more of them\n"))
            #expect(!(await CommandRun(["messages", "--limit", "20000"], on: conninfo)).output.contains("more"))
        }
    }

    @Test("nothing that a name, a subject or a channel says reaches the terminal as it is")
    func hostile() async throws {
        try await withAnna { session, anna, conninfo, _ in
            try await session.script(
                """
                update secondline.person set full_name = 'Eve' || U&'\\202E' where person_id = \(anna);
                select secondline.send_message(\(anna), 'ticket.offered',
                           jsonb_build_object('ticket', 1, 'title', U&'\\202E\\2066' || E'\\u009b2J\\nMESSAGE'));
                update secondline.message set last_outcome = 'failed', last_said = E'\\u001b]0;owned\\u0007\\n9999  ready'
                 where channel = 'mail';
                """)
            let run = await CommandRun(["messages", "--to", "eve"], on: conninfo)
            #expect(run.output.split(separator: "\n").count == 3)
            #expect(run.output.contains("failed: \\e]0;owned\\u{7}\\n9999  ready"))
            for scalar in run.output.unicodeScalars {
                #expect(scalar == "\n" || (scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)))
                #expect(![0x202E, 0x2066].contains(scalar.value))
            }
        }
    }

    @Test("what was set aside is ready again, or dropped with the reason")
    func retryAndDrop() async throws {
        try await withAnna { session, anna, conninfo, _ in
            for _ in 0..<2 { _ = try await note(session, to: anna) }
            try await session.script(
                """
                update secondline.message set state = 'set_aside', send_at = 'infinity' where channel = 'mail';
                select secondline_rules.report_channel(now(), 'mail', 'w', null, 0, null);
                """)
            let retry = await CommandRun(["retry", "2", "2"], on: conninfo)
            #expect(retry.status == .ok, "\(retry.errors)")
            #expect(retry.output == "message 2: ready, and tried now\n")
            let drop = await CommandRun(["drop", "4", "--because", "it's \u{1B}[2Jover"], on: conninfo)
            #expect(drop.status == .ok, "\(drop.errors)")
            #expect(drop.output == "message 4: dropped\n")
            let again = await CommandRun(["drop", "4", "--because", "x"], on: conninfo)
            #expect(again.errors.contains("It was dropped at ") && again.errors.contains(": it's \\e[2Jover."))
            let rows = try await session.simpleQuery(
                """
                select state, send_at <= clock_timestamp() from secondline.message where message_id = 2
                union all select state, because = E'it''s \\u001b[2Jover' from secondline.message_history
                """)
            #expect(rows == [["ready", "t"], ["dropped", "t"]])
        }
    }

    @Test("a message that is refused does not stop the others, and the status says so")
    func refused() async throws {
        try await withAnna { session, anna, conninfo, _ in
            for _ in 0..<3 { _ = try await note(session, to: anna) }
            try await session.script(
                "update secondline.message set state = 'sending', leased_until = now() where message_id = 4")
            let retry = await CommandRun(["retry", "1", "4", "99", "2"], on: conninfo)
            #expect(retry.status == .dataError)
            #expect(retry.output.hasPrefix("message 2: ready; it waits: no running daemon has it: add [channel.mail]"))
            #expect(
                retry.errors.split(separator: "\n") == [
                    "message 1: refused: message 1 is a popup — Only what is ready or set aside can be tried again.",
                    "message 4: refused: message 4 is being delivered — "
                        + "Only what is ready or set aside can be tried again.",
                    "message 99: refused: there is no open message 99 — Look the id up in secondline.message_now.",
                ])
            let drop = await CommandRun(["drop", "4", "2", "6", "--because", "old"], on: conninfo)
            #expect(drop.status == .dataError)
            #expect(drop.output == "message 2: dropped\nmessage 6: dropped\n")
            #expect(drop.errors.hasPrefix("message 4: refused: "))
            let again = await CommandRun(["drop", "2", "--because", "old"], on: conninfo)
            #expect(again.errors.contains("It was dropped at "))
        }
    }

    @Test("a message that somebody holds locked is to be tried again, and the others go on")
    func locked() async throws {
        try await withAnna { session, anna, conninfo, database in
            for _ in 0..<2 { _ = try await note(session, to: anna) }
            try await database.whileHolding("select from secondline.message where message_id = 2 for update") {
                let run = await CommandRun(
                    ["drop", "2", "4", "--because", "x", "--conninfo", conninfo],
                    environment: ["SECONDLINE_DATABASE_LOCK_TIMEOUT": "100ms"])
                #expect(run.status == .temporaryFailure)
                #expect(run.output == "message 4: dropped\n")
                #expect(run.errors.contains("message 2: refused: "))
            }
        }
    }

    @Test("words that are no numbers, and a drop without a reason, are mistakes before anything is done")
    func mistakes() async throws {
        for word in ["abc", "0", "1.5", "99999999999999999999", ""] {
            let run = await CommandRun(["retry", "1", word], on: "host=/nonexistent")
            #expect(run.status == .usage)
            #expect(run.errors.contains("\"\(word)\" is not the number of a message"))
        }
        for reason in [[], ["--because", " "], ["--because", ""]] {
            let run = await CommandRun(["drop", "1"] + reason, on: "host=/nonexistent")
            #expect(run.status == .usage)
            #expect(run.errors.contains("needs --because TEXT"))
        }
        #expect(await CommandRun(["retry"], on: "host=/nonexistent").errors.contains("needs either MESSAGE"))
    }

    @Test("a reader may look and not act, a member not even look, and a standby may be asked")
    func rights() async throws {
        try await withAnna { session, anna, conninfo, database in
            _ = try await note(session, to: anna)
            try await withLogin(database, session, in: ["secondline_reader"]) { reader in
                #expect(await CommandRun(["messages"], on: reader).status == .ok)
                #expect(await CommandRun(["retry", "2", "4"], on: reader).status == .noPermission)
            }
            try await withLogin(database, session, in: ["secondline_member"]) { member in
                #expect(await CommandRun(["messages"], on: member).status == .noPermission)
            }
            let readOnly = try Conninfo(parsing: conninfo).with("options", "-c default_transaction_read_only=on")
            #expect(await CommandRun(["messages"], on: readOnly).status == .ok)
            #expect(await CommandRun(["retry", "2"], on: readOnly).status == .unavailable)
        }
    }
}
