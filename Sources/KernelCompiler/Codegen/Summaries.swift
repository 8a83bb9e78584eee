extension CodeWriter {
  /// The comment of a kernel: origin, what it does, formats, calls and cost.
  func summary(of kernel: PlannedKernel, _ what: String) -> String {
    let cost = kernel.cost
    var lines = ["\(origin(kernel)): \(what)."]
    let matrices = kernel.shape.matrices.map { "\($0.rows)x\($0.columns) \($0.format.label)" }
    if !matrices.isEmpty { lines.append(matrices.joined(separator: ", ") + ".") }
    lines.append(calls(kernel, cost))
    return lines.joined(separator: "\n")
  }

  private func origin(_ kernel: PlannedKernel) -> String {
    guard kernel.calls.contains(where: { $0.layer != nil }) else { return kernel.role }
    let role = kernel.role.split(separator: ".").dropFirst(2).joined(separator: ".")
    return "layers.\(ranges(kernel.calls.compactMap(\.layer))).\(role)"
  }

  private func calls(_ kernel: PlannedKernel, _ cost: KernelCost) -> String {
    var parts = [cost.calls == 1 ? "1 call a step" : "\(cost.calls) calls a step"]
    if cost.weightBytes > 0 {
      parts.append(
        "each \(grouped(cost.weightBytes / cost.calls)) bytes of weights and "
          + "\(grouped(cost.operationsPerRow / cost.calls)) operations a row")
    }
    if cost.operationsPerPosition > 0 {
      parts.append(
        "each \(grouped(cost.pageBytesPerPosition / cost.calls)) bytes and "
          + "\(grouped(cost.operationsPerPosition / cost.calls)) operations a position")
    }
    return parts.joined(separator: ", ") + "."
  }
}

/// "0-27", "0,2-5".
func ranges(_ layers: [Int]) -> String {
  var parts: [(Int, Int)] = []
  for layer in layers {
    if let last = parts.last, last.1 + 1 == layer {
      parts[parts.count - 1].1 = layer
    } else {
      parts.append((layer, layer))
    }
  }
  return parts.map { $0.0 == $0.1 ? "\($0.0)" : "\($0.0)-\($0.1)" }.joined(separator: ",")
}

/// "1,234,567".
func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return digits.indices.reduce(into: "") { text, index in
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digits[index])
  }
}

extension KernelShape {
  var matrices: [MatrixShape] {
    switch self {
    case .ropeTable, .attention: []
    case .embed(let embed): [embed.table]
    case .heads(let heads): heads.parts.map(\.matrix)
    case .gated(let gated): [gated.gate, gated.up]
    case .residual(let residual): [residual.matrix]
    case .logits(let logits): [logits.matrix]
    }
  }
}
