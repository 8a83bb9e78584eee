import Foundation

/// Sets how OpenMP's threads wait, unless the user has set it. Call it at the top of `main`: the
/// OpenMP runtime reads its settings once, at its first use, and the environment may only be
/// changed while there is one thread.
public func prepareOpenMP() {
  // KMP_USE_YIELD stays as it is: without yielding, single joins are up to 31 us quicker on an idle
  // machine, but on a busy one all threads wait whole time slices for one that has lost its core.
  // Threads stay awake between steps, which are milliseconds apart, and sleep when there are none.
  // On two cores that is felt between steps: choosing and sending a token takes 0.77 ms beside one
  // stream, 0.28 where the other thread sleeps, since those who write to the clients then have a
  // core. But steps take 10 % longer, and a stream has 42.4 tokens per second awake and 39.8 asleep
  // (Qwen3-0.6B shape, AVX2, medians of six).
  setenv("KMP_BLOCKTIME", "50", 0)
}

/// What will end the program at its first step, if anything: on Linux, OpenMP's runtime before
/// LLVM 16 notes in shared memory that it is loaded, and aborts where it can't.
///
/// - Parameter folder: where the system keeps shared memory.
public func openMPWarning(sharedMemory folder: String = "/dev/shm") -> String? {
  #if os(Linux)
    guard access(folder, W_OK | X_OK) != 0 else { return nil }
    return """
      \(folder) can't be written (\(String(cString: strerror(errno)))). OpenMP before LLVM 16 \
      ends the program at the first request then: mount a tmpfs there, or let this user write to it
      """
  #else
    return nil
  #endif
}
