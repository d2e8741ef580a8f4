import ChildProcess
import Foundation
import Glibc

extension ChildProgram {
    /// This script, with these as `$1` and so on.
    static func shell(_ script: String, _ arguments: String..., environment: [String: String] = [:]) -> ChildProgram {
        ChildProgram(path: "/bin/sh", arguments: ["-c", script, "sh"] + arguments, environment: environment)
    }

    /// With a limit that only a broken test meets.
    func run(_ input: [UInt8] = []) async -> ChildEnd { await run(input: input, timeLimit: .seconds(300)) }
}

extension ChildEnd {
    var text: String { String(decoding: output, as: UTF8.self) }
}

/// A directory that is gone when the test is over.
final class ScratchDirectory {
    let path = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)").path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A file in it, and its path.
    func file(_ name: String, _ text: String, mode: mode_t) throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        chmod(file, mode)
        return file
    }

    /// A pipe with a name. Reading from it to its end waits until nobody has it open any more.
    func fifo(_ name: String) -> String {
        let file = "\(path)/\(name)"
        mkfifo(file, 0o600)
        return file
    }
}

/// All that a file or fifo has, read on a thread of Dispatch.
func contents(of path: String) async -> String {
    await withCheckedContinuation { done in
        DispatchQueue(label: "contents").async {
            let file = FileHandle(forReadingAtPath: path)
            let bytes = file?.readDataToEndOfFile() ?? Data()
            try? file?.close()
            done.resume(returning: String(decoding: bytes, as: UTF8.self))
        }
    }
}

/// Waits until the threads of the runs so far are gone, and with them all that they held: a run returns a little before.
func settle() async {
    func isAtWork() -> Bool {
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return tasks.contains { task in
            (try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)) == "child program\n"
        }
    }
    while isAtWork() { await Task.yield() }
}
