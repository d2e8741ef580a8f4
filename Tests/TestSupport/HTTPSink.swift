package import Foundation

/// A web server that keeps every request, and answers as the last part of the path says: `/200`, `/204`, `/301`
/// (to `/200`), any other status from 400 on; `/long` (200 and 100,000 bytes); `/hang` (no answer, the connection stays),
/// `/drop` (no answer, the connection is closed), `/half` (200 and half of the body).
package final class HTTPSink: Sendable {
    package struct Request: Sendable, Decodable {
        package let method: String
        package let path: String
        /// Their names are in lower case.
        package let headers: [String: String]
        package fileprivate(set) var body = Data()

        private enum CodingKeys: String, CodingKey { case method, path, headers }
    }

    private let peer: PythonPeer

    package init() throws { peer = try PythonPeer(script) }

    package func url(_ path: String) -> String { "http://127.0.0.1:\(peer.port)\(path)" }

    /// Also when the sink is let go.
    package func stop() { peer.stop() }

    /// What has been received up to now, in order.
    package func requests() throws -> [Request] {
        try peer.files(".json").map { description in
            var request = try JSONDecoder().decode(Request.self, from: Data(contentsOf: description))
            request.body = try Data(contentsOf: description.deletingPathExtension().appendingPathExtension("body"))
            return request
        }
    }

    /// Waits until so many requests have come.
    package func received(_ count: Int) async throws -> [Request] {
        while true {
            let requests = try requests()
            if requests.count >= count { return requests }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

private let script = """
    import http.server


    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            keep({"method": self.command, "path": self.path, "headers": headers}, body)
            self.close_connection = True
            wish = self.path.rsplit("/", 1)[1]
            if wish == "hang":
                threading.Event().wait()
            elif wish == "drop":
                pass
            elif wish == "half":
                self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 100\\r\\n\\r\\n" + 50 * b"x")
            elif wish == "long":
                self.say(200, "Первая строка\\r\\n\\0вторая ".encode() + 100_000 * b"x")
            else:
                self.say(int(wish), b"" if wish == "204" else b"answer %s\\n" % wish.encode())

        def say(self, status, body):
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            if status == 301:
                self.send_header("Location", "/200")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *arguments):
            pass


    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    announce(server.server_address[1])
    server.serve_forever()
    """
