import ModelFiles

/// Writes the functions of a plan, each once, in its file, helpers before what uses them.
struct CodeWriter {
  let plan: Plan
  let templates: TemplateLibrary
  private(set) var written = UnitFunctions()
  /// Headers of the weight formats in use, in order of first use.
  private(set) var headers: [String] = []
  /// Pieces of scratch in use, in order of first use.
  private var buffers: [Buffer] = []
  private var names: Set<String> = []
  /// Where the kernel that is being written belongs.
  private var unit = SourceUnit.model

  init(plan: Plan, templates: TemplateLibrary) {
    self.plan = plan
    self.templates = templates
  }

  /// Adds a filled template unless a function of that name is there.
  mutating func write(_ name: String, _ template: String, _ values: [String: String]) {
    guard names.insert(name).inserted else { return }
    let text = templates.fill(template, values.merging(["name": name]) { $1 })
    written.add(text, to: unit(of: template, values))
  }

  /// Products belong to all kernels that multiply weights of their format.
  private func unit(of template: String, _ values: [String: String]) -> SourceUnit {
    guard template.hasPrefix("quant/"), !template.hasPrefix("quant/table_"),
      let format = values["format"]
    else { return unit }
    return .products(format: format)
  }

  mutating func include(_ header: String) {
    if !headers.contains(header) { headers.append(header) }
  }

  /// The constant that stands for a buffer: "RESIDUAL", and "RESIDUAL_2" for another of that name.
  mutating func constant(_ buffer: Buffer) -> String {
    if !buffers.contains(buffer) { buffers.append(buffer) }
    let same = buffers.filter { $0.name == buffer.name }
    let number = (same.firstIndex(of: buffer) ?? 0) + 1
    return buffer.name.uppercased() + (number == 1 ? "" : "_\(number)")
  }

  /// The definitions of those constants.
  var bufferLines: String {
    var copy = self
    return buffers.sorted { ($0.offset, $0.name) < ($1.offset, $1.name) }.map {
      "static const size_t \(copy.constant($0)) = \($0.offset);"
    }.joined(separator: "\n")
  }

  /// "case 1: …" for every count up to a tile's.
  func cases(upTo count: Int, _ statement: (Int) -> String) -> String {
    cases(of: Array(1...count), statement)
  }

  /// The same for some numbers.
  func cases(of numbers: [Int], _ statement: (Int) -> String) -> String {
    numbers.map { "case \($0): \(statement($0)); break;" }.joined(separator: "\n")
  }

  mutating func write(_ kernel: PlannedKernel) {
    unit = SourceUnit(kernel.shape)
    switch kernel.shape {
    case .ropeTable(let shape): writeRopeTable(shape, kernel)
    case .embed(let shape): writeEmbed(shape, kernel)
    case .heads(let shape): writeHeads(shape, kernel)
    case .attention(let shape): writeAttention(shape, kernel)
    case .gated(let shape): writeGated(shape, kernel)
    case .residual(let shape): writeResidual(shape, kernel)
    case .logits(let shape): writeLogits(shape, kernel)
    }
  }

  /// What moves the wanted rows together before the last layer goes on.
  mutating func writeWanted() {
    unit = .model
    let rows = plan.schedule.flatMap(\.kept).map {
      "keep_rows(c, \(constant($0.buffer)), \($0.padded));"
    }
    write("keep_wanted", "kernels/wanted.c", ["rows": rows.joined(separator: "\n")])
  }
}

extension Float {
  /// As C reads it back to the bit: "1e-06f", "0.125f".
  var literal: String {
    let text = "\(self)"
    return (text.contains(".") || text.contains("e") ? text : text + ".0") + "f"
  }
}
