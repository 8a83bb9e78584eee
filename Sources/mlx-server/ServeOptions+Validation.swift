import ArgumentParser
import Foundation
import KernelCompiler
import Server

extension ServeOptions {
  /// Refuses what can't be meant, before anything is loaded.
  func validate() throws {
    try Self.refuse(model.isEmpty, "--model needs a bundle, a model folder or a hub id")
    try Self.refuse(draftModel == "", "--draft-model needs a bundle, a model folder or a hub id")
    try Self.refuse(host.isEmpty, "--host needs a name or an address")
    try Self.refuse(apiKeyFile == "", "--api-key-file needs the path of a file")
    try Self.check(port, in: 0...65535, "--port")
    try Self.check(threads ?? 1, in: 1...1024, "--threads")
    try Self.check(parallel, in: 1...256, "--parallel")
    try Self.check(grace, in: 0...3600, "--grace")
    for origin in corsOrigin {
      try Self.refuse(
        !OriginPolicy.isOrigin(origin),
        "--cors-origin \(origin) isn't an origin: it is written https://chat.example.com, with a "
          + "port where there is one, and no path")
    }
    if let cacheType {
      _ = try CacheType.chosen(cacheType, numerics ?? .fast)
      try Self.refuse(
        backend == .generic,
        "--cache-type is for compiled models; the generic backend keeps f32")
    }
  }

  private static func check(_ value: Int, in range: ClosedRange<Int>, _ option: String) throws {
    try refuse(
      !range.contains(value),
      "\(option) must be between \(range.lowerBound) and \(range.upperBound)")
  }

  private static func refuse(_ isWrong: Bool, _ sentence: String) throws {
    if isWrong { throw ValidationError(sentence) }
  }
}
