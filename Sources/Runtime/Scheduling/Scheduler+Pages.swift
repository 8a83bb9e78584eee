/// Who runs, and in which pages.
extension Scheduler {
  /// Lets waiting sequences in while there is a place and there are pages for their prompts.
  mutating func admit(_ plan: inout StepPlan) {
    while running.count < limits.parallel, let next = waiting.first {
      let path = ledger.tree.longestPath(next.tokens.dropLast())
      guard running.isEmpty || pagesSuffice(for: next, path: path) else { return }
      waiting.removeFirst()
      running.append(next)
      adopt(path, by: running.count - 1)
      copyOverlap(by: running.count - 1, &plan)
    }
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

  /// Sends the youngest sequence back to the queue, to give its pages to an older one.
  private mutating func preemptYoungest() {
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

  /// Makes sure that a sequence has pages for that many positions, at the cost of younger ones
  /// if need be. False if it had to give up its own place.
  mutating func reservePages(_ index: Int, positions: Int) -> Bool {
    let id = running[index].id
    let needed = (positions + pagePositions - 1) / pagePositions
    while running[index].pages.count < needed {
      if let page = ledger.allocate() {
        running[index].pages.append(page)
      } else {
        preemptYoungest()
        if running.last.map({ $0.id < id }) ?? true { return false }
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
