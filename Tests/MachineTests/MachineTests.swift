import Foundation
import Testing

@testable import Machine

/// What the process may use of its machine, read from files as Linux writes them.
struct MachineTests {
  /// A root folder with these files.
  private func withRoot<Result>(
    _ files: [String: String], _ body: (String) throws -> Result
  ) throws -> Result {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files {
      let file = root.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    return try body(root.path + "/")
  }

  private func quota(_ files: [String: String]) throws -> Double? {
    try withRoot(files, processorQuota)
  }

  @Test func `The quota of control groups version 2 counts, also that of a group above`() throws {
    let group = "proc/self/cgroup"
    #expect(
      try quota([group: "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "250000 100000\n"]) == 2.5)
    #expect(
      try quota([
        group: "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
        "sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
      ]) == 1.5)
    #expect(try quota([group: "0::/\n", "sys/fs/cgroup/cpu.max": "300000 100000\n"]) == 3)
    #expect(try quota([group: "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"]) == nil)
  }

  @Test func `The quota of control groups version 1 counts`() throws {
    let files = [
      "proc/self/cgroup": "5:memory:/x\n4:cpu,cpuacct:/x\n0::/x\n",
      "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "120000\n",
      "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
    ]
    #expect(try quota(files) == 1.2)
    var unlimited = files
    unlimited["sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us"] = "-1\n"
    #expect(try quota(unlimited) == nil)
  }

  @Test func `Files that are missing or make no sense limit nothing`() throws {
    #expect(try quota([:]) == nil)
    #expect(try quota(["proc/self/cgroup": "nonsense\n0::\n"]) == nil)
    #expect(
      try quota(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "0 0 0\n"]) == nil)
    #expect(availableThreads() >= 1)
  }

  @Test func `Memory is what is left within the tightest group`() throws {
    let group = "proc/self/cgroup"
    let limited = [
      group: "0::/a/b\n", "sys/fs/cgroup/a/memory.max": "1000000\n",
      "sys/fs/cgroup/a/memory.current": "400000\n", "sys/fs/cgroup/a/b/memory.max": "max\n",
      "sys/fs/cgroup/a/b/memory.current": "1\n",
    ]
    #expect(try withRoot(limited, memoryQuota) == 600_000)
    var over = limited
    over["sys/fs/cgroup/a/memory.current"] = "1200000\n"
    #expect(try withRoot(over, memoryQuota) == 0)
    let legacy = [
      group: "5:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes": "5000\n",
      "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "3000\n",
    ]
    #expect(try withRoot(legacy, memoryQuota) == 2000)
    #expect(try withRoot([group: "0::/\n"], memoryQuota) == nil)
    let meminfo = "MemTotal:  3000 kB\nMemAvailable:   2000 kB\n"
    #expect(try withRoot(["proc/meminfo": meminfo], availableMemory) == 2_048_000)
    #expect(try withRoot([:], availableMemory) == nil)
    #expect(availableMemory() > 0)
  }

  @Test func `The affinity mask is counted`() throws {
    let status = "Name:\tx\nCpus_allowed:\tf,ffffff01\nCpus_allowed_list:\t0\n"
    #expect(try withRoot(["proc/self/status": status], allowedProcessors) == 4 + 24 + 1)
    #expect(try withRoot([:], allowedProcessors) == nil)
  }

  @Test func `Processor features are read as x86 and arm64 list them`() {
    let x86 = "processor\t: 0\nflags\t\t: fpu avx2 fma\n\nprocessor\t: 1\nflags\t\t: other\n"
    #expect(ProcessorFeatures.parse(cpuinfo: x86) == ["fpu", "avx2", "fma"])
    #expect(ProcessorFeatures.parse(cpuinfo: "Features\t: fp asimd\n") == ["fp", "asimd"])
    #expect(ProcessorFeatures.parse(cpuinfo: "") == [])
    let features = ProcessorFeatures(names: ["avx2"])
    #expect(features.missing(from: ["avx2", "fma"]) == ["fma"])
  }
}
