import Policy
import Store

@testable import Daemon

/// Every event, with this text wherever an event takes one.
func sampleEvents(_ text: String) -> [LogEvent] {
    let (ticket, person, message) = (TicketID(7), PersonID(8), MessageID(9))
    let time: Duration = .milliseconds(1234)
    func finding(_ severity: HealthFinding.Severity) -> HealthFinding {
        HealthFinding(text, text, severity, detail: text, advice: text)
    }
    return [
        .daemonStarted(version: text, pid: 5), .configurationWarning(text), .configurationRefused(text),
        .daemonReloaded(changed: [text]), .daemonReady(after: time), .daemonStopping(signal: text),
        .daemonStopped(unfinished: []), .daemonStopped(unfinished: [text]),
        .daemonFailed(error: text, status: 78),
        .databaseConnected(server: text, host: text, database: text, user: text), .databaseLost(error: text),
        .databaseUnreachable(since: time, attempts: 3, error: text), .databaseRestored(after: time),
        .listenLost(error: text), .sessionMissing(of: text, waited: time, error: text),
        .ticketAssigned(ticket, to: person, reason: .leastLoaded, waited: time),
        .ticketHeld(ticket, reason: .declined), .ticketSetAside(ticket, retryIn: time, error: text),
        .queueBlocked(queue: text, skill: text, reason: .noMembers), .queueUnblocked(queue: text, skill: text),
        .idleSpecialist(ticket, person: person, waited: time), .ticketTimedOut(ticket, person: person),
        .ticketRehomed(ticket, from: person), .ticketUnanswered(ticket), .clockRung(ticket, clock: text),
        .alertRaised(1, ticket: ticket, clock: text), .alertPassedOn(1, ticket: ticket, to: text),
        .escalation(.opened, ticket, of: person, rule: text), .escalation(.proposed, ticket, of: person, rule: text),
        .escalation(.rejoined, ticket, of: person, rule: nil), .escalation(.control, ticket, of: person, rule: nil),
        .reminderSent(what: text, which: text, person: person, day: text), .workdayOverdue(of: person, day: text),
        .standupAnnounced(team: 2, day: text), .clientTold(ticket, what: text),
        .messageSent(message, channel: text, kind: text, took: time),
        .messageFailed(message, channel: text, attempt: 1, outcome: .failed, said: text),
        .messageSetAside(message, channel: text, because: text),
        .messageTakenOver(message, channel: text, attempt: 1, from: text),
        .deliveryLate(message, channel: text, attempt: 1, outcome: text),
        .deliveryRound(channel: text, reported: 1, claimed: 2, took: time),
        .messagePassedOn(message, of: person, to: text), .messagePassedOn(message, of: person, to: "nobody"),
        .channelFailing(text, error: text), .channelRestored(text, after: time, failures: 3),
        .dutyFailed(duty: text, error: text, retryIn: time), .dutyFailed(duty: text, error: text, retryIn: nil),
        .schemaAwaited(found: text, known: text), .ticketsRemoved(6),
        .healthFound(finding(.info)), .healthFound(finding(.warning)), .healthFound(finding(.error)),
        .healthGone(finding(.error), after: time), .metricsFailed(file: text, error: text),
        .metricsRestored(file: text),
        .dutySilent(duty: text, since: time), .systemdUnreachable(error: text), .logDropped(count: 4),
    ]
}
