import Foundation

/// Sets how OpenMP's threads wait, unless the user has set it. Call it at the top of `main`: the
/// OpenMP runtime reads its settings once, at its first use, and the environment may only be
/// changed while there is one thread.
public func prepareOpenMP() {
  // A waiting thread that yields loses its core for 31 us whenever anything else runs.
  setenv("KMP_USE_YIELD", "0", 0)
  // Threads stay awake between steps, which are milliseconds apart, and sleep when there are none.
  setenv("KMP_BLOCKTIME", "50", 0)
}
