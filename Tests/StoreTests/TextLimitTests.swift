import Postgres
import TestSupport
import Testing

/// What people type is refused in words, not by the check of a column.
@Suite(.serialized, .ownDatabase) struct TextLimitTests {
    /// A call with `{text}` where the text stands, and what the text is called.
    struct Limit: Sendable {
        let column: String
        let call: String
        let what: String
        let most: Int
        var isLine = false
        var mayBeBlank = false

        /// Texts that must be refused, and the words.
        var refused: [(text: String, words: String)] {
            var all = [("repeat('x', \(most + 1))", "the \(what) has \(most + 1) characters, more than \(most)")]
            if !mayBeBlank { all.append(("E' \\u200B'", "the \(what) is empty")) }
            if isLine { all.append(("E'two\\x07parts'", "the \(what) contains control characters")) }
            return all
        }
    }

    static let limits: [Limit] = [
        Limit(column: "team.name", call: "add_team({text}, 'UTC')", what: "name", most: 200, isLine: true),
        Limit(
            column: "person.full_name", call: "add_person({team}, 'specialist', {text})", what: "name", most: 200,
            isLine: true),
        Limit(column: "team.name", call: "change_team({team}, {text})", what: "name", most: 200, isLine: true),
        Limit(
            column: "person.full_name", call: "change_person({owner}, {text})", what: "name", most: 200, isLine: true),
        Limit(column: "client.name", call: "change_client({client}, {text})", what: "name", most: 200, isLine: true),
        Limit(column: "client.name", call: "add_client({text})", what: "name", most: 200, isLine: true),
        Limit(column: "queue.name", call: "add_queue({text})", what: "name", most: 200, isLine: true),
        Limit(
            column: "skill.name", call: "add_queue('new', required_skill => {text})", what: "skill", most: 200,
            isLine: true),
        Limit(column: "skill.name", call: "grant_skill({owner}, {text})", what: "skill", most: 200, isLine: true),
        Limit(
            column: "contact.address", call: "set_contact({owner}, 'mail', {text})", what: "address", most: 1000,
            isLine: true),
        Limit(
            column: "contact.address", call: "set_team_contact({team}, 'mail', {text})", what: "address", most: 1000,
            isLine: true),
        Limit(
            column: "contact.address", call: "set_client_contact({client}, 'mail', {text})", what: "address",
            most: 1000, isLine: true),
        Limit(
            column: "template.subject", call: "set_template('note', 'en', {text}, 'x')", what: "subject", most: 500,
            isLine: true),
        Limit(column: "template.text", call: "set_template('note', 'en', 'x', {text})", what: "text", most: 20000),
        Limit(
            column: "misplaced_topic.pattern", call: "set_misplaced_topic({queue}, {text}, 'there')", what: "pattern",
            most: 500),
        Limit(
            column: "misplaced_topic.belongs_to", call: "set_misplaced_topic({queue}, 'a', {text})",
            what: "place where it belongs", most: 500),
        Limit(
            column: "agenda_item.text", call: "add_agenda_item({owner}, {text})", what: "item", most: 1000,
            isLine: true),
        Limit(column: "standup_note.note", call: "note_standup({team}, {text})", what: "note", most: 20000),
        Limit(column: "task.title", call: "add_task({owner}, {text})", what: "task", most: 500, isLine: true),
        Limit(column: "task.title", call: "change_task({task}, {text})", what: "task", most: 500, isLine: true),
        Limit(
            column: "task.title", call: "submit_plan({owner}, array[{text}])", what: "task", most: 500, isLine: true),
        Limit(
            column: "task.comment", call: "report_task({task}, 'done', null, {text})", what: "comment", most: 4000,
            mayBeBlank: true),
        Limit(column: "task.drop_reason", call: "drop_task({task}, {text})", what: "reason", most: 4000),
        Limit(
            column: "workday_journal.note", call: "excuse_workday({owner}, {head}, {text})", what: "reason", most: 4000),
        Limit(
            column: "workday_journal.note",
            call: "correct_workday({owner}, {head}, now() - interval '1 minute', null, {text})", what: "reason",
            most: 3900),
        Limit(
            column: "report.went_well", call: "submit_report({stranger}, {text}, 'x')",
            what: "answer to what went well", most: 4000),
        Limit(
            column: "report.went_badly", call: "submit_report({stranger}, 'x', {text})",
            what: "answer to what went badly", most: 4000),
        Limit(
            column: "report.blockers", call: "submit_report({stranger}, 'x', 'x', {text})",
            what: "text of the blockers", most: 4000),
        Limit(
            column: "escalation.summary", call: "escalate_ticket({second}, {colleague}, 'bug', 'high', {text})",
            what: "summary", most: 8000),
        Limit(
            column: "escalation.note", call: "finish_escalation({escalation}, {developer}, 'fixed', {text})",
            what: "note", most: 260_000),
        Limit(
            column: "ticket.resolution", call: "resolve_ticket({second}, {colleague}, {text})", what: "resolution",
            most: 262_144),
        Limit(column: "journal.note", call: "add_note({second}, {owner}, {text})", what: "note", most: 262_144),
        Limit(
            column: "journal.note", call: "reply_to_client({second}, {colleague}, {text})", what: "reply",
            most: 262_144, mayBeBlank: true),
        Limit(
            column: "journal.note", call: "client_replied({second}, {text})", what: "reply", most: 262_144,
            mayBeBlank: true),
        Limit(
            column: "journal.note", call: "wait_for_client({second}, {colleague}, {text})", what: "question",
            most: 262_144),
        Limit(
            column: "journal.note", call: "hand_over({second}, {developers}, {colleague}, {text})", what: "reason",
            most: 260_000),
        Limit(
            column: "journal.note", call: "cancel_ticket({second}, {manager}, {text})", what: "reason", most: 262_144),
        Limit(
            column: "journal.note", call: "note_progress({escalation}, {developer}, {text})", what: "news",
            most: 262_144),
        Limit(
            column: "journal.note", call: "ask_owner({escalation}, {developer}, {text})", what: "question",
            most: 262_144),
        Limit(
            column: "journal.note", call: "report_difficulty({second}, {colleague}, {text})", what: "difficulty",
            most: 262_144),
    ]

    /// What ticket_arrives() words and others cut, and a key that nobody types.
    static let elsewhere: Set = [
        "ticket.title", "ticket.description", "ticket.external_key", "message.dedup_key",
    ]

    @Test("a text that is too long, blank or no single line is refused with what is wrong and how much may be")
    func refused() async throws {
        var lines = try await Lines()
        try await lines.escalate(acknowledged: true)
        lines.scene.words["task"] = "\(try await db.id(lines.scene("secondline.add_task({owner}, 'the task')")))"
        try await db.script(
            lines.scene(
                """
                select secondline.submit_plan({stranger}, '{plan}');
                select secondline.report_task(task_id, 'done') from secondline.task where person_id = {stranger};
                """))
        for limit in Self.limits {
            for (text, words) in limit.refused {
                let sql = lines.scene("select secondline.\(limit.call)").replacing("{text}", with: text)
                guard let error = await db.refusal(sql) else { continue }
                #expect(error.sqlState == "22023", "\(sql): \(error)")
                #expect(error.message == words, "\(sql)")
                #expect(error.hint?.isEmpty == false, "\(sql)")
            }
        }
    }

    @Test("no column whose length is checked is forgotten here")
    func columns() async throws {
        let checked = try await db.lines(
            """
            select distinct c.relname || '.' || m[1]
              from pg_constraint x join pg_class c on c.oid = x.conrelid
             cross join lateral regexp_matches(pg_get_constraintdef(x.oid), 'length\\((\\w+)\\) <= ', 'g') m
             where x.contype = 'c' and x.connamespace = 'secondline'::regnamespace
            """)
        #expect(Set(checked).subtracting(Self.limits.map(\.column)) == Self.elsewhere)
    }
}
