/// What the process reports to its caller, by the numbers of sysexits.h.
enum ExitStatus: Int32, Sendable {
    case ok = 0
    /// The command worked and its answer is no, such as a check that found something wrong.
    case failure = 1
    case usage = 64
    case dataError = 65
    case noInput = 66
    case noUser = 67
    case unavailable = 69
    case software = 70
    case osError = 71
    case osFile = 72
    case cannotCreate = 73
    case ioError = 74
    case temporaryFailure = 75
    case protocolError = 76
    case noPermission = 77
    case configuration = 78
}
