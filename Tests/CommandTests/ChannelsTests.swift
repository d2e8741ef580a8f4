import Postgres
import TestSupport
import Testing

@testable import secondline

@Suite("secondline channels")
struct ChannelsTests {
    /// The lines with their runs of blanks folded, asked with the daemon's own login.
    private func lines(
        _ setup: String, configuration: String = "", status: secondline.ExitStatus = .ok
    ) async throws -> [String] {
        var lines: [String] = []
        let file = ScratchFile(configuration)
        try await withDatabase { database, session in
            let department = try await Department(in: session, specialists: 1, reminders: false)
            try await session.script(setup.replacing("{anna}", with: "\(department.specialists[0])"))
            try await withLogin(database, session, in: ["secondline_daemon"]) { conninfo in
                let run = await CommandRun(["channels", "--config", file.path], on: conninfo)
                #expect(run.status == status, "\(run.errors)")
                for scalar in run.output.unicodeScalars {
                    #expect(scalar == "\n" || (scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)))
                }
                lines = run.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            }
        }
        return lines
    }

    @Test("popup is always there; the headings name what is counted")
    func popup() async throws {
        #expect(
            try await lines("select secondline.send_message({anna}, 'note', '{\"text\": \"x\"}')") == [
                "CHANNEL STATE WAITING OLDEST SENDING LATER ASIDE SENT/H FAILED/H DAEMONS RATE",
                "popup built_in 1 0 s 0 0 0 0 0",
            ])
    }

    @Test("a channel is shown with its messages, its last hour, its daemons and the rate of this configuration")
    func working() async throws {
        let lines = try await lines(
            """
            select secondline_rules.report_channel(now(), 'mail', w, null, 0, null) from unnest(array['a', 'b']) w;
            insert into secondline.message (channel, state, leased_until, severity, kind, person_id, created_at, send_at, data)
            select 'mail', s::secondline.message_state, case when s = 'sending' then now() end, 'normal', 'note', {anna},
                   now(), now() + due::interval, '{"text": "x"}'
              from (values ('ready', '-3 hours', 1200), ('ready', '1 hour', 3), ('sending', '-1 hour', 2)) v (s, due, n)
             cross join generate_series(1, n);
            insert into secondline.message (channel, state, severity, kind, person_id, created_at, send_at, data)
            values ('mail', 'set_aside', 'normal', 'note', {anna}, now(), 'infinity', '{"text": "x"}');
            insert into secondline.message_history (message_id, ended_at, state, channel, severity, kind, person_id,
                                                    created_at, attempt, idempotency_key, data)
            select -n, now() - n * interval '30 minutes', 'sent', 'mail', 'normal', 'note', {anna}, now(), 1,
                   gen_random_uuid(), '{}' from generate_series(1, 5) n;
            insert into secondline.message_attempt (message_id, attempt, outcome, started_at, ended_at, channel)
            values (-9, 1, 'failed', now(), now(), 'mail'), (-9, 2, 'unknown', now(), now(), 'mail');
            """,
            configuration: """
                [channel.mail]
                program = /bin/true
                rate = 30/min
                [channel.sms]
                program = /bin/true
                rate = 1000/5s
                """)
        #expect(
            lines.dropFirst() == [
                "mail working 1,200 3 h 2 3 1 1 2 2 30/min", "popup built_in 0 0 0 0 0 0", "sms not_running 0 1,000/5s",
                "sms: configured here, but no running daemon has it: start the daemon again",
            ])
    }

    @Test("a failing channel tells since when and what it said, one that nobody has what to do")
    func trouble() async throws {
        let lines = try await lines(
            """
            select secondline_rules.report_channel(now(), 'a', 'x', 725, 9, E'451 \\u001b[2J \\u202e later\\n mail working'),
                   secondline_rules.report_channel(now(), 'b', 'x', 5, 9, null),
                   secondline_rules.report_channel(now(), 'b', 'y', null, 0, null),
                   secondline_rules.report_channel(now() - interval '10 minutes', 'c', 'x', null, 0, null),
                   secondline.set_contact({anna}, 'd', 'here');
            """, configuration: "[channel.d]\nprogram = /bin/true\n")
        #expect(
            lines.dropFirst() == [
                "a failing 0 0 0 0 0 0 1", "b failing_in_part 0 0 0 0 0 0 2", "c not_configured 0 0 0 0 0 0 0",
                "d not_configured 0 0 0 0 0 0 0", "popup built_in 0 0 0 0 0 0",
                "a: failing for 12 min: 451 \\e[2J \\u{202E} later\\n mail working",
                "b: failing in some daemons for 5 s",
                "c: no running daemon has it: add [channel.c] to the daemon's configuration",
                "d: configured here, but no running daemon has it: start the daemon again",
            ])
    }

    @Test("a mistake in the configuration is told before anything else")
    func mistake() async throws {
        let file = ScratchFile("[channel.mail]\nprogram = sendmail\n")
        let run = await CommandRun(["channels", "--config", file.path], on: "host=/nonexistent")
        #expect(run.status == .configuration)
        #expect(run.errors.contains("must begin with /"))
    }
}
