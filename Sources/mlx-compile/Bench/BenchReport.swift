import Foundation
import JSON
import ModelFiles

/// What a benchmark found, as text and as JSON.
struct BenchReport {
  let workload: Workload
  let roofline: Roofline
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

  private var bandwidth: Samples { roofline.bandwidth }

  /// Bytes per second while generating.
  func readRate(_ contestant: Contestant) -> Double {
    bytesPerStep * Samples(contestant.stepRates).median
  }

  var text: String {
    let rows = [
      row("") { $0.model.backend },
      row("load") { secondsText($0.loadSeconds) },
      row("to the first token") { contestant in
        let start = String(format: "%.0f ms", contestant.startSeconds * 1e3)
        return "\(secondsText(contestant.firstTokenSeconds)), the prompt and \(start)"
      },
      row("memory") { contestant in
        let share = contestant.plannedBytes.map { planned in
          String(format: ", %.2f of the plan", Double(contestant.residentBytes) / Double(planned))
        }
        return byteText(contestant.residentBytes) + (share ?? "")
      },
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
    var limits = [
      String(
        format: "reads %.1f (%.1f–%.1f) GB/s", bandwidth.median / 1e9, bandwidth.minimum / 1e9,
        bandwidth.maximum / 1e9)
    ]
    if roofline.int8Operations.median > 0 {
      limits.append(
        computingText(
          int8: roofline.int8Operations.median, int16: roofline.int16Operations.median,
          float: roofline.floatOperations.median, bf16: roofline.bf16Operations?.median))
    } else {
      limits.append("how much it computes is unknown without a C compiler")
    }
    return
      "prompt \(workload.prompt), generate \(workload.generate) from position \(workload.depth), "
      + "batch \(workload.batch), \(workload.threads) threads; this machine "
      + limits.joined(separator: ", ")
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
    return lines + kernelTables.flatMap(\.table.lines)
  }

  /// What kernels are timed in.
  enum Phase: String, CaseIterable {
    case generation, prompt
  }

  /// Of the first contestant's kernels, where they are known.
  func kernelTable(_ phase: Phase) -> KernelTable? {
    guard let contestant = contestants.first, let kernels = contestant.manifest?.kernels else {
      return nil
    }
    switch phase {
    case .generation:
      let title = "a generated token" + (workload.batch > 1 ? " of each sequence" : "")
      return KernelTable(title, kernels, contestant.generationProfile, roofline) { $0.steps }
    case .prompt:
      return KernelTable("the prompt", kernels, contestant.promptProfile, roofline) { _ in 1 }
    }
  }

  private var kernelTables: [(key: String, table: KernelTable)] {
    Phase.allCases.compactMap { phase in kernelTable(phase).map { (phase.rawValue, $0) } }
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
      "read_bandwidth": bandwidth.json, "roofline": roofline.json,
      "bytes_per_step": .number(bytesPerStep),
      "kernels": .object(JSONObject(kernelTables.map { (key: $0.key, value: $0.table.json) })),
      "results": .array(contestants.map(json)),
      "agreement": agreement.map { json($0.divergence) } ?? .null,
    ]
  }

  private func json(_ contestant: Contestant) -> JSON {
    [
      "name": .string(contestant.name), "backend": .string(contestant.model.backend),
      "numerics": .string(contestant.numerics), "load_seconds": .number(contestant.loadSeconds),
      "first_token_seconds": .number(contestant.firstTokenSeconds),
      "start_seconds": .number(contestant.startSeconds),
      "resident_bytes": .integer(contestant.residentBytes),
      "planned_bytes": contestant.plannedBytes.map(JSON.integer) ?? .null,
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
