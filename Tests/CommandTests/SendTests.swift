import Policy
import Postgres
import Store
import TestSupport
import Testing

@testable import secondline

@Suite("secondline send")
struct SendTests {
    /// Anna is at work, and reached by mail, and by sms when it is urgent; asked with the daemon's own login.
    private func withAnna(
        _ body: (_ session: Session, _ anna: Int64, _ conninfo: String) async throws -> Void
    ) async throws {
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1, reminders: false)
            let anna = department.specialists[0]
            try await session.script(
                """
                update secondline.person set full_name = 'Anna Lindqvist' where person_id = \(anna);
                select secondline.set_contact(\(anna), 'mail', 'anna@example.org'),
                       secondline.set_contact(\(anna), 'sms', '+49 170', 'urgent')
                """)
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                try await body(session, anna, conninfo)
            }
        }
    }

    /// Calls `body` while a daemon runs whose channel mail is this script.
    private func withDaemon(
        _ script: String, on conninfo: String, extra: String = "", _ body: () async throws -> Void
    ) async throws {
        let program = ScratchFile("#!/bin/sh\n\(script)\n")
        let file = ScratchFile("[channel.mail]\nprogram = /bin/sh \(program.path)\nformat = json\n\(extra)\n")
        let daemon = try DaemonProcess(conninfo, environment: ["SECONDLINE_CONFIG": file.path])
        try await daemon.says("daemon.ready")
        let session = Session(options: SessionOptions(conninfo: conninfo, applicationName: "test"))
        try await session.open()
        while try await !session.query(ChannelUse()).contains(where: { $0.channel == "mail" && $0.daemons > 0 }) {
            await Task.yield()
        }
        await session.close()
        do {
            try await body()
        } catch {
            daemon.signal(15)
            throw error
        }
        daemon.signal(15)
        let end = try await daemon.end()
        #expect(end.status == 0, "\(end.log)")
        withExtendedLifetime((program, file)) {}
    }

    @Test("it says where the note goes and where it does not, and why")
    func listing() async throws {
        try await withAnna { session, anna, conninfo in
            try await session.script("select secondline_rules.report_channel(now(), 'mail', 'w', null, 0, null)")
            let run = await CommandRun(["send", "--to", "anna", "--text", "hello"], on: conninfo)
            #expect(run.status == .ok, "\(run.errors)")
            #expect(
                run.output.split(separator: "\n") == [
                    "Message 1 to Anna Lindqvist (\(anna))", "CHANNEL  MESSAGE  ADDRESS           WHAT BECOMES OF IT",
                    "popup          1                    stands in the inbox until it is acknowledged",
                    "mail           2  anna@example.org  on its way",
                    "sms               +49 170           not sent: only what is urgent or above goes there",
                ])
            let urgent = await CommandRun(
                ["send", "--to", "\(anna)", "--text", "it's {\"}\n", "--severity", "urgent"], on: conninfo)
            #expect(
                urgent.output.contains(
                    "sms            5  +49 170           waits: no running daemon has it\nsms: no running daemon has it: add [channel.sms]"
                ))
            let rows = try await session.simpleQuery(
                "select channel, kind, severity, data->>'text' from secondline.message order by message_id")
            #expect(
                rows == [
                    ["popup", "note", "normal", "hello"], ["mail", "note", "normal", "hello"],
                    ["popup", "note", "urgent", "it's {\"}\n"], ["mail", "note", "urgent", "it's {\"}\n"],
                    ["sms", "note", "urgent", "it's {\"}\n"],
                ])
        }
    }

    @Test("with a channel nothing is sent unless it goes there")
    func channel() async throws {
        try await withAnna { session, _, conninfo in
            let send = ["send", "--to", "anna", "--text", "hello", "--channel"]
            let sms = await CommandRun(send + ["sms"], on: conninfo)
            #expect(sms.status == .dataError)
            #expect(
                sms.errors.contains("Anna Lindqvist wants only what is urgent or above through sms\nAdd --severity"))
            let chat = await CommandRun(send + ["mial"], on: conninfo)
            #expect(chat.status == .dataError)
            #expect(chat.errors.contains("has no contact through mial; did you mean mail?\nThere is popup, mail, sms."))
            let sent = try await session.simpleQuery("select from secondline.message")
            #expect(sent.isEmpty)
            #expect(await CommandRun(send + ["mail"], on: conninfo).status == .ok)
            let popup = await CommandRun(send + ["popup", "--wait", "1s"], on: conninfo)
            #expect(popup.status == .ok)
        }
    }

    @Test("who has no contact is told so, and a popup alone needs no waiting")
    func noContact() async throws {
        try await withAnna { _, _, conninfo in
            let run = await CommandRun(["send", "--to", "hanna head", "--text", "x", "--wait", "1h"], on: conninfo)
            #expect(run.status == .ok)
            #expect(run.output.contains("There is no contact beside the popup: secondline.set_contact adds one.\n"))
        }
    }

    @Test("what the database refuses is status 65, a missing option 64")
    func refused() async throws {
        try await withAnna { session, anna, conninfo in
            let blank = await CommandRun(["send", "--to", "anna", "--text", " "], on: conninfo)
            #expect(blank.status == .dataError)
            #expect(blank.errors.contains("the note says nothing"))
            try await session.script("select secondline.deactivate_person(\(anna))")
            let left = await CommandRun(["send", "--to", "\(anna)", "--text", "x"], on: conninfo)
            #expect(left.status == .dataError)
            #expect(left.errors.contains("person \(anna) has left"))
            #expect(await CommandRun(["send", "--text", "x"], on: conninfo).errors.contains("needs --to"))
            #expect(await CommandRun(["send", "--to", "x"], on: conninfo).status == .usage)
            let severity = await CommandRun(["send", "--to", "x", "--text", "x", "--severity", "big"], on: conninfo)
            #expect(severity.status == .usage)
        }
    }

    @Test("without a daemon that has the channel, waiting ends at once and says so")
    func noDaemon() async throws {
        try await withAnna { _, _, conninfo in
            let run = await CommandRun(["send", "--to", "anna", "--text", "x", "--wait", "1h"], on: conninfo)
            #expect(run.status == .temporaryFailure)
            #expect(run.output.contains("\nmail: no running daemon has it: add [channel.mail] to the daemon's config"))
            #expect(run.output.hasSuffix("mail (message 2): not delivered: no running daemon has it\n"))
        }
    }

    @Test("a delivery that does not come in time is status 75")
    func late() async throws {
        try await withAnna { session, _, conninfo in
            try await session.script("select secondline_rules.report_channel(now(), 'mail', 'w', null, 0, null)")
            let run = await CommandRun(["send", "--to", "anna", "--text", "x", "--wait", "200ms"], on: conninfo)
            #expect(run.status == .temporaryFailure)
            #expect(run.output.hasSuffix("mail (message 2): not delivered within 200ms; it goes on\n"))
        }
    }

    @Test("whatever name, address and answer are, none reaches the terminal as it is")
    func hostile() async throws {
        try await withAnna { session, anna, conninfo in
            try await session.script(
                """
                update secondline.person set full_name = 'Eve' || U&'\\202E' where person_id = \(anna);
                select secondline.set_contact(\(anna), 'mail', 'x' || U&'\\202E' || 'y');
                select secondline_rules.report_channel(now(), 'mail', 'w', 60, 1, E'a\\u001b[2Jb')
                """)
            async let run = CommandRun(["send", "--to", "eve", "--text", "x", "--wait", "30s"], on: conninfo)
            let answer = """
                update secondline.message set state = 'set_aside', send_at = 'infinity', last_said = E'a\\u001b[2Jb\\nc'
                 where channel = 'mail' returning 1
                """
            while try await session.simpleQuery(answer).isEmpty { await Task.yield() }
            let output = await run.output
            #expect(output.contains("x\\u{202E}y"))
            #expect(output.contains("\nmail: failing for 1 min: a\\e[2Jb\n"))
            #expect(output.hasSuffix("mail (message 2): set aside: a\\e[2Jb\\nc\n"))
            for scalar in output.unicodeScalars {
                #expect(scalar == "\n" || (scalar.value >= 0x20 && scalar.value != 0x202E))
            }
        }
    }

    @Test("it waits for what the channel says, which cannot disturb the terminal")
    func delivered() async throws {
        try await withAnna { session, _, conninfo in
            try await withDaemon("cat > /dev/null; printf 'queued as \\342\\200\\256 7'", on: conninfo) {
                let run = await CommandRun(["send", "--to", "anna", "--text", "x", "--wait", "30s"], on: conninfo)
                #expect(run.status == .ok, "\(run.output)")
                #expect(run.output.contains("\nmail (message 2): delivered: queued as"))
                #expect(!run.output.unicodeScalars.contains("\u{202E}"))
                // the channel that is asked for alone decides
                let both = ["send", "--to", "anna", "--text", "x", "--severity", "urgent", "--wait", "30s"]
                #expect(await CommandRun(both + ["--channel", "mail"], on: conninfo).status == .ok)
                #expect(await CommandRun(both, on: conninfo).status == .temporaryFailure)
            }
        }
    }

    @Test(
        "what fails or is refused is told, with status 75",
        arguments: [(65, "set aside: full"), (75, "failed: full; the next attempt is in ")])
    func failing(_ exit: Int, _ words: String) async throws {
        try await withAnna { _, _, conninfo in
            try await withDaemon("cat > /dev/null; echo full; exit \(exit)", on: conninfo) {
                let run = await CommandRun(["send", "--to", "anna", "--text", "x", "--wait", "30s"], on: conninfo)
                #expect(run.status == .temporaryFailure)
                #expect(run.output.contains("\nmail (message 2): \(words)"), "\(run.output)")
            }
        }
    }

    @Test("out of the shift a note that is not urgent waits, and it says until when")
    func quiet() async throws {
        try await withAnna { session, anna, conninfo in
            try await session.script(
                """
                update secondline.person set time_zone = 'UTC' where person_id = \(anna);
                \(Session.endingDay(of: "\(anna)"))
                -- a shift of an hour each day that begins in about two hours
                select secondline.set_working_hours(\(anna), d, t, t + interval '1 hour')
                  from generate_series(1, 7) d, (values ((now() at time zone 'UTC')::time + interval '125 minutes')) x (t)
                """)
            try await withDaemon("cat > /dev/null", on: conninfo) {
                let send = ["send", "--to", "anna", "--text", "x", "--wait", "30s"]
                let run = await CommandRun(send, on: conninfo)
                #expect(run.status == .temporaryFailure)
                #expect(run.output.contains("anna@example.org  waits for the next shift, in 2 h 4 min\n"))
                #expect(
                    run.output.contains("\nAnna Lindqvist is neither in a shift nor at work, and it is not urgent: "))
                #expect(run.output.hasSuffix("mail (message 2): waits for the next shift, in 2 h 4 min\n"))
                let urgent = await CommandRun(
                    send + ["--severity", "urgent", "--channel", "mail"], on: conninfo)
                #expect(urgent.status == .ok, "\(urgent.output)")
            }
        }
    }
}
