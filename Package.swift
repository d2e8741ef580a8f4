// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "secondline",
    products: [
        .executable(name: "secondline", targets: ["secondline"]),
        // preloaded into daemons by the fault harness
        .library(name: "ClockShift", type: .dynamic, targets: ["CClockShift"]),
    ],
    targets: [
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .target(name: "CSchema"),
        .target(name: "Postgres", dependencies: ["CPostgreSQL"], swiftSettings: strict),
        .target(name: "Policy", swiftSettings: strict),
        .target(name: "Store", dependencies: ["Postgres", "Policy", "CSchema"], swiftSettings: strict),
        .target(name: "CSpawn"),
        .target(name: "ChildProcess", dependencies: ["CSpawn"], swiftSettings: strict),
        .target(name: "Daemon", dependencies: ["Store", "Policy", "Postgres", "ChildProcess"], swiftSettings: strict),
        .executableTarget(
            name: "secondline", dependencies: ["Daemon", "Store", "Policy", "Postgres", "ChildProcess"],
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Postgres", "Policy", "Store", "Daemon"],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "ChildProcessTests", dependencies: ["ChildProcess", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "PolicyTests", dependencies: ["Policy", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "StoreTests", dependencies: ["Store", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "DaemonTests", dependencies: ["Daemon", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "CommandTests", dependencies: ["secondline", "TestSupport"], swiftSettings: strict),
        .target(name: "CClockShift", path: "Tests/CClockShift"),
        .testTarget(name: "FaultTests", dependencies: ["secondline", "TestSupport"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
