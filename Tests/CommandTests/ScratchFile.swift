import Foundation

@testable import secondline

/// A file that is gone when the test is over.
final class ScratchFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("secondline-\(UUID().uuidString)").path
    let descriptor: Int32

    init(_ bytes: [UInt8] = []) {
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL, 0o600)
        _ = FileBytes.write(bytes, to: descriptor)
        lseek(descriptor, 0, SEEK_SET)
    }

    convenience init(_ text: String) { self.init(Array(text.utf8)) }

    var text: String { String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self) }

    deinit {
        close(descriptor)
        unlink(path)
    }
}
