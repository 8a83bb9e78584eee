import Foundation
import ModelFiles

/// "335 MB": powers of ten, as bandwidths are given.
func byteText(_ bytes: Int) -> String {
  let units = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
  for (unit, size) in units where Double(bytes) >= size {
    let value = Double(bytes) / size
    return String(format: value < 10 ? "%.2f \(unit)" : "%.0f \(unit)", value)
  }
  return "\(bytes) bytes"
}

/// "12 ms", "1.4 s".
func secondsText(_ seconds: Double) -> String {
  if seconds < 0.001 { return String(format: "%.2f ms", seconds * 1e3) }
  return seconds < 1
    ? String(format: "%.0f ms", seconds * 1e3) : String(format: "%.1f s", seconds)
}

/// How near a bundle comes to what the machine that it was measured on can do, in words.
func speedText(_ speed: BundleManifest.Speed) -> String {
  String(
    format: "generates %.1f tokens/s, %.2f of the limit; reads %.1f, %.2f of it; %d thread%@",
    speed.generation.tokensPerSecond, speed.generation.share, speed.prompt.tokensPerSecond,
    speed.prompt.share, speed.threads, speed.threads == 1 ? "" : "s")
}

/// What a machine computes at most, in words; all in operations per second.
func computingText(int8: Double, int16: Double?, float: Double, bf16: Double?) -> String {
  let rates = [("int8", int8), ("int16", int16), ("float", float), ("bf16", bf16)]
  let texts = rates.compactMap { name, rate in
    rate.map { String(format: "%.0f %@", $0 / 1e9, name) }
  }
  return "computes \(texts.dropLast().joined(separator: ", ")) and \(texts[texts.count - 1]) Gop/s"
}

/// How far fast numerics are from exact ones, in words.
func divergenceText(_ divergence: BundleManifest.Divergence) -> String {
  String(
    format: "diverges from exact by %.5f nats on average, %.5f at most; %.1f%% of top tokens agree",
    divergence.meanKL, divergence.maximumKL, divergence.top1Agreement * 100)
}
