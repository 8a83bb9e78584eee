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

/// Processors' worth of time that control groups grant, version 1 or 2; nil for no limit. The
/// limit of any group above this process's holds as well.
func processorQuota(root: String) -> Double? {
  let groups = text(root + "proc/self/cgroup")?.split(separator: "\n") ?? []
  var quotas: [Double] = []
  for group in groups {
    // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
    let fields = group.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { continue }
    let controllers = fields[1].split(separator: ",")
    if controllers.isEmpty {
      quotas += ancestors(fields[2]).compactMap { unifiedQuota(root + "sys/fs/cgroup" + $0) }
    } else if controllers.contains("cpu") {
      for hierarchy in Set(["cpu", String(fields[1])]) {
        let folder = root + "sys/fs/cgroup/" + hierarchy
        quotas += ancestors(fields[2]).compactMap { legacyQuota(folder + $0) }
      }
    }
  }
  return quotas.min()
}

/// "/a/b", "/a", "/".
private func ancestors(_ path: Substring) -> [String] {
  let parts = path.split(separator: "/")
  return (0...parts.count).reversed().map { "/" + parts.prefix($0).joined(separator: "/") }
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

private func text(_ path: String) -> String? {
  try? String(contentsOfFile: path, encoding: .utf8)
}
