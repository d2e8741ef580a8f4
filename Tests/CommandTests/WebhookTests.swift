import Foundation
import TestSupport
import Testing

@Suite("deploy/webhook")
struct WebhookTests {
    private static let program =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/webhook").standardized.path
    private static let key = "0b8f9a52-6c1d-4f0e-9d3c-2a7e5b1c4d66"

    private let sink: HTTPSink

    init() throws { sink = try HTTPSink() }

    /// A message as the daemon writes it: one line.
    private static func message(
        subject: String = "Ticket 16 is yours", text: String = "Colour the rows red", address: String = "#support"
    ) throws -> Data {
        func json(_ value: String) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        let line = """
            {"message_id":1,"idempotency_key":"\(key)","attempt":1,"kind":"ticket.offered",\
            "to":{"name":"Anna","address":\(try json(address)),"locale":"en"},\
            "subject":\(try json(subject)),"text":\(try json(text)),"data":{"ticket_id":16}}
            """
        return Data(line.utf8)
    }

    private struct Chat: Decodable, Equatable {
        let text: String
        let channel: String?
    }

    /// Runs it with an environment of nothing but the URL and what is given.
    private func post(
        _ message: Data, to path: String = "/200", _ arguments: [String] = [], environment: [String: String] = [:]
    ) async throws -> (status: Int32, output: String, errors: String) {
        let given = ["WEBHOOK_URL": sink.url(path)].merging(environment) { $1 }
        return try await ShortProcess(Self.program, arguments, environment: given, input: message).end()
    }

    private func chat(_ message: Data) async throws -> Chat? {
        let ended = try await post(message, ["--chat"])
        #expect(ended.status == 0, "\(ended.errors)")
        return try sink.requests().last.map { try JSONDecoder().decode(Chat.self, from: $0.body) }
    }

    @Test("posts the whole object, byte for byte, with the message's key")
    func wholeObject() async throws {
        let message = try Self.message(subject: "Заявка 16 — ваша", text: "Покрасить «просроченные» счета 🟥")
        let ended = try await post(message + Data("\n".utf8), to: "/hooks/a%20b?c=[d]{e}&f=$HOME/200")
        #expect(ended.status == 0)
        #expect(ended.output.isEmpty)
        #expect(ended.errors == "webhook: HTTP 200: answer 200\n")
        let requests = try sink.requests()
        #expect(requests.count == 1)
        let request = try #require(requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/hooks/a%20b?c=[d]{e}&f=$HOME/200")
        #expect(request.body == message)
        #expect(request.headers["idempotency-key"] == Self.key)
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["expect"] == nil)
    }

    @Test(
        "the status of the answer decides",
        arguments: [
            ("/200", 0), ("/201", 0), ("/204", 0), ("/301", 75), ("/400", 65), ("/401", 65), ("/404", 65), ("/408", 75),
            ("/410", 65), ("/413", 65), ("/425", 75), ("/429", 75), ("/500", 75), ("/503", 75),
        ])
    func statuses(path: String, status: Int32) async throws {
        let ended = try await post(Self.message(), to: path)
        #expect(ended.status == status)
        #expect(ended.errors.contains("HTTP \(path.dropFirst())"))
        // No redirect is followed, and nothing is tried twice.
        #expect(try sink.requests().map(\.path) == [path])
    }

    @Test("no whole answer in time is to be tried again", arguments: ["/hang", "/drop", "/half"])
    func noAnswer(path: String) async throws {
        let ended = try await post(Self.message(), to: path, environment: ["WEBHOOK_TIMEOUT": "0.5"])
        #expect(ended.status == 75)
        #expect(ended.errors.contains(path == "/half" ? "incomplete: HTTP 200" : "no answer"))
    }

    @Test("a port where nobody listens, and a name that nobody has, are to be tried again")
    func nobody() async throws {
        let closed = "127.0.0.1:\(try freePort())"
        for url in ["http://\(closed)/200", "https://\(closed)/", "http://no.invalid/"] {
            let ended = try await post(Self.message(), environment: ["WEBHOOK_URL": url, "WEBHOOK_TIMEOUT": "5"])
            #expect(ended.status == 75)
            #expect(ended.errors.contains("no answer"))
        }
    }

    @Test("a server without TLS behind an https URL is to be tried again")
    func noTLS() async throws {
        let url = sink.url("/200").replacing("http:", with: "https:")
        let ended = try await post(Self.message(), environment: ["WEBHOOK_URL": url])
        #expect(ended.status == 75)
        #expect(try sink.requests().isEmpty)
    }

    @Test("says the beginning of a long answer, on one line")
    func longAnswer() async throws {
        let ended = try await post(Self.message(), to: "/long")
        #expect(ended.status == 0)
        let start = "Первая строка  вторая "
        let rest = String(repeating: "x", count: 200 - start.count)
        #expect(ended.errors == "webhook: HTTP 200: \(start)\(rest)\n")
    }

    static let hostile = [
        "$(reboot)", "`reboot`", "@/etc/passwd", "-K/etc/passwd", "--data=x", "\"}, \"channel\": \"#other\", {\"",
        "a\r\nX-Evil: 1\r\n\r\nPOST /500", "\u{0}\u{1}\u{1b}[2J\u{7f}", "%s%n", "\\(env)", "'; reboot; '", "${IFS}",
        "\",\"idempotency_key\":\"other\",\"", "url = \"http://other/\"", "&amp;", "",
    ]

    @Test("nothing in a message is more than text", arguments: hostile)
    func hostileTexts(text: String) async throws {
        let message = try Self.message(subject: text, text: text, address: text)
        let ended = try await post(message)
        #expect(ended.status == 0)
        let request = try #require(try sink.requests().last)
        #expect(request.body == message)
        #expect(request.headers["idempotency-key"] == Self.key)
        #expect(request.headers["x-evil"] == nil)

        let escaped = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        let posted = try await chat(try Self.message(subject: text, text: text))
        #expect(posted == Chat(text: "\(escaped)\n\(escaped)", channel: "#support"))
        #expect(try sink.requests().count == 2)
    }

    @Test("a megabyte arrives whole, and a chat gets its beginning")
    func megabyte() async throws {
        let text = String(repeating: "Ж\"<\n", count: 200_000)
        let message = try Self.message(text: text)
        #expect(message.count > 1_000_000)
        #expect(try await post(message).status == 0)
        #expect(try sink.requests().last?.body == message)

        let posted = try #require(try await chat(message))
        #expect(posted.text.hasSuffix("Ж\"&lt;\n…"))
        #expect(posted.text.count < 40_000)
    }

    @Test("a chat gets subject and text, in the channel that the address names")
    func chat() async throws {
        let posted = try await chat(try Self.message(subject: "Заявка 16", text: "Цвет 🟥", address: "@anna"))
        #expect(posted == Chat(text: "Заявка 16\nЦвет 🟥", channel: "@anna"))
        let unnamed = try await chat(try Self.message(subject: "a", text: "b", address: "-"))
        #expect(unnamed == Chat(text: "a\nb", channel: nil))
    }

    @Test("a text calls nobody in a chat")
    func callsNobody() async throws {
        let posted = try await chat(try Self.message(subject: "<!channel> & @ALL", text: "@here, anna@example.org"))
        #expect(posted?.text == "&lt;!channel&gt; &amp; @\u{200b}ALL\n@\u{200b}here, anna@example.org")
    }

    @Test(
        "an address that is no channel of a chat is refused, and never called",
        arguments: ["https://hooks.example.org/1", "support", "-x", "# a", "#", "#a\n-", "@a b", ""])
    func noChannel(address: String) async throws {
        let ended = try await post(Self.message(address: address), ["--chat"])
        #expect(ended.status == 67)
        #expect(ended.errors.contains("no channel"))
        #expect(try sink.requests().isEmpty)
    }

    @Test("the URL is in no command line")
    func secretURL() async throws {
        let environment = ["WEBHOOK_URL": sink.url("/secret-4711/hang")]
        let running = try ShortProcess(Self.program, environment: environment, input: Self.message())
        _ = try await sink.received(1)
        let commands = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
            .compactMap { FileManager.default.contents(atPath: "/proc/\($0)/cmdline") }
            .map { String(decoding: $0, as: UTF8.self) }
        #expect(commands.contains { $0.hasPrefix("curl\0") })
        #expect(!commands.contains { $0.contains("secret-4711") })
        sink.stop()
        let ended = await running.end()
        #expect(ended.status == 75)
        #expect(!ended.errors.contains("secret-4711"))
    }

    @Test("a missing program is named")
    func missingPrograms() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "secondline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let environment = ["PATH": directory.path]
        let bare = try await post(Self.message(), environment: environment)
        #expect(bare.status == 69)
        #expect(bare.errors == "webhook: curl is not installed\n")
        for name in ["curl", "cat", "tail", "tr"] {
            let link = directory.appending(path: name)
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: URL(filePath: "/usr/bin/\(name)"))
        }
        #expect(try await post(Self.message(), environment: environment).status == 0)
        let chat = try await post(Self.message(), ["--chat"], environment: environment)
        #expect(chat.status == 69)
        #expect(chat.errors == "webhook: jq is not installed: --chat needs it\n")
    }

    @Test(
        "a URL that is none of the web's is a mistake of the configuration",
        arguments: [
            "", "example.org/hook", "file:///etc/passwd", "ftp://example.org/", "http://", "http://example.org/a b",
            "http://example.org/\"\nupload-file = \"/etc/passwd", "http://example.org/\\",
        ])
    func badURL(url: String) async throws {
        let ended = try await post(Self.message(), environment: ["WEBHOOK_URL": url])
        #expect(ended.status == 78)
        #expect(ended.errors.hasPrefix("webhook: WEBHOOK_URL is not"))
    }

    @Test("so is a file of a URL that has none", arguments: ["", "\n", "http://example.org/\0hush", "\0"])
    func badURLFile(text: String) async throws {
        let file = ScratchFile(text)
        let ended = try await post(Self.message(), environment: ["WEBHOOK_URL": "", "WEBHOOK_URL_FILE": file.path])
        #expect(ended.status == 78)
        let isEmpty = text.first?.isNewline != false
        #expect(
            ended.errors
                == "webhook: WEBHOOK_URL\(isEmpty ? "_FILE has nothing in its first line" : " is not an http or https URL")\n"
        )
    }

    @Test("so is a limit that is none", arguments: ["0", "0.0", "-1", "1h", "", "99999"])
    func badLimit(limit: String) async throws {
        let ended = try await post(Self.message(), environment: ["WEBHOOK_TIMEOUT": limit])
        #expect(ended.status == (limit.isEmpty ? 0 : 78))
    }

    @Test("so is input that is no message", arguments: ["", "To: anna@example.org\n\nHello", "{}", "{\"to\":"])
    func noMessage(input: String) async throws {
        for arguments in [[], ["--chat"]] {
            let ended = try await post(Data(input.utf8), arguments)
            #expect(ended.status == 78)
            #expect(ended.errors.contains("is the channel's format json?"))
        }
        #expect(try sink.requests().isEmpty)
    }

    @Test("a mistake on the command line is explained")
    func commandLine() async throws {
        let mistaken = try await post(Self.message(), ["--chta"])
        #expect(mistaken.status == 64)
        #expect(mistaken.errors.contains("Usage: webhook"))
        let help = try await post(Data(), ["--help"])
        #expect(help.status == 0)
        #expect(help.output.contains("WEBHOOK_URL"))
    }
}
