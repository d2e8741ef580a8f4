import Postgres
import Testing

/// The load of everybody is the sum of what they have in hand, and leftover allowance is never room for a new ticket.
func expectLoadsToAddUp(_ session: Session? = nil, location: SourceLocation = #_sourceLocation) async throws {
    let wrong = try await (session ?? db).lines(
        """
        select p.person_id, p.load_minutes, p.allowed_minutes, p.capacity_minutes, coalesce(a.minutes, 0)
          from secondline.person p
          left join (select person_id, sum(weight_minutes) as minutes from secondline.assignment
                      where ended_at is null group by person_id) a using (person_id)
         where p.load_minutes <> coalesce(a.minutes, 0) or p.allowed_minutes > p.load_minutes
            or p.load_minutes > greatest(p.capacity_minutes, p.allowed_minutes)
        """)
    #expect(wrong == [], "person|load|allowed|capacity|sum", sourceLocation: location)
}

/// What tickets say about who has them is what their open assignments say.
func expectHandsToMatch(_ session: Session? = nil, location: SourceLocation = #_sourceLocation) async throws {
    let torn = try await (session ?? db).lines(
        """
        select t.ticket_id, t.status, t.assignee_id, a.person_id, a.state
          from secondline.ticket t left join secondline.assignment a on a.ticket_id = t.ticket_id and a.ended_at is null
         where (t.status in ('assigned', 'accepted', 'waiting_for_client', 'with_developer', 'to_verify')) <> (a.person_id is not null)
            or a.person_id is not null and (a.person_id <> t.assignee_id
               or a.state::text <> case t.status when 'assigned' then 'offered' else 'accepted' end)
        """)
    #expect(torn == [], "ticket|status|assignee|person|state", sourceLocation: location)
}
