import Foundation

/// Bytes of memory that this process may still take: what the machine has left, and no more than
/// its control groups grant it.
public func availableMemory() -> Int {
  let machine = availableMemory(root: "/") ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
  return min(machine, memoryQuota(root: "/") ?? .max)
}

/// What Linux says is left; nil where nothing tells.
func availableMemory(root: String) -> Int? {
  // "MemAvailable:   23684176 kB"
  let lines = text(root + "proc/meminfo")?.split(separator: "\n") ?? []
  let line = lines.first { $0.hasPrefix("MemAvailable:") }
  let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  return kibibytes.map { $0 << 10 }
}

/// Bytes that control groups, version 1 or 2, still grant; nil for no limit.
func memoryQuota(root: String) -> Int? {
  controlGroups("memory", root: root).compactMap { group in
    let names =
      group.isUnified
      ? (limit: "memory.max", used: "memory.current")
      : (limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes")
    guard let limit = number(group.folder + "/" + names.limit) else { return nil }
    return max(0, limit - (number(group.folder + "/" + names.used) ?? 0))
  }.min()
}

/// "max" is none.
private func number(_ path: String) -> Int? {
  text(path).flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
}
