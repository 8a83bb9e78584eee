import Foundation
import JSON
import ModelFiles

/// What a benchmark found, as text and as JSON.
struct BenchReport {
  let workload: Workload
  /// Bytes per second.
  let bandwidth: Samples
  let contestants: [Contestant]
  let agreement: Agreement?

  /// Bytes that a generated token makes the machine read, weights and cache; the first contestant's
  /// count for all, so that the shares compare times and nothing else.
  var bytesPerStep: Double {
    guard let manifest = contestants.first?.manifest else { return 0 }
    let weights = manifest.kernels.reduce(0) { $0 + $1.weightBytes }
    let cache = manifest.kernels.reduce(0) { $0 + $1.pageBytesPerPosition }
    let read = weights > 0 ? weights : manifest.sizes.weightsBytes
    return Double(read + cache * workload.meanDepth * workload.batch)
  }

  /// Bytes per second while generating.
  func readRate(_ contestant: Contestant) -> Double {
    bytesPerStep * Samples(contestant.stepRates).median
  }

  var text: String {
    let rows = [
      row("") { $0.model.backend },
      row("load") { secondsText($0.loadSeconds) },
      row("to the first token") { secondsText($0.firstTokenSeconds) },
      row("memory") { byteText($0.residentBytes) },
      row("prompt, tokens/s") { spread($0.promptRates) },
      row("generation, tokens/s") { spread($0.generationRates) },
      row("read while generating") { contestant in
        let share = readRate(contestant) / bandwidth.median * 100
        return String(format: "%.1f GB/s, %.0f%%", readRate(contestant) / 1e9, share)
      },
      row("numerics") { $0.numerics },
    ]
    return ([heading] + table(rows) + notes).joined(separator: "\n")
  }

  private func row(_ name: String, _ cell: (Contestant) -> String) -> [String] {
    [name] + contestants.map(cell)
  }

  private var heading: String {
    let limits = String(
      format: "%.1f (%.1f–%.1f) GB/s", bandwidth.median / 1e9, bandwidth.minimum / 1e9,
      bandwidth.maximum / 1e9)
    return
      "prompt \(workload.prompt), generate \(workload.generate) from position \(workload.depth), batch \(workload.batch), "
      + "\(workload.threads) threads; this machine reads \(limits)"
  }

  private var notes: [String] {
    var lines: [String] = []
    if contestants.count > 1 {
      let ratio = { (rates: (Contestant) -> [Double]) in
        Samples(rates(contestants[0])).median / max(Samples(rates(contestants[1])).median, 1e-9)
      }
      lines.append(
        String(
          format: "%@ to %@: prompt %.2f times, generation %.2f times as fast",
          contestants[0].name, contestants[1].name, ratio(\.promptRates),
          ratio(\.generationRates)))
    }
    for contestant in contestants {
      guard let divergence = contestant.manifest?.divergence else { continue }
      lines.append("\(contestant.name), \(contestant.numerics): " + divergenceText(divergence))
    }
    if let agreement {
      lines.append(
        "on 32 tokens the first "
          + divergenceText(agreement.divergence).replacing("from exact", with: "from the second"))
    }
    return lines + kernelNotes
  }

  /// What each kernel should take at the measured bandwidth, and what all of them took.
  private var kernelNotes: [String] {
    guard let contestant = contestants.first, let kernels = contestant.manifest?.kernels,
      !kernels.isEmpty
    else { return [] }
    let depth = workload.meanDepth * workload.batch
    let rows = kernels.map { kernel in
      let bytes = kernel.weightBytes + kernel.pageBytesPerPosition * depth
      return [
        kernel.name, "\(kernel.calls)", byteText(bytes),
        String(format: "%.3f ms", Double(bytes) / bandwidth.median * 1e3),
      ]
    }
    let achieved = 1e3 / max(Samples(contestant.stepRates).median, 1e-9)
    let total = [
      "all", "", byteText(Int(bytesPerStep)),
      String(format: "%.3f ms, took %.3f ms", bytesPerStep / bandwidth.median * 1e3, achieved),
    ]
    return [""] + table([["kernel", "calls", "reads", "at full bandwidth"]] + rows + [total])
  }

  private func spread(_ values: [Double]) -> String {
    let samples = Samples(values)
    return String(
      format: "%.1f (%.1f–%.1f)", samples.median, samples.minimum, samples.maximum)
  }
}

extension BenchReport {
  var json: JSON {
    [
      "prompt": .integer(workload.prompt), "generate": .integer(workload.generate),
      "depth": .integer(workload.depth), "batch": .integer(workload.batch),
      "threads": .integer(workload.threads),
      "read_bandwidth": bandwidth.json, "bytes_per_step": .number(bytesPerStep),
      "results": .array(contestants.map(json)),
      "agreement": agreement.map { json($0.divergence) } ?? .null,
    ]
  }

  private func json(_ contestant: Contestant) -> JSON {
    [
      "name": .string(contestant.name), "backend": .string(contestant.model.backend),
      "numerics": .string(contestant.numerics), "load_seconds": .number(contestant.loadSeconds),
      "first_token_seconds": .number(contestant.firstTokenSeconds),
      "resident_bytes": .integer(contestant.residentBytes),
      "prompt_tokens_per_second": Samples(contestant.promptRates).json,
      "generation_tokens_per_second": Samples(contestant.generationRates).json,
      "bytes_read_per_second": .number(readRate(contestant)),
      "share_of_bandwidth": .number(readRate(contestant) / bandwidth.median),
      "divergence": contestant.manifest?.divergence.map(json) ?? .null,
    ]
  }

  private func json(_ divergence: BundleManifest.Divergence) -> JSON {
    [
      "mean_kl": .number(divergence.meanKL), "maximum_kl": .number(divergence.maximumKL),
      "top1_agreement": .number(divergence.top1Agreement),
    ]
  }
}
