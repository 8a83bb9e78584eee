/// Equal beginnings are computed once: by whom, and how the others get at them.
extension Scheduler {
  /// Prompts that began before others were done use what those have computed since, and wait for
  /// what an older one is computing right now.
  mutating func sharePrefixes(_ plan: inout StepPlan) {
    for index in running.indices {
      if running[index].isStreaming || running[index].wantsPromptLogits {
        running[index].isFollowing = false
        continue
      }
      adoptKnownPages(index)
      if running[index].isFollowing { copyOverlap(by: index, &plan) }
      running[index].isFollowing = running[..<index].contains { isAhead($0, of: running[index]) }
    }
  }

  /// Uses full pages that the tree has come to know.
  private mutating func adoptKnownPages(_ index: Int) {
    let sequence = running[index]
    let known = sequence.path.count * pagePositions
    var path: [PrefixTree.NodeID] = []
    var rest = sequence.tokens[known...].dropLast()
    while let next = ledger.tree.child(
      of: path.last ?? sequence.lastNode, tokens: rest.prefix(pagePositions))
    {
      path.append(next)
      rest = rest.dropFirst(pagePositions)
    }
    if !path.isEmpty { adopt(path, by: index) }
  }

  /// Continues a sequence's path with nodes of the tree, in place of a page begun by itself.
  mutating func adopt(_ path: [PrefixTree.NodeID], by index: Int) {
    guard !path.isEmpty else { return }
    let before = running[index].computed
    ledger.release(Array(running[index].pages.dropFirst(running[index].path.count)))
    running[index].pages.removeLast(running[index].pages.count - running[index].path.count)
    for node in path {
      ledger.tree.retain(node)
      running[index].path.append(node)
      running[index].pages.append(ledger.tree.page(of: node))
    }
    running[index].computed = running[index].path.count * pagePositions
    countCached(from: before, index)
  }

  /// Remembers where what the tree knows after `path` goes on in another way than a prompt does.
  mutating func noteDivergence(after path: [PrefixTree.NodeID], _ index: Int) {
    let sequence = running[index]
    let known = path.count * pagePositions
    let rest = sequence.tokens[known..<max(known, sequence.promptLength)].prefix(pagePositions)
    guard !sequence.wasPreempted,
      let common = ledger.tree.divergence(after: path.last ?? PrefixTree.none, rest)
    else { return }
    running[index].divergence = known + common
  }

  private mutating func countCached(from before: Int, _ index: Int) {
    if running[index].wasPreempted { return }
    let end = running[index].promptLength
    running[index].cached += min(running[index].computed, end) - min(before, end)
  }

  /// Copies the page that agrees with the most of what a sequence computes next.
  mutating func copyOverlap(by index: Int, _ plan: inout StepPlan) {
    let sequence = running[index]
    let first = sequence.path.count * pagePositions
    let wanted = sequence.tokens[first...].dropLast().prefix(pagePositions)
    guard let source = longestOverlap(of: sequence, wanted),
      first + source.positions - sequence.computed >= limits.minimumOverlap
    else { return }
    if sequence.pages.count == sequence.path.count {
      if let node = source.node { ledger.tree.touch(node) }
      guard let page = ledger.allocate() else { return }
      running[index].pages.append(page)
    }
    plan.copies.append(
      StepPlan.PageCopy(from: source.page, to: running[index].pages[sequence.path.count]))
    running[index].computed = first + source.positions
    countCached(from: sequence.computed, index)
  }

  private typealias Overlap = (page: Int32, node: PrefixTree.NodeID?, positions: Int)

  private func longestOverlap(of sequence: ScheduledSequence, _ wanted: ArraySlice<Int32>)
    -> Overlap?
  {
    var best: Overlap? = ledger.tree.longestOverlap(after: sequence.lastNode, wanted)
      .map { (ledger.tree.page(of: $0.node), $0.node, $0.positions) }
    for other in running where other.id != sequence.id && other.lastNode == sequence.lastNode {
      let first = other.path.count * pagePositions
      guard other.pages.count > other.path.count else { continue }
      let positions = commonPrefixLength(other.tokens[first..<other.computed], wanted)
      if positions > best?.positions ?? 0 { best = (other.pages[other.path.count], nil, positions) }
    }
    return best
  }

  /// Whether `older` is computing enough of the page that `sequence` needs next.
  private func isAhead(_ older: ScheduledSequence, of sequence: ScheduledSequence) -> Bool {
    guard older.pending > 1, older.lastNode == sequence.lastNode else { return false }
    let first = sequence.path.count * pagePositions
    let wanted = sequence.tokens[first...].dropLast().prefix(pagePositions)
    let common = commonPrefixLength(older.tokens[first...], wanted)
    return first + common - sequence.computed >= limits.minimumOverlap
      && older.computed < first + common
  }

  /// Puts sequences that begin with the same pages next to one another, since attention can read
  /// those once for all of them; otherwise the order stays.
  func gatherSharers(_ plan: inout StepPlan) {
    var places: [PrefixTree.NodeID: Int] = [:]
    let keys = plan.runs.enumerated().map { place, run -> (place: Int, path: [PrefixTree.NodeID]) in
      let path = self[run.sequence]?.path ?? []
      guard let first = path.first else { return (place, path) }
      places[first] = places[first] ?? place
      return (places[first] ?? place, path)
    }
    guard places.count < plan.runs.count else { return }
    let order = keys.indices.sorted {
      if keys[$0].place != keys[$1].place { return keys[$0].place < keys[$1].place }
      if keys[$0].path != keys[$1].path {
        return keys[$0].path.lexicographicallyPrecedes(keys[$1].path)
      }
      return $0 < $1
    }
    plan.runs = order.map { plan.runs[$0] }
  }

  /// Hands full pages to the tree, or takes the tree's where it knows them already.
  mutating func publishFullPages(_ index: Int) {
    while true {
      let place = running[index].path.count
      let first = place * pagePositions
      guard first + pagePositions <= running[index].computed else { return }
      let insertion = ledger.tree.insert(
        page: running[index].pages[place],
        tokens: running[index].tokens[first..<first + pagePositions],
        after: running[index].lastNode)
      ledger.release(insertion.freed)
      running[index].path.append(insertion.node)
      running[index].pages[place] = ledger.tree.page(of: insertion.node)
    }
  }
}
