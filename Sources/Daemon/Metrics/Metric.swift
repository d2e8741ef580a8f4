/// A family of series of the metrics. Names and labels are an interface: dashboards and alerts are made of them.
package struct Metric: Sendable {
    enum Kind: String, Sendable {
        case gauge, counter
    }

    /// Without the prefix.
    let name: String
    let kind: Kind
    let labels: [String]
    let help: String

    package var fullName: String { "secondline_\(name)" }

    private static func gauge(_ name: String, _ labels: [String] = [], _ help: String) -> Metric {
        Metric(name: name, kind: .gauge, labels: labels, help: help)
    }

    private static func counter(_ name: String, _ labels: [String] = [], _ help: String) -> Metric {
        Metric(name: name, kind: .counter, labels: labels, help: help)
    }

    /// All that there are, in the order of the file.
    package static let all: [Metric] = [
        // this daemon
        gauge("build_info", ["version", "schema"], "The program that runs, and the schema that it knows; always 1."),
        gauge("start_time_seconds", "When the daemon started, since 1970."),
        gauge("database_connected", "Whether the figures of the database below could be read just now."),
        counter("duty_runs_total", ["duty"], "Runs of a duty in this daemon that ended well."),
        counter("duty_failures_total", ["duty"], "Runs of a duty in this daemon that failed."),
        counter("duty_busy_seconds_total", ["duty"], "Time that the runs took which ended well."),
        gauge("duty_age_seconds", ["duty"], "Time since a duty last ended well in this daemon, or since its start."),
        counter("events_total", ["event"], "Events of this daemon's log, those below its level included."),
        // the department, the same from every daemon
        gauge("tickets_open", ["queue", "status"], "Tickets that have not ended; new ones wait for a person."),
        gauge("ticket_oldest_wait_seconds", ["queue"], "How long the oldest new ticket has waited for a person."),
        gauge("people_at_work", ["queue"], "Members of a queue who are at work and do not pause."),
        gauge("load_seconds", ["queue"], "Work that they have in hand, of all their queues."),
        gauge("capacity_seconds", ["queue"], "The most work that they are given."),
        gauge("messages_waiting", ["channel"], "Messages that are due; of popup, those that nobody has acknowledged."),
        gauge("message_oldest_wait_seconds", ["channel"], "How long the oldest of them has been due."),
        gauge("messages_set_aside", ["channel"], "Messages that wait for a decision: see secondline messages."),
        gauge("channel_failing", ["channel"], "Daemons in which everything fails or is refused in a channel."),
        gauge("alerts_open", "Alerts that are not settled."),
        gauge("alerts_unacknowledged", "Alerts that nobody looks after."),
        gauge("alert_oldest_unacknowledged_seconds", "How long the oldest of them has waited for somebody."),
        gauge("health_findings", ["kind", "severity"], "What is not as it should be: see secondline.health_now."),
    ]
}

extension Metric {
    private static func gauge(_ name: String, _ help: String) -> Metric { gauge(name, [], help) }
}
