// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "mlx-compile",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "mlx-compile", targets: ["mlx-compile"]),
    .executable(name: "mlx-server", targets: ["mlx-server"]),
  ],
  dependencies: [
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // What this machine can do.
    .target(name: "Machine"),

    // What a model is.
    .target(name: "JSON"),
    .systemLibrary(
      name: "COpenSSL", path: "Sources/Libraries/COpenSSL", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .target(name: "ModelFiles", dependencies: ["JSON", "COpenSSL"]),
    .target(name: "ModelGraph", dependencies: ["ModelFiles", "JSON"]),
    .target(name: "ModelABI"),

    // Compiling it.
    .target(name: "Templates", path: "Templates", sources: ["templates.c"]),
    .target(
      name: "KernelCompiler",
      dependencies: ["ModelGraph", "ModelFiles", "ModelABI", "Templates", "Machine", "JSON"]),
    .executableTarget(
      name: "mlx-compile",
      dependencies: [
        "KernelCompiler", "Runtime", "Chat", "ModelFiles", "ModelGraph", "ModelABI", "Machine",
        "JSON",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Running it.
    .target(name: "RowLoops"),
    .target(
      name: "GenericModel", dependencies: ["ModelGraph", "ModelFiles", "ModelABI", "Machine"]),
    .target(
      name: "Runtime",
      dependencies: [
        "ModelABI", "ModelFiles", "ModelGraph", "GenericModel", "Machine", "RowLoops", "JSON",
      ]),

    // Speaking to it.
    .systemLibrary(
      name: "CPCRE2", path: "Sources/Libraries/CPCRE2", pkgConfig: "libpcre2-8",
      providers: [.apt(["libpcre2-dev"]), .brew(["pcre2"])]),
    .target(name: "Tokenizers", dependencies: ["JSON", "CPCRE2"]),
    .target(name: "Jinja", dependencies: ["JSON"]),
    .target(name: "Grammar", dependencies: ["JSON"]),
    .executableTarget(
      name: "grammar-bench", dependencies: ["Grammar", "Tokenizers", "JSON"],
      path: "Benchmarks/grammar"),
    .target(name: "Chat", dependencies: ["Tokenizers", "Jinja", "Grammar", "JSON"]),
    .target(
      name: "Page", exclude: ["index.html", "page.css", "page.js", "markdown.js"],
      sources: ["page.c"]),
    .target(
      name: "Server",
      dependencies: [
        "Chat", "Tokenizers", "Grammar", "Runtime", "ModelFiles", "Machine", "Page", "JSON",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(
      name: "mlx-server",
      dependencies: [
        "Server", "Chat", "KernelCompiler",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Measuring it.
    .executableTarget(
      name: "tokenizer-bench", dependencies: ["Tokenizers", "JSON"],
      path: "Benchmarks/tokenizer-bench"),
    .executableTarget(
      name: "sampling-bench", dependencies: ["Runtime", "ModelABI", "ModelFiles"],
      path: "Benchmarks/sampling"),

    .target(name: "TestSupport", dependencies: ["JSON"], path: "Tests/Support"),
    .testTarget(name: "MachineTests", dependencies: ["Machine"]),
    .testTarget(name: "JSONTests", dependencies: ["JSON"]),
    .testTarget(name: "ModelFilesTests", dependencies: ["ModelFiles", "JSON", "TestSupport"]),
    .testTarget(
      name: "ModelGraphTests", dependencies: ["ModelGraph", "ModelFiles", "JSON", "TestSupport"]),
    .testTarget(
      name: "KernelCompilerTests",
      dependencies: [
        "KernelCompiler", "ModelFiles", "ModelGraph", "ModelABI", "JSON", "Machine",
      ]),
    .testTarget(
      name: "GenericModelTests",
      dependencies: ["GenericModel", "ModelGraph", "ModelFiles", "ModelABI", "TestSupport"]),
    .testTarget(
      name: "RuntimeTests",
      dependencies: ["Runtime", "ModelFiles", "Machine", "JSON", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers", "TestSupport"]),
    .testTarget(
      name: "JinjaTests", dependencies: ["Jinja", "JSON", "TestSupport"], exclude: ["Fixtures"]),
    .executableTarget(
      name: "grammar-check", dependencies: ["Grammar", "JSON", "TestSupport"],
      path: "Tests/GrammarCheck"),
    .testTarget(name: "GrammarTests", dependencies: ["Grammar", "JSON", "TestSupport"]),
    .testTarget(
      name: "ChatTests", dependencies: ["Chat", "Grammar", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Server", "TestSupport", .product(name: "NIOEmbedded", package: "swift-nio"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "Conformance",
      dependencies: [
        "ModelFiles", "ModelGraph", "KernelCompiler", "GenericModel", "Runtime", "Tokenizers",
        "Jinja", "Chat", "JSON", "ModelABI", "TestSupport",
      ]),
  ]
)
