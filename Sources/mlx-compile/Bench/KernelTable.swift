import Foundation
import JSON
import ModelFiles

/// The contract of speed: for each kernel what it reads and computes, the least time that takes on
/// this machine, the time it took, and the share.
struct KernelTable {
  /// One kernel, or all together.
  struct Row {
    let name: String
    let calls: Int
    var bytes: Double
    var operations: Double
    var predicted: Double
    var achieved: Double

    var share: Double { achieved > 0 ? predicted / achieved : 0 }
  }

  let title: String
  let rows: [Row]
  let total: Row

  /// Figures of one unit, such as a step; `nil` where there are no kernels.
  init?(
    _ title: String, _ kernels: [BundleManifest.KernelCost], _ profile: KernelProfile,
    _ roofline: Roofline, per unit: @escaping (Passage) -> Int
  ) {
    guard let passage = profile.passages.first, !kernels.isEmpty else { return nil }
    let units = Double(max(unit(passage), 1))
    self.title = title
    rows = kernels.enumerated().map { index, kernel in
      let work = KernelWork(kernel, passage)
      return Row(
        name: kernel.name, calls: kernel.calls, bytes: work.bytes / units,
        operations: work.operations / units, predicted: roofline.seconds(work) / units,
        achieved: profile.seconds(kernel: index, per: unit))
    }
    total = rows.reduce(
      into: Row(name: "all", calls: 0, bytes: 0, operations: 0, predicted: 0, achieved: 0)
    ) { sum, row in
      sum.bytes += row.bytes
      sum.operations += row.operations
      sum.predicted += row.predicted
      sum.achieved += row.achieved
    }
  }

  var lines: [String] {
    let heading = [title, "calls", "reads", "operations", "predicted", "took", "share"]
    return [""] + table([heading] + (rows + [total]).map(cells))
  }

  private func cells(_ row: Row) -> [String] {
    [
      "  " + row.name, row.calls == 0 ? "" : "\(row.calls)", byteText(Int(row.bytes)),
      countText(Int(row.operations)), String(format: "%.3f ms", row.predicted * 1e3),
      String(format: "%.3f ms", row.achieved * 1e3),
      row.predicted > 0 ? String(format: "%.2f", row.share) : "",
    ]
  }

  var json: JSON { .array((rows + [total]).map(json)) }

  private func json(_ row: Row) -> JSON {
    [
      "name": .string(row.name), "calls": .integer(row.calls), "bytes": .number(row.bytes),
      "operations": .number(row.operations), "predicted_seconds": .number(row.predicted),
      "achieved_seconds": .number(row.achieved), "share": .number(row.share),
    ]
  }
}
