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

    /// What they mean, as the man page and the README have it.
    static let documented: [([ExitStatus], String)] = [
        ([.ok], "done; also after SIGTERM"),
        ([.failure], "something is a fault by now, says check --deep; its warnings leave 0"),
        ([.usage], "a mistake on the command line"),
        ([.dataError], "the data is refused: rejected rows of an import, an error of class SL, 22 or 23"),
        ([.noInput, .cannotCreate, .ioError], "a file cannot be opened, or made; reading or writing failed"),
        ([.unavailable], "no server, or it does not answer"),
        ([.software], "a fault of the program: please report the line"),
        ([.temporaryFailure], "try again: a lock or a serialisation failure; a newer schema, for the daemon"),
        ([.noPermission], "the login or the file's rights do not suffice"),
        ([.configuration], "configuration or schema"),
    ]
}
