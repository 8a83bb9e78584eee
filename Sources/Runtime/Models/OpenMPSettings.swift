import Foundation

/// Sets how OpenMP's threads wait, unless the user has set it. Call it at the top of `main`: the
/// OpenMP runtime reads its settings once, at its first use, and the environment may only be
/// changed while there is one thread.
public func prepareOpenMP() {
  // KMP_USE_YIELD stays as it is: without yielding, single joins are up to 31 us quicker on an idle
  // machine, but on a busy one all threads wait whole time slices for one that has lost its core.
  // Threads stay awake between steps, which are milliseconds apart, and sleep when there are none.
  setenv("KMP_BLOCKTIME", "50", 0)
}
