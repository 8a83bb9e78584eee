import ArgumentParser
import KernelCompiler
import ModelFiles

/// A number of something, also written with a suffix: 4096 or 4k.
struct Count: ExpressibleByArgument {
  let value: Int

  init(_ value: Int) { self.value = value }

  init?(argument: String) {
    let factors: [Character: Int] = ["k": 1 << 10, "K": 1 << 10, "m": 1 << 20, "M": 1 << 20]
    let factor = argument.last.flatMap { factors[$0] }
    let digits = factor == nil ? argument[...] : argument.dropLast()
    guard let number = Int(digits), number >= 0 else { return nil }
    let (value, overflow) = number.multipliedReportingOverflow(by: factor ?? 1)
    guard !overflow else { return nil }
    self.value = value
  }

  var defaultValueDescription: String { String(value) }
}

extension Count {
  /// More positions than any model has, few enough for sums of bytes.
  static let positionsAtMost = 16 << 20
}

/// Refuses a number that can't be meant, before anything is loaded.
func check(_ value: Int, in range: ClosedRange<Int>, _ option: String) throws {
  guard range.contains(value) else {
    throw ValidationError(
      "\(option) is \(value), but must be between \(range.lowerBound) and \(range.upperBound).")
  }
}

extension Numerics: ExpressibleByArgument {}
extension CacheType: ExpressibleByArgument {}

extension Numerics {
  /// A bundle computes as it was compiled to.
  static func check(_ asked: Numerics?, _ bundle: ModelBundle) throws {
    guard let asked, asked.rawValue != bundle.manifest.numerics else { return }
    throw ValidationError(
      "\(bundle.path) has numerics \(bundle.manifest.numerics); compile the model with --numerics "
        + asked.rawValue)
  }
}

extension CacheType {
  /// A bundle keeps what it was compiled with.
  static func check(_ asked: CacheType?, _ bundle: ModelBundle) throws {
    guard let asked, asked.rawValue != bundle.manifest.cacheType else { return }
    throw ValidationError(
      "\(bundle.path) keeps keys and values as \(bundle.manifest.cacheType); compile the model with "
        + "--cache-type \(asked.rawValue)")
  }
}

let cacheTypeHelp = ArgumentHelp(
  "How keys and values are kept: int16, f16, or int8, which takes half of it (default: int16; f32 in "
    + "exact).")

let numericsHelp = ArgumentHelp(
  "fast multiplies by int8 activations (bfloat16 weights: by bfloat16, where the CPU can), exact "
    + "by float32.",
  discussion: """
    How far fast diverges from exact is measured when the bundle is made, and stored in it.
    """)
