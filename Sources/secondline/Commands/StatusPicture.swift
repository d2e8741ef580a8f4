import Postgres
import Store

/// The state of the department at one moment, and how it is shown.
struct StatusPicture: Sendable {
    /// How far back "lately" goes.
    static let recently: Duration = .seconds(600)

    let queues: [QueueStatus.Row]
    let people: [PeopleStatus.Row]
    let recent: RecentAssignments.Row?
    let latest: [LatestDecisions.Row]
    let alerts: AlertStatus.Row?
    let messages: StatusMessages

    /// Six statements in one round trip, however large the department is.
    static func take(from session: Session) async throws(DatabaseError) -> StatusPicture {
        try await session.transaction { (db) throws(DatabaseError) in
            let seconds = Double(recently.components.seconds)
            let (queues, people, recent, latest, alerts, channels) = try db.pipeline(
                QueueStatus(), PeopleStatus(), RecentAssignments(within: seconds),
                LatestDecisions(within: seconds, limit: 5), AlertStatus(), MessageStatus())
            return StatusPicture(
                queues: queues, people: people, recent: recent.first, latest: latest, alerts: alerts.first,
                messages: StatusMessages(channels: channels))
        }
    }

    /// With `height`, as many people as fit; the rest is counted.
    func text(for terminal: Terminal, height: Int?) -> String {
        let head = queueTable.text(for: terminal) + "\n" + peopleLine
        let tail = "\n" + recentText(for: terminal) + "\n" + alertText(for: terminal) + messages.text(for: terminal)
        guard !people.isEmpty else { return head + tail }
        let others = (head + tail).split(separator: "\n", omittingEmptySubsequences: false).count + 2
        let room = height.map { max(1, $0 - others) } ?? people.count
        var text = head + peopleTable(people.prefix(room)).text(for: terminal)
        if people.count > room { text += "… and \(Figures.grouped(people.count - room)) more\n" }
        return text + tail
    }

    private var queueTable: TextTable {
        var table = TextTable([
            .init(heading: "QUEUE", shrinks: true), .init(heading: "WAITING", alignment: .right),
            .init(heading: "OLDEST", alignment: .right), .init(heading: "BLOCKED BY", shrinks: true),
            .init(heading: "WITH OTHERS", shrinks: true),
        ])
        for queue in queues {
            table.append([
                .init(queue.queue, .bold), .init(Figures.grouped(queue.waiting)),
                .init(queue.oldest.map(Figures.time) ?? ""), .init(blocked(queue), .yellow),
                .init(elsewhere(queue.elsewhere)),
            ])
        }
        return table
    }

    /// `full for 12 min; de: not_at_work for 3 h; 2 tickets held on their own`.
    private func blocked(_ queue: QueueStatus.Row) -> String {
        var parts: [String] = []
        if let paused = queue.paused {
            parts.append("paused for \(Figures.time(paused)): \(queue.pauseReason ?? "")")
        }
        for blocker in queue.blockers where queue.paused == nil || blocker.reason != "queue_paused" {
            let skill = blocker.skill.isEmpty ? "" : "\(blocker.skill): "
            parts.append("\(skill)\(blocker.reason) for \(Figures.time(blocker.seconds))")
        }
        if queue.held > 0 { parts.append("\(Figures.counted(queue.held, "ticket")) held on their own") }
        return parts.joined(separator: "; ")
    }

    /// `3 with clients, 1 with developers, 2 to verify, 1 returned`.
    private func elsewhere(_ tickets: QueueStatus.Elsewhere) -> String {
        var parts: [String] = []
        func say(_ count: Int, _ words: String) {
            if count > 0 { parts.append("\(Figures.grouped(count)) \(words)") }
        }
        say(tickets.waitingForClient, "with clients")
        say(tickets.withDeveloper, "with developers")
        say(tickets.toVerify, "to verify")
        say(tickets.returned, "returned")
        return parts.joined(separator: ", ")
    }

    private var peopleLine: String {
        if queues.isEmpty, people.isEmpty {
            return "There are no queues and no people yet: see secondline.add_team, add_person, add_queue.\n"
        }
        let atWork = people.count { $0.state != "not_at_work" }
        let free = people.count { $0.state == "free" }
        return "\(Figures.grouped(people.count)) \(people.count == 1 ? "person" : "people"), "
            + "\(Figures.grouped(atWork)) at work, \(Figures.grouped(free)) free\n"
    }

    private func peopleTable(_ people: ArraySlice<PeopleStatus.Row>) -> TextTable {
        var table = TextTable([
            .init(heading: "PERSON", shrinks: true), .init(heading: "STATE"),
            .init(heading: "TICKETS", alignment: .right), .init(heading: "LOAD"),
            .init(heading: "MINUTES", alignment: .right), .init(heading: "LAST ASSIGNED", alignment: .right),
        ])
        for person in people {
            table.append([
                .init(person.name, .bold), .init(person.state, person.state == "free" ? .green : .faint),
                .init("\(person.openTickets)"), .init(Figures.bar(person.loadMinutes, of: person.capacityMinutes)),
                .init("\(person.loadMinutes)/\(person.capacityMinutes)"),
                .init(person.lastAssigned.map { "\(Figures.time($0)) ago" } ?? "never"),
            ])
        }
        return table
    }

    /// Nothing, when nothing is late.
    private func alertText(for terminal: Terminal) -> String {
        guard let alerts, alerts.open > 0 else { return "" }
        var line = Figures.grouped(alerts.open)
        if let oldest = alerts.oldest {
            let words = "\(Figures.grouped(alerts.unacknowledged)) that nobody looks after"
            line += ", \(terminal.styled(words, .red)), the oldest for \(Figures.time(oldest))"
        }
        return "alerts: \(line): see secondline.alert_now\n"
    }

    private func recentText(for terminal: Terminal) -> String {
        let span = Figures.time(Double(Self.recently.components.seconds))
        guard let recent, recent.count > 0, let median = recent.medianWait, let longest = recent.longestWait else {
            return "Nothing was assigned in the last \(span).\n"
        }
        var text = "\(Figures.counted(recent.count, "ticket")) assigned in the last \(span), after "
        text += "\(Figures.time(median)) at the median and \(Figures.time(longest)) at most\n"
        var table = TextTable([
            .init(heading: "TICKET", alignment: .right), .init(heading: "QUEUE", shrinks: true),
            .init(heading: "TO", shrinks: true), .init(heading: "BECAUSE"), .init(heading: "WHEN", alignment: .right),
            .init(heading: "TITLE", shrinks: true),
        ])
        for one in latest {
            let when = "\(Figures.time(one.ago)) ago"
            table.append(["\(one.ticket)", one.queue, one.person, one.reason, when, one.title.fitted(to: 60)])
        }
        text += table.text(for: terminal)
        return text
    }
}
