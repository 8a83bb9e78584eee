/// Writes metrics in the text format that Prometheus reads.
struct PrometheusText {
  private(set) var text = ""

  /// A number that only grows.
  mutating func counter(_ name: String, _ help: String, _ value: Double) {
    begin(name, "counter", help)
    line(name, [], value)
  }

  mutating func gauge(_ name: String, _ help: String, _ value: Double) {
    begin(name, "gauge", help)
    line(name, [], value)
  }

  /// Several numbers of one kind, told apart by labels.
  mutating func family(
    _ name: String, _ type: String, _ help: String,
    _ values: [(labels: [(String, String)], value: Double)]
  ) {
    begin(name, type, help)
    for entry in values { line(name, entry.labels, entry.value) }
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    begin(name, "histogram", help)
    let bounds = histogram.bounds.map(Self.number) + ["+Inf"]
    for (bound, count) in zip(bounds, histogram.cumulative) {
      line(name + "_bucket", [("le", bound)], Double(count))
    }
    line(name + "_sum", [], histogram.sum)
    line(name + "_count", [], Double(histogram.cumulative.last ?? 0))
  }

  private mutating func begin(_ name: String, _ type: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }

  private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
    let inside = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
    text += name + (inside.isEmpty ? "" : "{\(inside)}") + " \(Self.number(value))\n"
  }

  private static func number(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ label: String) -> String {
    label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
