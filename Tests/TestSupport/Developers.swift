package import Postgres

/// The third line of a department: a queue of developers at work, to which escalations of its queue go.
package struct Developers: Sendable {
    package let queue: String
    package let people: [Int64]

    package init(of department: Department, in session: Session, count: Int, effort: Int = 60) async throws {
        let queue = "developers of \(department.queue)"
        try await session.script(
            """
            select secondline.add_queue('\(queue)', 3, \(effort));
            select secondline.set_escalation('\(department.queue)', '\(queue)');
            """)
        var people: [Int64] = []
        for number in 0..<count {
            let person = try await session.id(
                "secondline.add_person(\(department.team), 'developer', 'Developer \(number)')")
            try await session.script(
                "select secondline.add_member('\(queue)', \(person)), secondline.start_workday(\(person))")
            people.append(person)
        }
        self.queue = queue
        self.people = people
    }
}
