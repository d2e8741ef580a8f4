/// The page secondline.conf(5), made from the keys as the example file is.
struct ConfigurationManual {
    let version: String

    var text: String {
        var page = Roff("secondline.conf", section: 5, version: version)
        page.section("NAME")
        page.paragraph(.plain("secondline.conf - configuration of secondline"))
        page.section("SYNOPSIS")
        page.paragraph(.bold(ConfigurationFile.defaultPath))
        page.section("DESCRIPTION")
        page.prose(
            """
            Sections in brackets, with a line for each key: key = value. What is not set has its default; an unknown key is a \
            mistake, and all mistakes are told at once.
            """)
        page.prose(ConfigurationExample.syntax.joined(separator: " "))
        for section in ConfigurationKey.sections {
            page.section("[\(section)]")
            if section == ConfigurationSection.anyChannel { page.prose(ConfigurationExample.channels) }
            for key in ConfigurationKey.all where key.section == section {
                let standard = key.defaultText.isEmpty ? "" : "; default \(key.defaultText)"
                page.term([.bold(key.name)], "\(key.summary) (\(key.accepts)\(standard))")
            }
        }
        page.section("SEE ALSO")
        page.paragraph(.bold("secondline"), .plain("(1)"))
        return page.text
    }
}
