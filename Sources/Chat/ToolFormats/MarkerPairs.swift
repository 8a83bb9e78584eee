/// Markers that come in pairs, of every format of tool calls and every kind of reasoning.
enum MarkerPairs {
  static let known: [(begin: String, end: String)] = {
    let calls = toolFormats.flatMap { format in
      format.markers.flatMap { [$0.begin, $0.end].compactMap { $0 } } + format.innerMarkers
    }
    let thoughts = ReasoningMarkers.known.flatMap { $0.openings + [$0.closing] }
    let all = Set(calls + thoughts + ["<|channel>"])
    return all.sorted().flatMap { begin in
      counterparts(of: begin).filter(all.contains).map { (begin, $0) }
    }
  }()

  /// How the marker that ends what another begins may be spelled.
  private static func counterparts(of begin: String) -> [String] {
    var found = [
      ("start", "end"), ("begin", "end"), ("START", "END"), ("open", "close"),
    ].compactMap { word, other in
      begin.range(of: word).map { begin.replacingCharacters(in: $0, with: other) }
    }
    if let first = begin.first, "<[◁".contains(first), !begin.dropFirst().hasPrefix("/") {
      found.append("\(first)/\(begin.dropFirst())")
    }
    if begin.hasPrefix("<|"), begin.hasSuffix(">"), !begin.hasSuffix("|>") {
      found.append("<\(begin.dropFirst(2).dropLast())|>")
    }
    return found
  }
}
