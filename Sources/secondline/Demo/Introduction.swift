import Postgres

extension Demo {
    /// What the demo prints on top: what is going on, and what to try meanwhile.
    struct Introduction {
        let program: String
        let server: ServerInfo
        let pace: Pace
        let seed: UInt64

        var text: String {
            let conninfo = [
                ("host", server.host), ("port", server.port), ("dbname", server.database), ("user", server.user),
            ].filter { !$0.1.isEmpty }.map { "\($0.0)=\(Self.value($0.1))" }.joined(separator: " ")
            let database = Self.shell(conninfo)
            let program = Self.shell(program)
            return """
                A department of \(Staff.count) people at work, \(pace.speed) times as fast: an hour of theirs takes \(seconds(60)), \
                a ticket of 75 minutes \(seconds(75)).
                Lines with a date are the daemon's log (standard error), lines with a time of day the people (standard \
                output).
                --seed \(seed) brings these tickets and people again.

                Try in another terminal:
                  psql \(database) -c 'table secondline.queue_now'
                  psql \(database) -c 'table secondline.specialist_now'
                  psql \(database) -c 'table secondline.my_escalations'
                  psql \(database) -c 'table secondline.alert_now'
                  \(program) status --watch --conninfo \(database)
                  \(program) explain 7 --conninfo \(database)
                  psql \(database) -c "select secondline.pause_queue('sql', 'trying it out')"
                Ctrl-C ends the demo; the tables keep what happened, and the next run goes on from there.


                """
        }

        private func seconds(_ minutes: Double) -> String {
            let tenths = Int((pace.real(minutes: minutes) / .milliseconds(100)).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }

        /// A value in a connection string.
        private static func value(_ text: String) -> String {
            let isPlain = text.allSatisfy { !$0.isWhitespace && $0 != "'" && $0 != "\\" }
            return isPlain ? text : "'" + text.flatMap { $0 == "'" || $0 == "\\" ? ["\\", $0] : [$0] } + "'"
        }

        /// A word of a shell's command line.
        private static func shell(_ text: String) -> String {
            let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
            return isPlain ? text : "'" + text.flatMap { $0 == "'" ? Array("'\\''") : [$0] } + "'"
        }
    }
}
