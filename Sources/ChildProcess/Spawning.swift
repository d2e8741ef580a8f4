import CSpawn
import Glibc

extension ChildProgram {
    /// Starts it on these two descriptors. Throws `EINVAL` for words that cannot be passed on as they are.
    func spawn(input: borrowing Descriptor, output: borrowing Descriptor) throws(SystemFault) -> pid_t {
        let arguments = try CStrings([path] + arguments)
        // An empty name or one with a = would be another variable than the one that was meant.
        guard path.hasPrefix("/"), environment.keys.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "=")) })
        else { throw SystemFault(code: EINVAL) }
        let environment = try CStrings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        var child: pid_t = 0
        let fault = child_spawn(&child, path, arguments.pointers, environment.pointers, input.raw, output.raw)
        guard fault == 0 else { throw SystemFault(code: fault) }
        return child
    }
}

/// A null-terminated array of C strings.
private struct CStrings: ~Copyable {
    private(set) var pointers: [UnsafeMutablePointer<CChar>?] = []

    init(_ words: [String]) throws(SystemFault) {
        // A NUL would cut the word short.
        guard words.allSatisfy({ !$0.utf8.contains(0) }) else { throw SystemFault(code: EINVAL) }
        for word in words {
            guard let copy = strdup(word) else { throw SystemFault(code: ENOMEM) }
            pointers.append(copy)
        }
        pointers.append(nil)
    }

    deinit { for pointer in pointers { free(pointer) } }
}
