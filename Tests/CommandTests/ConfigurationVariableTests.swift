import Testing

@testable import secondline

@Suite("Channels in environment variables")
struct ConfigurationVariableTests {
    @Test("a variable overrides the key of the channel that its name is made from, and leaves the others")
    func overrides() throws {
        let text = "[channel.team-chat]\nprogram = /x\ntimeout = 1s\n[channel.team]\nprogram = /y\ntimeout = 2s"
        let channels = try loadConfiguration(
            text,
            environment: [
                "SECONDLINE_CHANNEL_TEAM_CHAT_RETRY_AT_MOST": "1h", "SECONDLINE_CHANNEL_TEAM_CHAT_TIMEOUT": "3s",
                "SECONDLINE_CHANNEL_TEAM_CHAT_PROGRAM": "/z \"a b\" # ; $X",
            ]
        ).channels
        #expect(
            channels == [
                Configuration.Channel(name: "team", program: ["/y"], timeout: .seconds(2)),
                Configuration.Channel(
                    name: "team-chat", program: ["/z", "a b", "#", ";", "$X"], timeout: .seconds(3),
                    retryAtMost: .seconds(3600)),
            ])
    }

    @Test("variables alone make a channel, named in small letters")
    func newChannel() throws {
        let environment = [
            "SECONDLINE_CHANNEL_TEAM_CHAT_CONCURRENCY": "7", "SECONDLINE_CHANNEL_TEAM_CHAT_PROGRAM": "/x",
        ]
        #expect(
            try loadConfiguration("", environment: environment).channels
                == [Configuration.Channel(name: "team_chat", program: ["/x"], concurrency: 7)])
    }

    @Test("a section may leave its program to a variable")
    func programByVariable() throws {
        let channels = try loadConfiguration("[channel.a]", environment: ["SECONDLINE_CHANNEL_A_PROGRAM": "/x"])
            .channels
        #expect(channels == [Configuration.Channel(name: "a", program: ["/x"])])
    }

    @Test("a channel made by a variable without a program is told with what is missing, and what may have been meant")
    func noProgram() throws {
        #expect(
            try configurationMistakes(
                "[channel.mail]\nprogram = /x", environment: ["SECONDLINE_CHANNEL_MIAL_RATE": "5/s"]) == [
                    "SECONDLINE_CHANNEL_MIAL_RATE: channel mial has no program: set SECONDLINE_CHANNEL_MIAL_PROGRAM; "
                        + "did you mean mail?"
                ])
    }

    @Test(
        "a variable of no key is told, with what was meant",
        arguments: [
            ("SECONDLINE_CHANNEL_MAIL_PROGRAMM", "; did you mean SECONDLINE_CHANNEL_MAIL_PROGRAM?"),
            ("SECONDLINE_CHANNEL_mail_PROGRAM", "; did you mean SECONDLINE_CHANNEL_MAIL_PROGRAM?"),
            ("SECONDLINE_CHANNEL_TEAM-CHAT_RATE", "; did you mean SECONDLINE_CHANNEL_TEAM_CHAT_RATE?"),
            ("SECONDLINE_CHANNEL_A_B_RETRY_ATMOST", "; did you mean SECONDLINE_CHANNEL_A_B_RETRY_AT_MOST?"),
            ("SECONDLINE_DELIVERY_LEESE", "; did you mean SECONDLINE_DELIVERY_LEASE?"),
            ("SECONDLINE_CHANNEL__RATE", ""), ("SECONDLINE_CHANNEL_RATE", ""), ("SECONDLINE_CHANNEL_MAIL", ""),
        ])
    func unknown(_ variable: String, _ clause: String) throws {
        #expect(
            try configurationMistakes("", environment: [variable: "1"]) == [
                "\(variable): there is no such setting\(clause)"
            ])
    }

    @Test("a name that will not do for a channel is told once, at the first of its variables")
    func badName() throws {
        let environment = ["SECONDLINE_CHANNEL_1_RATE": "5/s", "SECONDLINE_CHANNEL_1_PROGRAM": "/x"]
        #expect(
            try configurationMistakes("", environment: environment) == [
                "SECONDLINE_CHANNEL_1_PROGRAM: \"1\" is not a name for a channel: "
                    + "1 to 63 of a-z, 0-9, _ and -, the first a letter"
            ])
    }

    @Test("pauses that contradict each other across file and environment are told at the longest")
    func pauses() throws {
        let text = "[channel.a]\nprogram = /x\nretry_at_most = 1min"
        #expect(
            try configurationMistakes(text, environment: ["SECONDLINE_CHANNEL_A_RETRY_AFTER": "2min"])
                == ["file:3: retry_at_most of [channel.a], 1min, is below its retry_after, 2min"])
        #expect(
            try loadConfiguration(text, environment: ["SECONDLINE_CHANNEL_A_RETRY_AFTER": "1min"]).channels.count == 1)
    }

    /// Names that end like a key, begin like one, or are one.
    private static let names = [
        "a", "rate", "retry", "retry_after", "from-rate", "a_retry_at_most", "x-environment-program", "channel",
    ]

    @Test("whatever the name of a channel, each key has a variable that finds it", arguments: names)
    func everyName(_ name: String) throws {
        let channel = Configuration.Channel(name: name)
        let section = ConfigurationSection.channel(name)
        for key in section.keys {
            let variable = section.variable(of: key)
            let found = try #require(ConfigurationVariable(variable, among: [channel]), "\(variable)")
            #expect(found.section == section && found.key.name == key.name, "\(variable)")
        }
    }
}
