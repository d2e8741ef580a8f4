extension Demo {
    /// What clients of a maker of a CRM construction kit ask for, by queue.
    enum Subjects {
        static func titles(of queue: String, _ kind: String) -> [String] {
            switch (queue, kind) {
            case (_, "suggestion"): suggestions
            case (_, "bug"), (_, "system_error"): bugs
            case ("helpdesk", _): helpdesk
            case ("sql", _): sql
            case ("billing", _): billing
            case ("integrations", _): integrations
            case _: support
            }
        }

        private static let helpdesk = [
            "Where do I change my password?",
            "May we add three more users this month?",
            "The contract names our old manager",
            "How do I invite a colleague to the workspace?",
            "When is the training for new employees?",
            "Who helps us to plan the move of our data?",
            "I do not find the list of last year's deals",
        ]

        private static let suggestions = [
            "Let the card show the weather at the client's address",
            "Keyboard shortcuts for the ten most used sections",
            "Remember the last filter of every list",
            "A dark theme for the night shift",
            "Send the agenda of a meeting to all participants",
        ]

        private static let support = [
            "How do I hide a field from everybody but managers?",
            "A deal cannot be moved to the stage \"Contract signed\"",
            "Show the client's last call on the card",
            "The reminder about an overdue task comes twice",
            "Add a second phone number to the contact form",
            "Colour the rows of overdue invoices red",
            "A new employee does not see the shared calendar",
            "Import 3,000 contacts from a spreadsheet",
            "The print template loses the logo",
            "Make the field \"Source\" mandatory when a lead is created",
            "Two cards of the same client: how can they be merged?",
            "The business process stops at \"Wait for approval\"",
            "Which rights does an assistant need to send quotes?",
            "Copy a section with all its fields to another workspace",
        ]

        private static let sql = [
            "The report \"Sales by manager\" takes four minutes",
            "Totals of the funnel report differ from the list",
            "A computed column over two linked tables",
            "Clean up duplicate phone numbers in 40,000 contacts",
            "Monthly turnover per branch as one table",
            "The filter by last activity finds nothing",
            "Recalculate the balances after the import of March",
        ]

        private static let billing = [
            "The invoice shows the old company address",
            "Paid by card, but the licences are still blocked",
            "Two more users from next month: what will it cost?",
            "A credit note for the double payment",
            "Change the payer of the subscription",
        ]

        private static let integrations = [
            "Calls from the telephone system do not reach the cards",
            "The web form stopped creating leads",
            "Mail from the shared box arrives without attachments",
            "Exchange with the accounting program ends with error 401",
            "Send order states to the online shop through the API",
            "Messages of the messenger bot lose their line breaks",
        ]

        private static let bugs = [
            "Saving a card with 200 fields ends with error 500",
            "The calendar shifts events by one hour after the change to summer time",
            "A deleted field still appears in the export",
            "Search finds nothing when the query contains a hyphen",
            "Two people saving at once lose the comment of the first",
            "The mobile app closes when a photo is attached",
        ]

        static let descriptions = [
            "It happens since this morning. Steps, expected and actual result are in the attached card.",
            "The client asks for an answer today; a call at the number on the card is fine.",
            "Screenshots are attached. It worked last week.",
            "Please do it for the workspace \"Main\" first, then for the branches.",
            "Written on the Help page, from the phone.",
        ]

        static let resolutions = [
            "Explained to the client, with a link to the article.", "Set up and checked together with the client.",
            "Corrected; the client confirmed.", "Template changed, old documents were not touched.",
            "Rights corrected for the whole group.",
        ]

        static let refusals = [
            "I am in a call with another client for the next hour.", "A colleague configured this client's workspace.",
            "I have never worked with this module.",
        ]

        /// What a colleague writes in a hurry, and the regulation sends back.
        static let tooShort = "See the card."

        static let replies = [
            "I am looking into it.", "Thank you, I have it and will write today.", "I see it here too, and work on it.",
        ]

        static let questions = [
            "Which version do you see it in?", "May I log in with your account to look?",
            "Does it also happen in another browser?",
        ]

        static let answers = [
            "I have attached a recording that shows it.", "Yes; call me if that is not enough.",
            "Everything about it is on the card now.",
        ]

        static let complaints = ["It is back since this morning.", "It works for me, but not for my colleague."]

        static let reasonsToHandOver = [
            "It needs somebody who knows the settings.", "I could not solve it with the client at the telephone.",
            "Rights have to be changed on the server.",
        ]

        static let specifications = [
            "A setting per user, off by default; done when it survives a new login.",
            "In the list and on the card, for everybody with the right to edit; done when a test clicks it.",
        ]

        static let reasonsAgainst = [
            "Only one client asks for it.", "The module is replaced in spring.", "A business process does it already.",
        ]

        static let findings = [
            "The server answers with an error when two requests come at once.",
            "The form loses the field when it is saved from the phone.",
            "It began with the last update; without it all is well.",
        ]

        static let developersQuestions = [
            "Since which version?", "Can you show it in the test workspace?", "How many clients are concerned?",
        ]

        static let ownersAnswers = [
            "I have tried it with the client; the steps are on the card.",
            "See my note of this morning, with the recording.",
            "The client does not know; I have added what I found.",
        ]

        static let notDone = ["It does not work with an empty field.", "Only administrators see a difference."]

        /// What developers say to an outcome.
        static func note(_ outcome: String) -> String {
            switch outcome {
            case "fixed": "Corrected; it ships tonight."
            case "planned": "It is in the plan of the next release."
            case "not_a_bug": "It works as the documentation says, which is unclear."
            case "cannot_reproduce": "I tried it on three machines, and it works."
            case "duplicate": "The correction of the last week covers it."
            case _: "It would take weeks, and the module is replaced in spring."
            }
        }

        static let outcomes: KeyValuePairs = [
            "fixed": 6, "not_a_bug": 1, "cannot_reproduce": 1, "duplicate": 1, "wont_fix": 1,
        ]
    }
}
