import Synchronization

/// A loop whose turns several threads take, each the next one that nobody has.
final class SharedLoop {
  /// OpenMP's way in for code that wasn't compiled with it: runs a function with its argument on
  /// that many threads and returns when all are through (`GOMP_parallel` of GCC's and LLVM's
  /// runtimes; the last argument is 0 for no wishes).
  typealias Team =
    @convention(c) (
      _ work: @convention(c) (UnsafeMutableRawPointer?) -> Void, UnsafeMutableRawPointer?, UInt32,
      UInt32
    ) -> Void

  private let count: Int
  private let body: (Int) -> Void
  private let next = Atomic(0)
  private let finished = Atomic(0)

  private init(_ count: Int, _ body: @escaping (Int) -> Void) {
    self.count = count
    self.body = body
  }

  static func run(_ count: Int, on team: Team, threads: Int, _ body: (Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      let loop = SharedLoop(count, body)
      // OpenMP orders these too, but the thread sanitizer doesn't see how.
      loop.next.store(0, ordering: .releasing)
      team(
        { loop in
          if let loop { Unmanaged<SharedLoop>.fromOpaque(loop).takeUnretainedValue().work() }
        }, Unmanaged.passUnretained(loop).toOpaque(), UInt32(threads), 0)
      let finished = loop.finished.load(ordering: .acquiring)
      precondition(finished == count)
    }
  }

  private func work() {
    while true {
      let index = next.add(1, ordering: .acquiringAndReleasing).oldValue
      guard index < count else { return }
      body(index)
      finished.add(1, ordering: .acquiringAndReleasing)
    }
  }
}
