/// A smaller model that guesses what the served one will say, several tokens ahead.
///
/// Every stream has a slot with room for a whole context of keys and values. A slot that another
/// stream takes over keeps what both texts have in common.
final class DraftModel {
  /// A stream that wants guesses.
  struct Wish {
    var stream: Int
    /// All its tokens so far.
    var tokens: [Int32]
    var count: Int
  }

  private struct Slot {
    var stream: Int?
    /// Tokens whose keys and values are in its pages.
    var tokens: [Int32] = []
    var lastUse = 0
  }

  /// A stream with at most this many tokens to catch up with is served at once.
  private static let mostLateTokens = 16

  private let model: any LanguageModel
  private let clock: StepClock
  private let pages: PageMemory
  private let step: StepMemory
  private let pagesPerSlot: Int
  private let contextSize: Int
  private var slots: [Slot]
  private var turn = 0
  private var secondsPerGuess = StepPace.Average(memory: 8)
  private var secondsPerLateToken = StepPace.Average(memory: 8)

  init?(
    _ model: any LanguageModel, configuration: EngineConfiguration, clock: StepClock = .system
  ) {
    self.model = model
    self.clock = clock
    contextSize = min(configuration.contextSize, model.contextLimit)
    pagesPerSlot = Self.pagesPerSlot(model, contextSize: contextSize)
    let parallel = min(configuration.parallel, model.maximumRows)
    slots = [Slot](repeating: Slot(), count: parallel)
    guard let pages = PageMemory(count: pagesPerSlot * parallel, pageBytes: model.pageBytes),
      let step = StepMemory(
        maximumRows: model.maximumRows, logitRows: parallel, vocabulary: model.vocabulary)
    else { return nil }
    (self.pages, self.step) = (pages, step)
  }

  /// Bytes for everything that belongs to it.
  static func bytes(_ model: any LanguageModel, _ configuration: EngineConfiguration) -> Int {
    let parallel = min(configuration.parallel, model.maximumRows)
    let contextSize = min(configuration.contextSize, model.contextLimit)
    return model.memory.weightBytes + model.memory.scratchBytes
      + parallel * pagesPerSlot(model, contextSize: contextSize) * model.pageBytes
      + StepMemory.logitBytes(rows: parallel, vocabulary: model.vocabulary)
  }

  private static func pagesPerSlot(_ model: any LanguageModel, contextSize: Int) -> Int {
    (contextSize + model.pagePositions - 1) / model.pagePositions
  }

  /// How long a round of one token for each stream takes; nil before the first.
  var guessSeconds: Double? { secondsPerGuess.value }

  var weightBytes: Int { model.memory.weightBytes }

  /// A stream has ended.
  func leave(_ stream: Int) {
    if let index = slots.firstIndex(where: { $0.stream == stream }) { slots[index].stream = nil }
  }

  /// Guesses for the streams whose texts it knows.
  ///
  /// - Parameter lateSeconds: how long it may work on texts that it has fallen behind with.
  func guess(_ wishes: [Wish], lateSeconds: Double) -> [Int: [Int32]] {
    turn += 1
    var ready: [(wish: Wish, slot: Int)] = []
    var late: [(wish: Wish, slot: Int)] = []
    for wish in wishes where wish.tokens.count < contextSize {
      guard let slot = claim(for: wish) else { continue }
      if wish.tokens.count - slots[slot].tokens.count > Self.mostLateTokens {
        late.append((wish, slot))
      } else {
        ready.append((wish, slot))
      }
    }
    catchUp(late, within: lateSeconds)
    return guess(ready)
  }

  // MARK: Slots

  /// A stream's slot, with only what agrees with its text. Its last token is computed in any case.
  private func claim(for wish: Wish) -> Int? {
    guard let index = slots.firstIndex(where: { $0.stream == wish.stream }) ?? bestFree(wish) else {
      return nil
    }
    let common = commonPrefixLength(slots[index].tokens[...], wish.tokens.dropLast())
    slots[index].tokens.removeLast(slots[index].tokens.count - common)
    slots[index].stream = wish.stream
    slots[index].lastUse = turn
    return index
  }

  /// The free slot that has most in common with a text, the one longest unused among equals.
  private func bestFree(_ wish: Wish) -> Int? {
    let free = slots.indices.filter { slots[$0].stream == nil }
    let common = free.map { commonPrefixLength(slots[$0].tokens[...], wish.tokens[...]) }
    return zip(free, common).max { a, b in
      (a.1, -slots[a.0].lastUse) < (b.1, -slots[b.0].lastUse)
    }?.0
  }

  private func pageNumbers(_ slot: Int) -> Range<Int32> {
    Int32(slot * pagesPerSlot)..<Int32((slot + 1) * pagesPerSlot)
  }

  // MARK: Steps

  /// Computes a piece of the texts that it is far behind with.
  private func catchUp(_ late: [(wish: Wish, slot: Int)], within seconds: Double) {
    guard !late.isEmpty else { return }
    let affordable = secondsPerLateToken.value.map { seconds / max($0, 1e-9) } ?? 32
    var room = Int(min(max(affordable, 8), Double(model.maximumRows)))
    let rows = room
    step.clear()
    for (wish, slot) in late where room > 0 {
      let known = slots[slot].tokens.count
      let piece = wish.tokens[known...].dropLast().prefix(room)
      step.add(piece, at: known, pages: pageNumbers(slot), logitRows: 0)
      slots[slot].tokens += piece
      room -= piece.count
    }
    secondsPerLateToken.add(timed { step.run(on: model, pages: pages) } / Double(rows - room))
  }

  /// Goes one token ahead for all streams, then for those that want more.
  private func guess(_ ready: [(wish: Wish, slot: Int)]) -> [Int: [Int32]] {
    var guesses: [Int: [Int32]] = [:]
    var texts = ready.map(\.wish.tokens)
    while true {
      let wanting = ready.indices.filter {
        guesses[ready[$0].wish.stream]?.count ?? 0 < ready[$0].wish.count
          && texts[$0].count < contextSize
      }
      let taken = addRows(wanting, ready, texts)
      guard !taken.isEmpty else { return guesses }
      let isRound = taken.count == step.rowCount
      let seconds = timed { step.run(on: model, pages: pages) }
      if isRound { secondsPerGuess.add(seconds) }
      for (row, index) in taken.enumerated() {
        guard let token = step.row(row).mostLikely() else { return guesses }
        texts[index].append(token)
        guesses[ready[index].wish.stream, default: []].append(token)
      }
    }
  }

  /// Puts what is not computed of some texts into a step; returns those that have room in it.
  private func addRows(
    _ wanting: [Int], _ ready: [(wish: Wish, slot: Int)], _ texts: [[Int32]]
  ) -> [Int] {
    step.clear()
    var taken: [Int] = []
    for index in wanting {
      let slot = ready[index].slot
      let known = slots[slot].tokens.count
      let piece = texts[index][known...]
      guard step.rowCount + piece.count <= model.maximumRows else { continue }
      step.add(piece, at: known, pages: pageNumbers(slot), logitRows: 1)
      slots[slot].tokens += piece
      taken.append(index)
    }
    return taken
  }

  private func timed(_ work: () -> Void) -> Double {
    let start = clock.now()
    work()
    return clock.now() - start
  }
}

extension LogitRow {
  /// The lowest id that has the largest value; nil if none is a number.
  fileprivate func mostLikely() -> Int32? { mostLikely(scan()) }
}
