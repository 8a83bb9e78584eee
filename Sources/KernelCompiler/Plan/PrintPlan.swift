/// The plan as text: kernels, barriers, memory, weights.
public func printPlan(_ plan: Plan) -> String {
  var lines = [
    "plan \(plan.modelType) \(plan.target.name) \(plan.numerics.rawValue)",
    "signature \(plan.signature)",
    "weights \(grouped(plan.weightsBytes)) bytes",
    "page \(plan.pagePositions) positions in \(plan.cacheType.rawValue), "
      + "\(grouped(plan.pageBytes)) bytes",
    "rows at most \(plan.maximumRows), in tiles of \(plan.tiles.tokens)",
    "scratch \(grouped(plan.sharedScratchBytes)) bytes and \(grouped(plan.threadScratchBytes)) "
      + "for each thread",
    "", "kernels",
  ]
  lines += plan.functions.map(\.line)
  lines += ["", "step"]
  lines += plan.stepLines(withClock: false).split(separator: "\n").map { "  \($0)" }
  lines += ["", "weights.bin"]
  lines += plan.tensors.map { "  \($0.summary)" }
  return lines.joined(separator: "\n") + "\n"
}

extension PlannedKernel {
  fileprivate var line: String {
    let cost = cost
    var text = "  \(name) x\(cost.calls)"
    if cost.weightBytes > 0 {
      text += ", \(grouped(cost.weightBytes)) bytes, \(grouped(cost.operationsPerRow)) operations"
      text += " a row"
    }
    if cost.operationsPerPosition > 0 {
      text += ", \(grouped(cost.pageBytesPerPosition)) bytes, "
      text += "\(grouped(cost.operationsPerPosition)) operations a row and position"
    }
    return text
  }
}
