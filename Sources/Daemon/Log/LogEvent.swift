package import Policy
package import Store

/// Every event that the daemon logs, with its fields. Names and fields are an interface: operators filter by them.
package enum LogEvent: Sendable {
    case daemonStarted(version: String, pid: Int32)
    case configurationWarning(String)
    /// The old one stays.
    case configurationRefused(String)
    /// With new settings; `changed` are the sections of the configuration.
    case daemonReloaded(changed: [String])
    /// All duties are connected and about to run for the first time.
    case daemonReady(after: Duration)
    case daemonStopping(signal: String)
    case daemonStopped(unfinished: [String])
    /// It cannot go on, and ends with this status.
    case daemonFailed(error: String, status: Int)
    case databaseConnected(server: String, host: String, database: String, user: String)
    case databaseLost(error: String)
    case databaseUnreachable(since: Duration, attempts: Int, error: String)
    case databaseRestored(after: Duration)
    case listenLost(error: String)
    /// Of a duty, or the metrics: it cannot be had, while others work.
    case sessionMissing(of: String, waited: Duration, error: String)
    /// The database has yet to be brought to the schema of this program.
    case schemaAwaited(found: String, known: String)
    /// Closed ones whose time was over.
    case ticketsRemoved(Int)
    case ticketAssigned(TicketID, to: PersonID, reason: Reason, waited: Duration)
    case ticketHeld(TicketID, reason: Obstacle)
    case ticketSetAside(TicketID, retryIn: Duration, error: String)
    case queueBlocked(queue: String, skill: String, reason: Obstacle)
    case queueUnblocked(queue: String, skill: String)
    case idleSpecialist(TicketID, person: PersonID, waited: Duration)
    /// The offer was left untouched.
    case ticketTimedOut(TicketID, person: PersonID)
    case ticketRehomed(TicketID, from: PersonID)
    case ticketUnanswered(TicketID)
    case clockRung(TicketID, clock: String)
    case alertRaised(Int64, ticket: TicketID, clock: String)
    case alertPassedOn(Int64, ticket: TicketID, to: String)
    /// The daemon brought developers in, proposes to, or keeps an eye on it.
    case escalation(RunClocks.Escalation, TicketID, of: PersonID, rule: String?)
    case reminderSent(what: String, which: String, person: PersonID, day: String)
    /// The next workday began before this one had its report.
    case workdayOverdue(of: PersonID, day: String)
    case standupAnnounced(team: Int64, day: String)
    case clientTold(TicketID, what: String)
    case messageSent(MessageID, channel: String, kind: String, took: Duration)
    case messageFailed(MessageID, channel: String, attempt: Int, outcome: Delivery.Outcome, said: String)
    case messageSetAside(MessageID, channel: String, because: String)
    /// Another daemon did not report in time.
    case messageTakenOver(MessageID, channel: String, attempt: Int, from: String)
    /// This daemon reported too late: somebody else has the message.
    case deliveryLate(MessageID, channel: String, attempt: Int, outcome: String)
    /// One transaction of a channel's traffic.
    case deliveryRound(channel: String, reported: Int, claimed: Int, took: Duration)
    case messagePassedOn(MessageID, of: PersonID, to: String)
    case channelFailing(String, error: String)
    case channelRestored(String, after: Duration, failures: Int)
    /// New, or worse than before.
    case healthFound(HealthFinding)
    case healthGone(HealthFinding, after: Duration)
    case metricsFailed(file: String, error: String)
    case metricsRestored(file: String)
    /// `retryIn` is nil when the daemon stops.
    case dutyFailed(duty: String, error: String, retryIn: Duration?)
    /// It shows no sign of life.
    case dutySilent(duty: String, since: Duration)
    case systemdUnreachable(error: String)
    /// Lines that were lost while nobody read the log.
    case logDropped(count: Int)

    package enum Level: Int, Comparable, Sendable {
        case debug, info, warning, error

        package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }
    }

    package var level: Level {
        switch self {
        case .daemonStarted, .daemonReady, .daemonReloaded, .daemonStopping, .databaseConnected, .databaseRestored,
            .ticketAssigned,
            .queueBlocked, .queueUnblocked, .ticketTimedOut, .ticketRehomed, .ticketUnanswered, .clockRung,
            .escalation,
            .ticketsRemoved, .reminderSent, .workdayOverdue, .standupAnnounced, .clientTold, .messageFailed,
            .channelRestored, .healthGone, .metricsRestored:
            .info
        case .messagePassedOn(_, _, let to): to == "nobody" ? .warning : .info
        case .ticketHeld, .messageSent, .deliveryRound: .debug
        case .daemonStopped(let unfinished): unfinished.isEmpty ? .info : .warning
        case .alertRaised, .alertPassedOn, .configurationWarning, .databaseLost, .databaseUnreachable, .listenLost,
            .sessionMissing, .schemaAwaited, .dutyFailed, .messageTakenOver, .systemdUnreachable, .logDropped,
            .deliveryLate,
            .channelFailing, .metricsFailed:
            .warning
        case .ticketSetAside, .idleSpecialist, .messageSetAside, .configurationRefused, .dutySilent, .daemonFailed:
            .error
        case .healthFound(let finding):
            switch finding.severity {
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        }
    }

    package var name: String {
        switch self {
        case .daemonStarted: "daemon.started"
        case .configurationWarning: "configuration.warning"
        case .configurationRefused: "configuration.refused"
        case .daemonReloaded: "daemon.reloaded"
        case .daemonReady: "daemon.ready"
        case .daemonStopping: "daemon.stopping"
        case .daemonStopped: "daemon.stopped"
        case .daemonFailed: "daemon.failed"
        case .databaseConnected: "database.connected"
        case .databaseLost: "database.lost"
        case .databaseUnreachable: "database.unreachable"
        case .databaseRestored: "database.restored"
        case .listenLost: "listen.lost"
        case .sessionMissing: "session.missing"
        case .schemaAwaited: "schema.awaited"
        case .ticketsRemoved: "tickets.removed"
        case .ticketAssigned: "ticket.assigned"
        case .ticketHeld: "ticket.held"
        case .ticketSetAside: "ticket.set_aside"
        case .queueBlocked: "queue.blocked"
        case .queueUnblocked: "queue.unblocked"
        case .idleSpecialist: "audit.idle_specialist"
        case .ticketTimedOut: "ticket.timed_out"
        case .ticketRehomed: "ticket.rehomed"
        case .ticketUnanswered: "ticket.unanswered"
        case .clockRung: "clock.rung"
        case .alertRaised: "alert.raised"
        case .alertPassedOn: "alert.passed_on"
        case .escalation(.opened, _, _, _): "escalation.opened"
        case .escalation(.proposed, _, _, _): "escalation.proposed"
        case .escalation(.rejoined, _, _, _): "escalation.rejoined"
        case .escalation(.control, _, _, _): "escalation.control"
        case .reminderSent: "reminder.sent"
        case .workdayOverdue: "workday.overdue"
        case .standupAnnounced: "standup.announced"
        case .clientTold: "client.told"
        case .messageSent: "message.sent"
        case .messageFailed: "message.failed"
        case .messageSetAside: "message.set_aside"
        case .messageTakenOver: "message.taken_over"
        case .deliveryLate: "delivery.late"
        case .deliveryRound: "delivery.round"
        case .messagePassedOn: "message.passed_on"
        case .channelFailing: "channel.failing"
        case .channelRestored: "channel.restored"
        case .healthFound: "health.found"
        case .healthGone: "health.gone"
        case .metricsFailed: "metrics.failed"
        case .metricsRestored: "metrics.restored"
        case .dutyFailed: "duty.failed"
        case .dutySilent: "duty.silent"
        case .systemdUnreachable: "systemd.unreachable"
        case .logDropped: "log.dropped"
        }
    }

    package var fields: [(key: String, value: LogValue)] {
        switch self {
        case .daemonStarted(let version, let pid): [("version", .text(version)), ("pid", .number(Int64(pid)))]
        case .configurationWarning(let message), .configurationRefused(let message): [("message", .text(message))]
        case .daemonReloaded(let changed): [("changed", .text(changed.joined(separator: ",")))]
        case .daemonReady(let after): [("after", .duration(after))]
        case .daemonStopping(let signal): [("signal", .text(signal))]
        case .daemonStopped(let unfinished):
            unfinished.isEmpty ? [] : [("unfinished", .text(unfinished.joined(separator: ",")))]
        case .daemonFailed(let error, let status): [("status", .number(Int64(status))), ("error", .text(error))]
        case .databaseConnected(let server, let host, let database, let user):
            [("server", .text(server)), ("host", .text(host)), ("database", .text(database)), ("user", .text(user))]
        case .databaseLost(let error): [("error", .text(error))]
        case .databaseUnreachable(let since, let attempts, let error):
            [("since", .duration(since)), ("attempts", .number(Int64(attempts))), ("error", .text(error))]
        case .databaseRestored(let after): [("after", .duration(after))]
        case .listenLost(let error): [("error", .text(error))]
        case .sessionMissing(let owner, let waited, let error):
            [("of", .text(owner)), ("waited", .duration(waited)), ("error", .text(error))]
        case .schemaAwaited(let found, let known): [("found", .text(found)), ("known", .text(known))]
        case .ticketsRemoved(let count): [("count", .number(Int64(count)))]
        case .ticketAssigned(let ticket, let person, let reason, let waited):
            [
                ("ticket", .number(ticket.raw)), ("to", .number(person.raw)), ("reason", .text(reason.rawValue)),
                ("waited", .duration(waited)),
            ]
        case .ticketHeld(let ticket, let reason): [("ticket", .number(ticket.raw)), ("reason", .text(reason.rawValue))]
        case .ticketSetAside(let ticket, let retryIn, let error):
            [("ticket", .number(ticket.raw)), ("retry_in", .duration(retryIn)), ("error", .text(error))]
        case .queueBlocked(let queue, let skill, let reason):
            Self.group(queue, skill) + [("reason", .text(reason.rawValue))]
        case .queueUnblocked(let queue, let skill): Self.group(queue, skill)
        case .idleSpecialist(let ticket, let person, let waited):
            [("ticket", .number(ticket.raw)), ("person", .number(person.raw)), ("waited", .duration(waited))]
        case .ticketTimedOut(let ticket, let person):
            [("ticket", .number(ticket.raw)), ("person", .number(person.raw))]
        case .ticketRehomed(let ticket, let person):
            [("ticket", .number(ticket.raw)), ("from", .number(person.raw))]
        case .ticketUnanswered(let ticket): [("ticket", .number(ticket.raw))]
        case .clockRung(let ticket, let clock): [("ticket", .number(ticket.raw)), ("clock", .text(clock))]
        case .alertRaised(let alert, let ticket, let clock):
            [("alert", .number(alert)), ("ticket", .number(ticket.raw)), ("clock", .text(clock))]
        case .alertPassedOn(let alert, let ticket, let to):
            [("alert", .number(alert)), ("ticket", .number(ticket.raw)), ("to", .text(to))]
        case .escalation(_, let ticket, let person, let rule):
            [("ticket", .number(ticket.raw)), ("owner", .number(person.raw))]
                + (rule.map { [("rule", .text($0))] } ?? [])
        case .reminderSent(let what, let which, let person, let day):
            [
                ("what", .text(what)), ("which", .text(which)), ("person", .number(person.raw)), ("day", .text(day)),
            ]
        case .workdayOverdue(let person, let day): [("person", .number(person.raw)), ("day", .text(day))]
        case .standupAnnounced(let team, let day): [("team", .number(team)), ("day", .text(day))]
        case .clientTold(let ticket, let what): [("ticket", .number(ticket.raw)), ("what", .text(what))]
        case .messageSent(let message, let channel, let kind, let took):
            Self.message(message, channel) + [("kind", .text(kind)), ("took", .duration(took))]
        case .messageFailed(let message, let channel, let attempt, let outcome, let said):
            Self.message(message, channel)
                + [
                    ("attempt", .number(Int64(attempt))), ("outcome", .text(outcome.rawValue)), ("said", .text(said)),
                ]
        case .messageSetAside(let message, let channel, let because):
            Self.message(message, channel) + [("because", .text(because))]
        case .messageTakenOver(let message, let channel, let attempt, let from):
            Self.message(message, channel) + [("attempt", .number(Int64(attempt))), ("from", .text(from))]
        case .deliveryLate(let message, let channel, let attempt, let outcome):
            Self.message(message, channel) + [("attempt", .number(Int64(attempt))), ("outcome", .text(outcome))]
        case .deliveryRound(let channel, let reported, let claimed, let took):
            [
                ("channel", .text(channel)), ("reported", .number(Int64(reported))),
                ("claimed", .number(Int64(claimed))), ("took_us", .number(Int64(took.databaseSeconds * 1e6))),
            ]
        case .messagePassedOn(let message, let person, let to):
            [("message", .number(message.raw)), ("person", .number(person.raw)), ("to", .text(to))]
        case .channelFailing(let channel, let error): [("channel", .text(channel)), ("error", .text(error))]
        case .channelRestored(let channel, let after, let failures):
            [("channel", .text(channel)), ("after", .duration(after)), ("failures", .number(Int64(failures)))]
        case .healthFound(let finding):
            [
                ("kind", .text(finding.kind)), ("subject", .text(finding.subject)), ("detail", .text(finding.detail)),
                ("advice", .text(finding.advice)),
            ]
        case .healthGone(let finding, let after):
            [("kind", .text(finding.kind)), ("subject", .text(finding.subject)), ("after", .duration(after))]
        case .metricsFailed(let file, let error): [("file", .text(file)), ("error", .text(error))]
        case .metricsRestored(let file): [("file", .text(file))]
        case .dutyFailed(let duty, let error, let retryIn):
            [("duty", .text(duty))] + (retryIn.map { [("retry_in", .duration($0))] } ?? []) + [("error", .text(error))]
        case .dutySilent(let duty, let since): [("duty", .text(duty)), ("since", .duration(since))]
        case .systemdUnreachable(let error): [("error", .text(error))]
        case .logDropped(let count): [("count", .number(Int64(count)))]
        }
    }

    /// What makes it the same again, for events that are summed up: they may come many times a second.
    var repetition: String? {
        switch self {
        // numbers differ from one time to the next: processes, transactions, rows
        case .dutyFailed(let duty, let error, .some): "\(duty) \(error.filter { !$0.isNumber })"
        case _: nil
        }
    }

    private static func message(_ message: MessageID, _ channel: String) -> [(key: String, value: LogValue)] {
        [("message", .number(message.raw)), ("channel", .text(channel))]
    }

    /// A group without skill is its queue.
    private static func group(_ queue: String, _ skill: String) -> [(key: String, value: LogValue)] {
        [("queue", .text(queue))] + (skill.isEmpty ? [] : [("skill", .text(skill))])
    }
}
