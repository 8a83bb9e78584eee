import Dispatch

/// Runs `body(thread)` for 0 up to `threads`, at the same time where there is more than one.
func inParallel(threads: Int, _ body: (_ thread: Int) -> Void) {
  guard threads > 1 else {
    if threads == 1 { body(0) }
    return
  }
  withoutActuallyEscaping(body) { body in
    let work = UncheckedWork(body: body)
    DispatchQueue.concurrentPerform(iterations: threads) { work.body($0) }
  }
}

/// Cuts 0 up to `count` into contiguous shares, one per thread, each a multiple of `grain`.
func inParallel(
  count: Int, grain: Int, threads: Int, _ body: (_ thread: Int, _ range: Range<Int>) -> Void
) {
  let shares = max(1, min(threads, (count + grain - 1) / grain))
  let share = ((count + shares - 1) / shares + grain - 1) / grain * grain
  inParallel(threads: shares) { thread in
    let start = min(count, thread * share)
    let range = start..<min(count, start + share)
    if !range.isEmpty { body(thread, range) }
  }
}

/// A body whose threads write to separate parts of memory, which the compiler can't see.
private struct UncheckedWork: @unchecked Sendable {
  let body: (Int) -> Void
}
