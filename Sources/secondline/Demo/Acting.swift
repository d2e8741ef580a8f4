import Policy
import Postgres

extension Demo.Act {
    /// Does it in the name of the person, in a transaction of its own.
    func perform(by person: PersonID, _ session: Session, _ pace: Demo.Pace) async throws(DatabaseError) {
        switch self {
        case .comeIn: try await session.execute(Demo.StartWorkday(person: person))
        case .plan:
            try await session.execute(Demo.TakeUpTickets(person: person))
            try await session.execute(Demo.SubmitPlan(person: person))
        case .takeBreak: try await session.execute(Demo.PauseWorkday(person: person))
        case .comeBack: try await session.execute(Demo.ResumeWorkday(person: person))
        case .report:
            try await session.execute(Demo.ReportTasks(person: person))
            try await session.execute(Demo.SubmitReport(person: person))
        case .tryToLeave, .goHome: try await session.execute(Demo.EndWorkday(person: person))
        case .attendTraining(let minutes):
            let seconds = pace.real(minutes: minutes) / .seconds(1)
            try await session.execute(Demo.AttendTraining(person: person, seconds: max(0.001, seconds)))
        case .accept(let ticket): try await session.execute(Demo.AcceptTicket(ticket: ticket, person: person))
        case .decline(let ticket, let reason):
            try await session.execute(Demo.DeclineTicket(ticket: ticket, person: person, reason: reason))
        case .resolve(let ticket, let resolution, _):
            try await session.execute(Demo.ResolveTicket(ticket: ticket, person: person, resolution: resolution))
        case .reply(let ticket, let text):
            try await session.execute(Demo.ReplyToClient(ticket: ticket, person: person, text: text))
        case .askClient(let ticket, let question):
            try await session.execute(Demo.WaitForClient(ticket: ticket, person: person, question: question))
        case .handOver(let ticket, let queue, let reason):
            try await session.execute(Demo.HandOver(ticket: ticket, queue: queue, person: person, reason: reason))
        case .complete(let ticket): try await session.execute(Demo.CompleteTicket(ticket: ticket, person: person))
        case .acceptSuggestion(let ticket, let specification):
            try await session.execute(
                Demo.AcceptSuggestion(ticket: ticket, person: person, specification: specification))
        case .declineSuggestion(let ticket, let reason):
            try await session.execute(Demo.DeclineSuggestion(ticket: ticket, person: person, reason: reason))
        case .escalate(let ticket, let severity, let summary):
            try await session.execute(
                Demo.EscalateTicket(ticket: ticket, person: person, severity: severity, summary: summary))
        case .acknowledge(let escalation):
            try await session.execute(Demo.AcknowledgeEscalation(escalation: escalation, person: person))
        case .askOwner(let escalation, let question):
            try await session.execute(Demo.AskOwner(escalation: escalation, person: person, question: question))
        case .answerDeveloper(let escalation, let text):
            try await session.execute(Demo.AnswerDeveloper(escalation: escalation, person: person, text: text))
        case .finish(let escalation, let outcome, let note):
            try await session.execute(
                Demo.FinishEscalation(escalation: escalation, person: person, outcome: outcome, note: note))
        case .confirm(let ticket): try await session.execute(Demo.ConfirmFix(ticket: ticket, person: person))
        case .sendBack(let escalation, let note):
            try await session.execute(Demo.SendBack(escalation: escalation, person: person, note: note))
        case .acknowledgeAlert(let alert):
            try await session.execute(Demo.AcknowledgeAlert(alert: alert, person: person))
        }
    }
}
