import Store

/// All that is known about a ticket, as a story for people. Its texts may be anybody's: nothing of them reaches the terminal as it is.
struct TicketExplanation: Sendable {
    let ticket: Int64
    let story: TicketStory.Row
    let waits: [TicketWaits.Row]
    let blockers: [TicketBlockers.Row]
    let decisions: [TicketDecisions.Row]
    let journal: [TicketJournal.Row]
    /// Nil when it does not wait.
    let place: PlaceInQueue.Row?
    let candidates: [TicketCandidates.Row]

    func text(for terminal: Terminal) -> String {
        var parts = [head(terminal), waiting(terminal)]
        if story.status == "new" { parts.append(now(terminal)) }
        if !decisions.isEmpty { parts.append(decisionText(terminal)) }
        parts.append(journalText(terminal))
        return parts.joined(separator: "\n")
    }

    private func head(_ terminal: Terminal) -> String {
        var text = terminal.styled("Ticket \(ticket): \(story.title.visible())", .bold) + "\n"
        var facts = [
            "queue \(story.queue)", "priority \(story.priority ?? "not set (ranks as normal)")", "kind \(story.kind)",
            "effort \(story.effortMinutes) min",
        ]
        if let skill = story.skill { facts.append("needs the skill \(skill)") }
        text += "  " + facts.joined(separator: ", ").visible() + "\n"
        var origin = "submitted \(story.submittedAt) (times are in \(story.timeZone))"
        if let author = story.author { origin += " by \(author)" }
        if let client = story.client { origin += ", for the client \(client)" }
        if let key = story.externalKey { origin += ", known elsewhere as \(key)" }
        text += "  \(origin.visible())\n  \(standing.visible())\n"
        if let fault = story.fault {
            text += "  set aside until \(story.retryAt ?? ""): the database refused it: \(fault.visible())\n"
        }
        if story.waited > 0 {
            text += "  it waited for its client before, for \(Figures.time(story.waited)) of business time\n"
        }
        text += quoted(story.description, isCut: story.isDescriptionCut)
        return text
    }

    private var standing: String {
        let owner = story.assignee ?? "nobody"
        return switch story.status {
        case "new": "it waits for a person"
        case "returned": "returned \(story.returnedAt ?? ""): \(story.returnedTo ?? "nobody") is asked to complete it"
        case "waiting_for_client":
            "waiting_for_client since \(story.waitingSince ?? ""): \(owner) has it, and has asked"
        case "with_developer": "with_developer: \(owner) has it, and a developer works on the cause"
        case "to_verify": "to_verify: \(owner) has it, and is to see whether the developer's work did it"
        case "resolved": "resolved \(story.endedAt ?? "")\(story.assignee.map { " by \($0)" } ?? "")"
        case "cancelled": "cancelled \(story.endedAt ?? "")"
        case let status: "\(status)\(story.assignee.map { ": \($0) has it" } ?? "")"
        }
    }

    /// Lines of its own, so that no text of a ticket can pass for ours.
    private func quoted(_ text: String, isCut: Bool) -> String {
        let lines = text.split(whereSeparator: \.isNewline)
        var quoted = lines.prefix(12).map { "  | \(String($0).visible())\n" }.joined()
        if lines.count > 12 || isCut { quoted += "  | …\n" }
        return quoted
    }

    private func waiting(_ terminal: Terminal) -> String {
        let total = waits.reduce(0) { $0 + $1.seconds }
        var text = terminal.styled("Waited \(Figures.time(total))", .bold)
        text += waits.count > 1 ? " in \(waits.count) stretches\n" : "\n"
        for wait in waits {
            text += "  \(wait.from) to \(wait.to ?? "now"): \(Figures.time(wait.seconds))\n"
        }
        if blockers.isEmpty, !waits.isEmpty { text += "  nothing was recorded that kept it waiting\n" }
        for blocker in blockers {
            let whose = blocker.isOwn ? "the ticket itself" : "its queue"
            var line = "  \(Figures.time(blocker.seconds))"
            if blocker.times > 1 { line += " in \(blocker.times) stretches" }
            if let since = blocker.since { line += ", still so since \(since)" }
            text += "\(line), \(whose): \(CodeWords.explained(blocker.reason))\n"
        }
        return text
    }

    private func now(_ terminal: Terminal) -> String {
        var text = terminal.styled("Now", .bold) + "\n"
        if let place {
            let waiting = Figures.grouped(place.waiting)
            text += "  number \(Figures.grouped(place.before + 1)) of \(waiting) waiting in \(story.queue.visible())\n"
        }
        if candidates.isEmpty { return text + "  \(CodeWords.explained("no_members"))\n" }
        let eligible = candidates.count { $0.obstacle == nil }
        text += "  \(eligible) of \(Figures.counted(candidates.count, "member")) could take it\n"
        return text + candidateTable(terminal)
    }

    private func candidateTable(_ terminal: Terminal) -> String {
        var table = TextTable([
            .init(heading: "  PERSON", shrinks: true), .init(heading: "LOAD", alignment: .right),
            .init(heading: "OBSTACLE"), .init(heading: "WHICH MEANS", shrinks: true),
        ])
        for one in candidates.prefix(200) {
            let again = one.freeAgainAt.map { "; until \($0)" } ?? ""
            let words = one.obstacle.map { (CodeWords.words(for: $0) ?? "") + again } ?? "could take it"
            table.append([
                .init("  \(one.name)"), .init("\(one.loadMinutes)/\(one.capacityMinutes)"),
                .init(one.obstacle ?? "none", one.obstacle == nil ? .green : .yellow), .init(words),
            ])
        }
        let more = candidates.count - 200
        return table.text(for: terminal) + (more > 0 ? "  … and \(Figures.grouped(more)) more\n" : "")
    }

    private func decisionText(_ terminal: Terminal) -> String {
        var text = terminal.styled("Decisions", .bold) + "\n"
        for one in decisions {
            let by = one.byPerson.map { " by \($0)" } ?? ""
            text += "  \(one.at)  \("\(one.kind) to \(one.person)\(by)".visible())\n"
            text += "    \(CodeWords.explained(one.reason))\n"
            if let note = one.note { text += "    they said: \(note.visible())\n" }
            for (index, person) in one.considered.enumerated() {
                let lead = index == 0 ? "chosen" : index == 1 ? "next  " : "      "
                text += "    \(lead)  \(considered(person))\n"
            }
            for (reason, count) in one.excluded { text += "    not \(count): \(CodeWords.explained(reason))\n" }
        }
        return text
    }

    private func considered(_ person: TicketDecisions.Considered) -> String {
        var text = "\(person.name.visible()) with \(person.load)/\(person.capacity) min"
        if person.knowsClient { text += ", last worked for this client" }
        if person.isSpared { text += ", counted one ticket fuller: has a skill that is needed elsewhere" }
        return text
    }

    private func journalText(_ terminal: Terminal) -> String {
        var text = terminal.styled("Journal", .bold) + "\n"
        for entry in journal {
            var line = "  \(entry.at)  \(entry.event)"
            if let to = entry.to { line += entry.from.map { " (\($0) → \(to))" } ?? " (\(to))" }
            if let person = entry.person { line += "  \(person)" }
            if let words = CodeWords.words(forEvent: entry.event) { line += "  \(words)" }
            if let note = entry.note { line += "  “\(note.fitted(to: 300))”" }
            text += line.visible() + "\n"
        }
        return text
    }
}
