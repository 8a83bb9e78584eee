import ModelFiles

/// How products of a group's codes with bytes are summed, which the size of the codes decides: sums
/// are collected in 32 bits before they no longer fit.
struct ByteSums {
  /// Columns, four by four, whose products are summed before they are collected.
  let together: Int
  /// Chunks of codes that the loop goes through at once.
  let unrolled: Int
  /// "wide": lower and upper halves of large codes are summed apart, in twice the registers.
  let kind: String
  /// Sums of several tokens times all lanes fill the registers; totals are set aside when they are
  /// collected. Where that happens too often, or sums are wide, lanes are multiplied one register
  /// after the other.
  let fewCollections: Bool

  init(_ format: WeightFormat, _ instructions: InstructionSet) {
    let chunk = format.codesTogether / 4
    let group = (format.groupSize ?? format.codesTogether) / 4
    let largest = format.largestByteCode
    together = min(instructions.quadsTogether(largest), group)
    kind = largest < 128 ? "small" : "wide"
    fewCollections = largest < 128 && (together >= 8 || 2 * together >= group)
    let quads = fewCollections ? min(max(16, together), group) : together
    unrolled = max(1, quads / chunk)
  }
}
