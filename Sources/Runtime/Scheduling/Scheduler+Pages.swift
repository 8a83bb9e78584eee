/// Who runs, and in which pages.
///
/// `running` stands in the order of admission, and the last one is the first to give way.
extension Scheduler {
  /// Lets waiting sequences in while there is a place and there are pages for their prompts.
  mutating func admit(_ plan: inout StepPlan) {
    while running.count < limits.parallel, let place = nextToAdmit {
      let next = waiting[place]
      let path =
        next.wantsPromptLogits ? [] : ledger.tree.longestPath(next.tokens.dropLast())
      guard running.isEmpty || pagesSuffice(for: next, path: path) else { return }
      waiting.remove(at: place)
      running.append(next)
      if next.wantsPromptLogits { continue }
      noteDivergence(after: path, running.count - 1)
      adopt(path, by: running.count - 1)
      copyOverlap(by: running.count - 1, &plan)
    }
  }

  /// One that had to give way comes first; then the client with the fewest running sequences, the
  /// one that has had the least, and the order of arrival.
  private var nextToAdmit: Int? {
    func key(_ sequence: ScheduledSequence) -> (Int, Int, Int, Int) {
      let client = sequence.client
      return (
        sequence.wasPreempted ? 0 : 1, running.count { $0.client == client }, shares.rank(client),
        sequence.id
      )
    }
    return waiting.indices.min { key(waiting[$0]) < key(waiting[$1]) }
  }

  /// Whether a sequence's prompt fits beside what the running ones still need for theirs, with a
  /// page to grow for each.
  private func pagesSuffice(for sequence: ScheduledSequence, path: [PrefixTree.NodeID]) -> Bool {
    let promised = running.reduce(0) { $0 + pagesNeeded($1) - $1.pages.count + 1 }
    let ownCached = path.count { !ledger.tree.isReferenced($0) }
    return pagesNeeded(sequence) - path.count + ownCached + promised < ledger.available
  }

  private func pagesNeeded(_ sequence: ScheduledSequence) -> Int {
    (sequence.tokens.count + pagePositions - 1) / pagePositions
  }

  /// Ends a sequence's use of its pages: full ones are the tree's already, the last is offered.
  mutating func vacate(_ index: Int) -> ScheduledSequence {
    let sequence = running.remove(at: index)
    let known = sequence.path.count * pagePositions
    var unused = Array(sequence.pages.dropFirst(sequence.path.count))
    if !unused.isEmpty, sequence.computed - known >= limits.minimumOverlap {
      let freed = ledger.tree.insertPartial(
        page: unused.removeFirst(), tokens: sequence.tokens[known..<sequence.computed],
        after: sequence.lastNode)
      ledger.release(freed)
    }
    ledger.release(unused)
    ledger.tree.release(sequence.path)
    return sequence
  }

  /// Sends the sequence that came last back to the queue, to give its pages to an older one.
  private mutating func preemptLast() {
    var sequence = vacate(running.count - 1)
    sequence.computed = 0
    sequence.pages = []
    sequence.path = []
    sequence.isFollowing = false
    sequence.wasPreempted = true
    sequence.draft = []
    waiting.insert(sequence, at: 0)
    preemptions += 1
  }

  /// Makes sure that a sequence has pages for that many positions, at the cost of later ones if
  /// need be. False if it had to give up its own place.
  mutating func reservePages(_ index: Int, positions: Int) -> Bool {
    let needed = (positions + pagePositions - 1) / pagePositions
    while running[index].pages.count < needed {
      if let page = ledger.allocate() {
        running[index].pages.append(page)
      } else {
        preemptLast()
        if index == running.count { return false }
      }
    }
    return true
  }

  /// Pages for drafted tokens, if they can be had without taking any from others; returns how many
  /// of the drafted tokens have room.
  mutating func reserveDraftPages(_ index: Int, rows: Int, drafted: Int) -> Int {
    let known = running[index].computed + rows
    let needed = (known + drafted + pagePositions - 1) / pagePositions
    while running[index].pages.count < needed, let page = ledger.allocate() {
      running[index].pages.append(page)
    }
    return min(drafted, running[index].pages.count * pagePositions - known)
  }
}
