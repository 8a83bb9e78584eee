import ModelABI

/// What a scripted model keeps of each position in its pages.
struct Entry: Equatable {
  var token: Int32 = 0
  var position: Int32 = 0
  /// Of all tokens up to this one.
  var hash: UInt64 = 0
  /// Which token of its answer was chosen here, from 1; 0 where none was.
  var chosen: Int32 = 0
  var unused: Int32 = 0

  static let rootHash: UInt64 = 0xCBF2_9CE4_8422_2325

  static func hash(_ before: UInt64, _ token: Int32) -> UInt64 {
    var bits = (before ^ UInt64(UInt32(bitPattern: token))) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 29)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 32)
  }
}

/// A `model_step` with pages of entries.
struct ScriptedStep {
  private let step: model_step
  private let pagePositions: Int
  private let pageBytes: Int
  private let vocabulary: Int

  init(_ step: model_step, model: ScriptedModel) {
    self.step = step
    pagePositions = model.pagePositions
    pageBytes = model.pageBytes
    vocabulary = model.vocabulary
    precondition((1...model.maximumRows).contains(rowCount))
  }

  var rowCount: Int { Int(step.rows) }

  var logitIndices: [Int] { (0..<Int(step.logit_rows)).map { Int(step.logit_indices[$0]) } }

  func token(_ row: Int) -> Int32 { step.tokens[row] }
  func position(_ row: Int) -> Int { Int(step.positions[row]) }
  func sequence(_ row: Int) -> Int { Int(step.sequences[row]) }

  private func page(_ row: Int, _ number: Int) -> Int32 {
    guard let table = step.page_tables[sequence(row)] else { preconditionFailure("no page table") }
    return table[number]
  }

  private func address(_ row: Int, _ position: Int) -> UnsafeMutablePointer<Entry> {
    let page = step.pages + Int(page(row, position / pagePositions)) * pageBytes
    return page.assumingMemoryBound(to: Entry.self) + position % pagePositions
  }

  /// What the pages of a row's sequence say of one of its positions.
  func entry(_ row: Int, _ position: Int) -> Entry { address(row, position).pointee }

  func write(_ entry: Entry, _ row: Int) { address(row, position(row)).pointee = entry }

  /// The first tokens of a row's sequence.
  func tokens(_ row: Int, count: Int) -> [Int32] { (0..<count).map { entry(row, $0).token } }

  func writeLogits(_ logits: [Float], _ index: Int) {
    (step.logits + index * vocabulary).update(from: logits, count: vocabulary)
  }

  var record: ScriptedModel.StepRecord {
    let rows = (0..<rowCount).map {
      ScriptedModel.StepRecord.Row(
        token: token($0), position: position($0), sequence: sequence($0))
    }
    let sequences = (rows.map(\.sequence).max() ?? -1) + 1
    let tables = (0..<sequences).map { sequence -> [Int32] in
      guard let last = rows.lastIndex(where: { $0.sequence == sequence }) else { return [] }
      return (0...rows[last].position / pagePositions).map { page(last, $0) }
    }
    return ScriptedModel.StepRecord(rows: rows, pageTables: tables, logitIndices: logitIndices)
  }
}
