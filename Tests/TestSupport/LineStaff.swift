internal import Postgres

/// Specialists and developers at work on several connections: bugs go to developers, by a story that follows from the ids; the rest
/// is resolved at once.
package struct LineStaff: Sendable {
    let database: ScratchDatabase
    let hands: Int

    package init(of database: ScratchDatabase, hands: Int = 4) {
        self.database = database
        self.hands = hands
    }

    /// Returns when no ticket is open any more.
    package func solveEverything() async throws {
        let session = try await database.session()
        try await session.script(Self.story)
        await session.close()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hand in 0..<hands {
                group.addTask { try await solve(hand) }
            }
            try await group.waitForAll()
        }
    }

    private func solve(_ hand: Int) async throws {
        let session = try await database.session()
        while true {
            let acts = try await session.simpleQuery(
                """
                select act from public.next_act where act is not null and person_id % \(hands) = \(hand)
                 order by assignment_id limit 20
                """)
            for act in acts.compactMap({ $0[0] }) {
                try await perform(act, session)
            }
            guard acts.isEmpty else { continue }
            let left = try await session.simpleQuery(
                "select from secondline.ticket where status not in ('resolved', 'cancelled') limit 1")
            if left.isEmpty { break }
            // what comes next is the daemon's to decide, or another hand's to do
            try await Task.sleep(for: .milliseconds(10))
        }
        await session.close()
    }

    private func perform(_ act: String, _ session: Session) async throws {
        do throws(DatabaseError) {
            try await session.script("select secondline.\(act)")
        } catch {
            // its escalation is being linked: once more in the next round
            guard error.sqlState == .lockNotAvailable else { throw error }
        }
    }

    /// What whoever has a ticket does next with it, null where they wait for somebody. The second bug of a topic is the defect of the
    /// first: it joins that escalation, which is not finished before.
    private static let story = """
        create table public.same_defect (ticket_id bigint primary key, first_id bigint not null unique);
        insert into public.same_defect
        select ticket_id, first_id from (
            select ticket_id, lag(ticket_id) over topic as first_id, row_number() over topic as place
              from secondline.ticket where kind = 'bug' window topic as (partition by title order by ticket_id)) t
         where place = 2;

        create function public.had(ticket bigint, event text) returns boolean language sql stable as
            'select exists (select from secondline.journal j where j.ticket_id = $1 and j.event = $2)';

        create view public.next_act as
        select a.assignment_id, a.person_id, case
               when w.escalation_id is not null then case
                   when t.status = 'assigned' and w.ticket_id % 7 = 0 and not public.had(t.ticket_id, 'declined')
                       then format('decline_escalation(%s, %s, ''Not my part of it.'')', w.escalation_id, a.person_id)
                   when t.status = 'assigned' then format('acknowledge_escalation(%s, %s)', w.escalation_id, a.person_id)
                   when w.state = 'asked' then null
                   when w.ticket_id % 3 = 0 and not public.had(t.ticket_id, 'asked')
                       then format('ask_owner(%s, %s, ''Since when?'')', w.escalation_id, a.person_id)
                   when w.ticket_id % 3 = 1 and not public.had(t.ticket_id, 'progress')
                       then format('note_progress(%s, %s, ''Found it.'')', w.escalation_id, a.person_id)
                   when exists (select from public.same_defect s where s.first_id = w.ticket_id and not public.had(s.ticket_id, 'linked'))
                       then null
                   else format('finish_escalation(%s, %s, %L, ''See the release notes.'')', w.escalation_id, a.person_id,
                               (enum_range(null::secondline.escalation_outcome))[1 + w.ticket_id % 6]) end
               when t.status = 'with_developer' then case
                   when e.state = 'asked' and e.ticket_id = t.ticket_id
                       then format('answer_developer(%s, %s, ''Since the last release.'')', e.escalation_id, a.person_id)
                   -- never, unless its end has not reached this ticket
                   when e.state = 'finished' then format('confirm_fix(%s, %s)', t.ticket_id, a.person_id) end
               when t.status = 'to_verify' then case
                   when t.ticket_id % 5 = 0 and not public.had(t.ticket_id, 'sent_back')
                       then format('send_back(%s, %s, ''It is still there.'')', e.escalation_id, a.person_id)
                   else format('confirm_fix(%s, %s)', t.ticket_id, a.person_id) end
               when t.status = 'assigned' and t.ticket_id % 2 = 0 then format('accept_ticket(%s, %s)', t.ticket_id, a.person_id)
               when t.kind = 'bug' and s.ticket_id is not null and not public.had(t.ticket_id, 'linked')
                   then (select format('link_ticket(%s, %s, %s)', t.ticket_id, f.escalation_id, a.person_id)
                           from secondline.ticket f where f.ticket_id = s.first_id and f.escalation_id is not null)
               when t.kind = 'bug' and s.ticket_id is null and not public.had(t.ticket_id, 'escalated')
                   then format('escalate_ticket(%s, %s, ''bug'', ''normal'', %L)', t.ticket_id, a.person_id, t.title)
               else format('resolve_ticket(%s, %s, ''done'')', t.ticket_id, a.person_id) end as act
          from secondline.assignment a
          join secondline.ticket t on t.ticket_id = a.ticket_id
          left join public.same_defect s on s.ticket_id = t.ticket_id
          left join secondline.escalation w on w.developer_ticket_id = t.ticket_id
          left join secondline.escalation e on e.escalation_id = t.escalation_id
         where a.ended_at is null;
        """
}
