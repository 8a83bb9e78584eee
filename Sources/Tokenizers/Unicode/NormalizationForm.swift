/// The four Unicode normalisation forms.
enum NormalizationForm: Sendable {
  case nfc, nfd, nfkc, nfkd

  private var isCompatible: Bool { self == .nfkc || self == .nfkd }
  private var composes: Bool { self == .nfc || self == .nfkc }

  /// The flags of characters that may change, or change the one before.
  private var unstable: UInt8 {
    typealias Flags = Decompositions.Flags
    return Flags.combines | (isCompatible ? Flags.compatible : 0)
      | (composes ? Flags.composes | Flags.neverComposed : Flags.canonical)
  }

  /// The text in this form; nil where that is the text itself.
  func normalize(_ text: [UInt8]) -> [UInt8]? {
    let data = Decompositions.shared
    let unstable = unstable
    var result: [UInt8]?
    // Where the last stable character starts, and what is already in the result.
    var stable = 0
    var copied = 0
    text.withUnsafeBufferPointer { text in
      var offset = 0
      while offset < text.count {
        if text[offset] < 0x80 {
          stable = offset
          offset += 1
          continue
        }
        let (character, length) = text.scalar(at: offset)
        if data.flags(character) & unstable == 0 {
          stable = offset
          offset += length
          continue
        }
        let end = segmentEnd(text, from: offset + length, data)
        result = result ?? []
        result?.append(contentsOf: text[copied..<stable])
        append(text[stable..<end], to: &result!, data)
        (offset, stable, copied) = (end, end, end)
      }
      result?.append(contentsOf: text[copied...])
    }
    return result
  }

  /// Where the characters end that depend on one another: at the next stable one.
  private func segmentEnd(
    _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ data: Decompositions
  ) -> Int {
    var offset = start
    while offset < text.count {
      let (character, length) = text.scalar(at: offset)
      if data.flags(character) & unstable == 0 { break }
      offset += length
    }
    return offset
  }

  private func append(
    _ segment: Slice<UnsafeBufferPointer<UInt8>>, to result: inout [UInt8], _ data: Decompositions
  ) {
    var scalars: [UInt32] = []
    let text = UnsafeBufferPointer(rebasing: segment)
    var offset = 0
    while offset < text.count {
      let (character, length) = text.scalar(at: offset)
      data.appendDecomposition(of: character, compatible: isCompatible, to: &scalars)
      offset += length
    }
    Self.order(&scalars, data)
    if composes { Self.compose(&scalars, data) }
    for scalar in scalars { result.append(scalar: scalar) }
  }

  /// Sorts each run of combining marks by class, keeping the order of equals.
  private static func order(_ scalars: inout [UInt32], _ data: Decompositions) {
    let classes = scalars.map(data.combiningClass)
    var start = 0
    while start < scalars.count {
      guard classes[start] > 0 else {
        start += 1
        continue
      }
      let end = classes[start...].firstIndex(of: 0) ?? scalars.count
      let ordered = (start..<end).sorted { (classes[$0], $0) < (classes[$1], $1) }
      let marks = ordered.map { scalars[$0] }
      scalars.replaceSubrange(start..<end, with: marks)
      start = end
    }
  }

  private static func compose(_ scalars: inout [UInt32], _ data: Decompositions) {
    var result: [UInt32] = []
    var starter: Int?
    var lastClass = 0
    for scalar in scalars {
      let combiningClass = Int(data.combiningClass(scalar))
      let isBlocked = starter.map { result.count - 1 > $0 && lastClass >= combiningClass } ?? true
      if !isBlocked, let index = starter,
        let composite = data.composition(result[index], scalar)
      {
        result[index] = composite
        continue
      }
      if combiningClass == 0 { starter = result.count }
      lastClass = combiningClass
      result.append(scalar)
    }
    scalars = result
  }
}
