import Foundation

/// One of the control groups that bound a process.
struct ControlGroup {
  let folder: String
  /// Version 2, where all controllers share one hierarchy.
  let isUnified: Bool
}

/// The groups of this process in which a controller ("cpu", "memory") may set limits, and all groups
/// above them, whose limits hold as well.
func controlGroups(_ controller: String, root: String) -> [ControlGroup] {
  let lines = text(root + "proc/self/cgroup")?.split(separator: "\n") ?? []
  return lines.flatMap { line -> [ControlGroup] in
    // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { return [] }
    let controllers = fields[1].split(separator: ",")
    if controllers.isEmpty {
      return ancestors(fields[2]).map {
        ControlGroup(folder: root + "sys/fs/cgroup" + $0, isUnified: true)
      }
    }
    guard controllers.contains(Substring(controller)) else { return [] }
    return Set([controller, String(fields[1])]).flatMap { hierarchy in
      ancestors(fields[2]).map {
        ControlGroup(folder: root + "sys/fs/cgroup/" + hierarchy + $0, isUnified: false)
      }
    }
  }
}

/// "/a/b", "/a", "/".
private func ancestors(_ path: Substring) -> [String] {
  let parts = path.split(separator: "/")
  return (0...parts.count).reversed().map { "/" + parts.prefix($0).joined(separator: "/") }
}

/// What a file of the system says; nil where there is none.
func text(_ path: String) -> String? {
  try? String(contentsOfFile: path, encoding: .utf8)
}
