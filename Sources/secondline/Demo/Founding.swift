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
            let team: Int64
            if let known = found.team { team = known } else { team = try add(db) }
            // what an earlier release founded lacks some
            if !found.isComplete { try settle(team, db) }
            for queue in Staff.queues {
                let limit = queue.name == "support" ? Self.fairLimit : nil
                try db.execute(SetRules(queue: queue.name, fairLimit: limit, speed: speed))
                try db.execute(SetClocks(queue: queue.name, speed: speed))
            }
            try db.execute(SetPatience(team: team, speed: speed))
            return team
        }

        private func add(_ db: Database) throws(DatabaseError) -> Int64 {
            guard let team = try db.first(AddTeam()) else {
                throw DatabaseError(.decoding, "add_team returned nothing")
            }
            return team
        }

        private func settle(_ team: Int64, _ db: Database) throws(DatabaseError) {
            for queue in Staff.queues {
                try db.execute(AddQueue(queue: queue))
                try db.execute(SetManners(queue: queue))
            }
            _ = try add("head", Staff.Member(name: Staff.head, queues: []), team, db)
            var managers: [String: PersonID] = [:]
            for member in Staff.managers { managers[member.name] = try add("account_manager", member, team, db) }
            for (name, substitute) in Staff.substitutes {
                guard let person = managers[name], let substitute = managers[substitute] else { continue }
                try db.execute(SetSubstitute(person: person, substitute: substitute))
            }
            for member in Staff.specialists { _ = try add("specialist", member, team, db) }
            for member in Staff.developers { _ = try add("developer", member, team, db) }
            for (index, client) in Staff.clients.enumerated() {
                guard let manager = managers[Staff.manager(ofClient: index)] else { continue }
                try db.execute(AddClient(name: client, manager: manager))
            }
        }

        private func add(
            _ role: String, _ member: Staff.Member, _ team: Int64, _ db: Database
        ) throws(DatabaseError) -> PersonID {
            guard let person = try db.first(AddPerson(team: team, role: role, name: member.name)) else {
                throw DatabaseError(.decoding, "add_person returned nothing")
            }
            for queue in member.queues { try db.execute(AddMember(queue: queue, person: person)) }
            for skill in member.skills { try db.execute(GrantSkill(person: person, skill: skill)) }
            if Staff.away.contains(member.name) { try db.execute(TakeVacation(person: person)) }
            return person
        }
    }
}
