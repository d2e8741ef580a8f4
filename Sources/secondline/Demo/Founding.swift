import Policy
import Postgres

extension Demo {
    /// Sets the department up, or finds it again.
    struct Founding: Sendable {
        let speed: Int

        /// Offers to one person in an hour from the queue that everybody works on.
        private static let fairLimit = 2

        /// The id of the team; nil when another department lives in this database, which nothing is done to then.
        func found(_ db: Database) throws(DatabaseError) -> Int64? {
            guard let found = try db.first(FindTeam()), !found.hasOthers else { return nil }
            let team = if let team = found.team { team } else { try settle(db) }
            for queue in Staff.queues {
                let limit = queue.name == "support" ? Self.fairLimit : nil
                try db.execute(SetRules(queue: queue.name, fairLimit: limit, speed: speed))
            }
            return team
        }

        private func settle(_ db: Database) throws(DatabaseError) -> Int64 {
            guard let team = try db.first(AddTeam()) else {
                throw DatabaseError(.decoding, "add_team returned nothing")
            }
            for queue in Staff.queues { try db.execute(AddQueue(queue: queue)) }
            _ = try add("head", Staff.Member(name: Staff.head, queues: []), team, db)
            var managers: [PersonID] = []
            for name in Staff.managers {
                managers.append(try add("account_manager", Staff.Member(name: name, queues: []), team, db))
            }
            for member in Staff.specialists {
                let person = try add("specialist", member, team, db)
                if member.name == Staff.away { try db.execute(TakeVacation(person: person)) }
            }
            for member in Staff.developers { _ = try add("developer", member, team, db) }
            for (index, client) in Staff.clients.enumerated() {
                try db.execute(AddClient(name: client, manager: managers[index % managers.count]))
            }
            return team
        }

        private func add(
            _ role: String, _ member: Staff.Member, _ team: Int64, _ db: Database
        ) throws(DatabaseError) -> PersonID {
            guard let person = try db.first(AddPerson(team: team, role: role, name: member.name)) else {
                throw DatabaseError(.decoding, "add_person returned nothing")
            }
            for queue in member.queues { try db.execute(AddMember(queue: queue, person: person)) }
            for skill in member.skills { try db.execute(GrantSkill(person: person, skill: skill)) }
            return person
        }
    }
}
