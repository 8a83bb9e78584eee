/// An element, or word that none came for a while.
enum Pulse<Element: Sendable>: Sendable {
  case element(Element)
  case silence
}

extension AsyncStream where Element: Sendable {
  /// The same elements, with a `silence` for every `interval` without one.
  ///
  /// Ending the result ends this stream too, so whoever produces it is told.
  func pulsing(every interval: Duration) -> AsyncStream<Pulse<Element>> {
    let (pulses, continuation) = AsyncStream<Pulse<Element>>.makeStream()
    let task = Task {
      await withTaskGroup(of: Void.self) { group in
        let watch = SilenceWatch()
        group.addTask {
          while (try? await Task.sleep(for: interval)) != nil {
            if await watch.wasSilent() { continuation.yield(.silence) }
          }
        }
        for await element in self {
          await watch.heard()
          continuation.yield(.element(element))
        }
        group.cancelAll()
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return pulses
  }
}

/// Remembers whether anything came since it was last asked.
private actor SilenceWatch {
  private var silent = true

  func heard() { silent = false }

  func wasSilent() -> Bool {
    defer { silent = true }
    return silent
  }
}
