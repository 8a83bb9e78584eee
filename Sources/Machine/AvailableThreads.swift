import Foundation

/// How many threads can really run at once: the processors that this process may use, and no more
/// than its control groups grant it, rounded down, but at least one.
///
/// A thread too many is worse than one too few: it would wait for its turn while all others wait
/// for it at a barrier.
public func availableThreads() -> Int {
  let allowed = allowedProcessors(root: "/") ?? ProcessInfo.processInfo.activeProcessorCount
  return max(1, min(allowed, processorQuota(root: "/").map { Int($0) } ?? .max))
}

/// Processors in this process's affinity mask; nil where nothing tells.
func allowedProcessors(root: String) -> Int? {
  // "Cpus_allowed:	f,ffffffff"
  let lines = text(root + "proc/self/status")?.split(separator: "\n") ?? []
  guard let line = lines.first(where: { $0.hasPrefix("Cpus_allowed:") }) else { return nil }
  let digits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
  let count = digits.reduce(0) { $0 + $1.nonzeroBitCount }
  return count > 0 ? count : nil
}

/// Processors' worth of time that control groups grant, version 1 or 2; nil for no limit.
func processorQuota(root: String) -> Double? {
  controlGroups("cpu", root: root).compactMap { group in
    group.isUnified ? unifiedQuota(group.folder) : legacyQuota(group.folder)
  }.min()
}

/// cpu.max holds "200000 100000", or "max 100000".
private func unifiedQuota(_ folder: String) -> Double? {
  let fields = text(folder + "/cpu.max")?.split(whereSeparator: \.isWhitespace) ?? []
  return fields.count == 2 ? share(fields[0], of: fields[1]) : nil
}

private func legacyQuota(_ folder: String) -> Double? {
  guard let quota = text(folder + "/cpu.cfs_quota_us"),
    let period = text(folder + "/cpu.cfs_period_us")
  else { return nil }
  return share(quota[...], of: period[...])
}

private func share(_ quota: Substring, of period: Substring) -> Double? {
  func number(_ text: Substring) -> Double? {
    text.split(whereSeparator: \.isWhitespace).first.flatMap { Double($0) }
  }
  guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else {
    return nil
  }
  return quota / period
}
