import JSON

extension BundleManifest {
  /// How long a step takes by its number of rows, measured on the machine that made the bundle:
  /// what a scheduler weighs a prompt's next piece against.
  public struct StepCost: Sendable, Equatable {
    public var threads: Int
    /// Blocks of weights that a thread reads at once for one row (`model_step.streams`): what this
    /// machine answers fastest; nil: as the library thinks best.
    public var streams: Int?
    /// By rows of one sequence at its beginning.
    public var milliseconds: [Int: Double]

    public init(threads: Int, streams: Int? = nil, milliseconds: [Int: Double]) {
      self.threads = threads
      self.streams = streams
      self.milliseconds = milliseconds
    }

    /// What a step of that many rows takes: between measured numbers of rows on the line between
    /// them, above the largest in proportion to it.
    public func milliseconds(rows: Int) -> Double {
      let points = milliseconds.sorted { $0.key < $1.key }
      guard let first = points.first, let last = points.last else { return 0 }
      if rows <= first.key { return first.value }
      if rows >= last.key { return last.value * Double(rows) / Double(last.key) }
      let after = points.firstIndex { $0.key >= rows } ?? 1
      let (low, high) = (points[after - 1], points[after])
      let share = Double(rows - low.key) / Double(high.key - low.key)
      return low.value + (high.value - low.value) * share
    }
  }
}

extension BundleManifest.StepCost {
  var json: JSON {
    let times = milliseconds.sorted { $0.key < $1.key }.map {
      (key: String($0.key), value: JSON.number($0.value))
    }
    var members: [(key: String, value: JSON)] = [("threads", .integer(threads))]
    if let streams { members.append(("streams", .integer(streams))) }
    members.append(("milliseconds", .object(JSONObject(times))))
    return .object(JSONObject(members))
  }

  init(_ reader: ManifestReader) throws {
    threads = try reader.integer("threads")
    streams = reader.has("streams") ? try reader.integer("streams") : nil
    milliseconds = try reader.object("milliseconds").numbersByNumber()
  }
}
