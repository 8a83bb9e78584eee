import ModelFiles

/// Writes a plan as C.
func writeSource(_ plan: Plan, _ templates: TemplateLibrary) -> [(name: String, text: String)] {
  var writer = CodeWriter(plan: plan, templates: templates)
  for kernel in plan.functions { writer.write(kernel) }
  writer.writeWanted()
  let words = ["isa/types.h"] + plan.target.instructions.headers
  let formats = writer.headers.map { (name: fileName($0), text: templates.text($0)) }
  let units = writer.written.units.map { unit in
    (name: unit.fileName, text: filled(unit, plan, writer))
  }
  return units + [
    ("model.h", Reflow().text(templates.fill("model.h", headerHoles(plan, writer))) + "\n"),
    ("model_abi.h", templates.text("model_abi.h")),
    ("vector.h", words.map(templates.text).joined(separator: "\n")),
    ("pages.h", plan.cacheType.headers.map(templates.text).joined(separator: "\n")),
  ]
    + [
      "functions.h", "meeting.h", "processors.h", "step.h", "rows.h", "wanted.h", "ahead.h",
      "cache.h", "attention.h",
    ].map { ($0, templates.text($0)) } + formats
}

private func filled(_ unit: SourceUnit, _ plan: Plan, _ writer: CodeWriter) -> String {
  let functions = writer.written.texts(of: unit).joined(separator: "\n\n")
  var values = ["title": plan.title, "functions": functions]
  if unit == .model {
    values.merge(modelHoles(plan)) { $1 }
  } else {
    values["content"] = unit.content
  }
  let template = unit == .model ? "model.c" : "unit.c"
  return Reflow().text(writer.templates.fill(template, values)) + "\n"
}

/// Headers lie beside model.c: "quant/affine4.h" → "affine4.h".
private func fileName(_ template: String) -> String {
  template.split(separator: "/").last.map(String.init) ?? template
}

private func headerHoles(_ plan: Plan, _ writer: CodeWriter) -> [String: String] {
  [
    "title": plan.title,
    "maximum_rows": "\(plan.maximumRows)", "tile": "\(plan.tiles.tokens)",
    "streams": "\(plan.tiles.streams)", "stream_rows": "\(plan.tiles.streamRows)",
    "usual_streams": "\(plan.tiles.usualStreams)",
    "products": "\(plan.tiles.products)", "rows_alone": "\(plan.rowsAlone)",
    "page_positions": "\(plan.pagePositions)",
    "run_pages": "\(plan.runPages)", "queries": "\(plan.tiles.queries)",
    "width": "\(plan.tiles.width(queries: 1, vectors: .max))", "page_bytes": "\(plan.pageBytes)",
    "shared_bytes": "\(plan.sharedScratchBytes)", "thread_bytes": "\(plan.threadScratchBytes)",
    "buffers": writer.bufferLines,
    "includes": writer.headers.map { "#include \"\(fileName($0))\"" }.joined(separator: "\n"),
    "declarations": writer.written.declarations.joined(separator: ";\n") + ";",
  ]
}

private func modelHoles(_ plan: Plan) -> [String: String] {
  [
    "header": plan.header, "page_bytes": "\(plan.pageBytes)",
    "calls": plan.callTables, "kernel_names": plan.kernelNames, "steps": plan.stepLines,
    "kernels": plan.costLines,
    "generator": "mlx-compile \(generatorVersion)", "model_type": plan.modelType,
    "signature": plan.signature, "target": plan.target.name,
    "cpu_features": plan.target.cpuFeatures.joined(separator: " "),
    "numerics": plan.numerics.rawValue, "cache_type": plan.cacheType.rawValue,
    "vocabulary": "\(plan.vocabulary)",
    "hidden": "\(plan.hidden)", "layers": "\(plan.layers)",
    "context_limit": "\(plan.contextLimit)", "weights_bytes": "\(plan.weightsBytes)",
  ]
}

extension Plan {
  fileprivate var title: String {
    "\(modelType), \(layers) layers, for \(target.name) in \(numerics.rawValue) numerics, "
      + "keys and values in \(cacheType.rawValue)."
  }

  /// Said only where it had to be asked for.
  private var cacheOption: String {
    cacheType == .usual(numerics) ? "" : " --cache-type \(cacheType.rawValue)"
  }

  /// What a reader wants to know first: where it comes from, formats, costs.
  fileprivate var header: String {
    let formats = Set(functions.flatMap { $0.shape.matrices.map(\.format.label) }).sorted()
    let weights = kernels.reduce(0) { $0 + $1.weightBytes }
    let operations = kernels.reduce(0) { $0 + $1.operationsPerRow }
    let page = kernels.reduce(0) { $0 + $1.pageBytesPerPosition }
    return [
      "Written by: mlx-compile \(generatorVersion) --target \(target.name) "
        + "--numerics \(numerics.rawValue)\(cacheOption)",
      "Weights: \(formats.joined(separator: ", "))",
      "A step reads \(grouped(weights)) bytes of weights and, for each position attended to, "
        + "\(grouped(page))",
      "bytes of pages; a row takes \(grouped(operations)) operations.",
    ].joined(separator: "\n")
  }
}
