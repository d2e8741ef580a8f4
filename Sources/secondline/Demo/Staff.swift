extension Demo {
    /// Who works in the department, on what, and for whom.
    enum Staff {
        struct Member {
            let name: String
            let queues: [String]
            var skills: [String] = []
        }

        struct Queue {
            let name: String
            var line = 2
            var effort = 75
            var skill: String?
            var routing = "load"
            /// The shortest description that colleagues may give; 0 has no regulation.
            var description = 0
        }

        static let team = "Support (demo)"
        static let timeZone = "Europe/Berlin"
        static let head = "Martina Vogel"

        static let managers = ["Daniel Okafor", "Lucie Blanchet", "Tomas Horak"].map {
            Member(name: $0, queues: ["helpdesk"])
        }
        /// Who stands in for the manager who is on vacation.
        static let substitutes = ["Lucie Blanchet": "Daniel Okafor"]

        static let specialists = [
            Member(name: "Anna Lindqvist", queues: ["support", "sql"], skills: ["sql"]),
            Member(name: "Boris Novak", queues: ["support", "billing"], skills: ["billing"]),
            Member(name: "Chiara Russo", queues: ["support"]),
            Member(name: "Deniz Kaya", queues: ["support", "integrations"], skills: ["integrations"]),
            Member(name: "Emil Sandberg", queues: ["support", "sql", "billing"], skills: ["sql", "billing"]),
            Member(name: "Fatima Rahimi", queues: ["support", "integrations"], skills: ["integrations"]),
            Member(name: "Greta Holm", queues: ["support", "integrations"], skills: ["integrations"]),
        ]
        /// A specialist and a manager are on vacation.
        static let away = ["Greta Holm", "Lucie Blanchet"]

        static let developers = [
            Member(name: "Henrik Dahl", queues: ["bugs"]),
            Member(name: "Ines Carvalho", queues: ["bugs"]),
        ]

        static let queues = [
            Queue(name: "helpdesk", line: 1, effort: 25, routing: "account_manager"),
            Queue(name: "support", description: 30),
            Queue(name: "sql", skill: "sql", description: 30),
            Queue(name: "billing", effort: 45, skill: "billing"),
            Queue(name: "integrations", effort: 90, skill: "integrations"),
            Queue(name: "bugs", line: 3, effort: 120),
        ]

        static let clients = [
            "Northwind Logistics", "Bluebird Travel", "Helvetia Dental", "Orchard Foods", "Kestrel Insurance",
            "Lighthouse Realty", "Maple Fitness", "Quarry Stone & Tile",
        ]

        /// By turns.
        static func manager(ofClient index: Int) -> String { managers[index % managers.count].name }

        static let count = 1 + managers.count + specialists.count + developers.count
    }
}
