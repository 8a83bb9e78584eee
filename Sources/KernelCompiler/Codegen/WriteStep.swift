extension Plan {
  /// One table of calls for each kernel.
  var callTables: String {
    functions.map { kernel in
      let rows = kernel.calls.map { "    {.weights = \($0.weights), .cache = \($0.cache)},\n" }
      return "static const struct call \(kernel.name)_calls[] = {\n\(rows.joined())};"
    }.joined(separator: "\n")
  }

  /// "KERNEL_EMBED, KERNEL_ATTENTION, …": the functions in the order of `kernels`.
  var kernelNames: String { functions.map(\.constant).joined(separator: ", ") }

  /// The statements of a step: layers that call the same kernels in turn become a loop.
  var stepLines: String { stepLines(withClock: true) }

  /// The same; without the clock, what is computed alone.
  func stepLines(withClock: Bool) -> String {
    var lines: [String] = []
    var index = 0
    while index < schedule.count {
      guard let layer = schedule[index].layer else {
        lines += statements(schedule[index], "\(schedule[index].call)", withClock)
        index += 1
        continue
      }
      let body = schedule[index...].prefix { $0.layer == layer }
      let count = repeats(of: body)
      if count == 1 {
        lines.append("// layer \(layer)")
        for call in body { lines += statements(call, "\(call.call)", withClock) }
      } else {
        lines.append("for (int layer = 0; layer < \(count); layer++) {")
        for (place, call) in body.enumerated() {
          let first = call.call == 0 ? "layer" : "\(call.call) + layer"
          lines += statements(call, first, withClock).map { "    " + $0 }
          let last = schedule[index + (count - 1) * body.count + place]
          lines += keeping(last).map { "    if (layer == \(count - 1)) " + $0 }
        }
        lines.append("}")
      }
      index += body.count * count
    }
    return lines.joined(separator: "\n")
  }

  private func keeping(_ call: ScheduledCall) -> [String] {
    call.kept.isEmpty ? [] : ["c = keep_wanted(c, &wanted, thread, threads);"]
  }

  private func statements(
    _ call: ScheduledCall, _ index: String, _ withClock: Bool
  ) -> [String] {
    let name = functions[call.kernel].name
    return ["\(name)(c, &\(name)_calls[\(index)], thread, threads);"]
      + (call.meets ? ["meet(c->meeting, threads);"] : [])
      + (withClock ? ["book(&clock, \(functions[call.kernel].constant));"] : [])
      + keeping(call)
  }

  /// How many layers in a row, this one included, make the next calls of the same kernels.
  private func repeats(of body: ArraySlice<ScheduledCall>) -> Int {
    var count = 1
    while true {
      let start = body.startIndex + count * body.count
      guard start + body.count <= schedule.count else { return count }
      let next = schedule[start..<start + body.count]
      let same = zip(body, next).allSatisfy {
        $0.kernel == $1.kernel && $0.call + count == $1.call && $0.meets == $1.meets
          && $1.layer != nil && $1.layer == next.first?.layer
      }
      if !same { return count }
      count += 1
    }
  }

  var costLines: String {
    kernels.map {
      "{\"\($0.name)\", \($0.calls), \($0.weightBytes), \($0.operationsPerRow), "
        + "\($0.pageBytesPerPosition), \($0.operationsPerPosition)},"
    }.joined(separator: "\n")
  }
}

extension PlannedKernel {
  /// Its place in the table of costs, in the C.
  fileprivate var constant: String { "KERNEL_" + name.uppercased() }
}
