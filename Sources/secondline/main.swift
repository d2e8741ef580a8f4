import Glibc

exit(await Program.secondline.run(arguments: Array(CommandLine.arguments.dropFirst())).rawValue)
