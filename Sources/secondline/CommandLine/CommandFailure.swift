/// Why a command cannot go on, for the person who started it.
struct CommandFailure: Error, Equatable {
    let status: ExitStatus
    /// What is wrong, without a full stop; may have further lines.
    let message: String
    /// What to do about it.
    let advice: String?

    init(_ status: ExitStatus, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }
}
