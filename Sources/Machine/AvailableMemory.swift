import Foundation

/// Bytes of memory that this process may still take: the machine's, or its group's limit.
public func availableMemory() -> Int {
  func number(_ path: String) -> Int? {
    (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
      Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
  let physical = Int(clamping: ProcessInfo.processInfo.physicalMemory)
  let meminfo = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
  let line = meminfo.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
  let kibibytes = line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  let machine = kibibytes.map { $0 << 10 } ?? physical
  guard let limit = number("/sys/fs/cgroup/memory.max"),
    let used = number("/sys/fs/cgroup/memory.current")
  else { return machine }
  return min(machine, max(0, limit - used))
}
