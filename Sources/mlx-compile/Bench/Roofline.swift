import JSON
import KernelCompiler

/// What this machine can do at most, measured in the rounds of a benchmark beside the models.
struct Roofline {
  private let memory: ReadBandwidth
  /// Nil where no compiler can make the measuring loops.
  private let peak: ArithmeticPeak?
  private let threads: Int
  private var bandwidths: [Double] = []
  private var int8Rates: [Double] = []
  private var int16Rates: [Double] = []
  private var floatRates: [Double] = []
  /// Empty where floats are multiplied in their place.
  private var bf16Rates: [Double] = []

  /// `target` names the kernels' own, whose words the peaks are measured with; `peak` is what
  /// measures them, where it is compiled already.
  init(target: String, threads: Int, memoryBytes: Int = 1 << 30, peak: ArithmeticPeak? = nil) {
    self.threads = threads
    memory = ReadBandwidth(bytes: memoryBytes)
    self.peak = peak ?? (try? Self.peak(target: target))
  }

  static func peak(target: String) throws -> ArithmeticPeak {
    try ArithmeticPeak(
      target: Toolchain.find().target(named: target), toolchain: Toolchain.find())
  }

  mutating func measure() {
    bandwidths.append(memory.measure(threads: threads))
    guard let peak else { return }
    int8Rates.append(peak.int8Operations(threads: threads))
    int16Rates.append(peak.int16Operations(threads: threads))
    floatRates.append(peak.floatOperations(threads: threads))
    if let rate = peak.bf16Operations(threads: threads) { bf16Rates.append(rate) }
  }

  /// Bytes per second.
  var bandwidth: Samples { Samples(bandwidths) }
  /// Multiplications and additions per second; empty where they weren't measured.
  var int8Operations: Samples { Samples(int8Rates) }
  var int16Operations: Samples { Samples(int16Rates) }
  var floatOperations: Samples { Samples(floatRates) }
  /// Nil where floats are multiplied in their place.
  var bf16Operations: Samples? { bf16Rates.isEmpty ? nil : Samples(bf16Rates) }

  /// The least time in which so much can be read and computed, both at once.
  func seconds(_ work: KernelWork) -> Double {
    func time(_ amount: Double, _ rate: Double) -> Double { rate > 0 ? amount / rate : 0 }
    let computing =
      time(work.int8Operations, int8Operations.median)
      + time(work.int16Operations, int16Operations.median)
      + time(work.bf16Operations, (bf16Operations ?? floatOperations).median)
      + time(work.floatOperations, floatOperations.median)
    return max(time(work.bytes, bandwidth.median), computing)
  }

  var json: JSON {
    [
      "read_bytes_per_second": bandwidth.json,
      "int8_operations_per_second": peak == nil ? .null : int8Operations.json,
      "int16_operations_per_second": peak == nil ? .null : int16Operations.json,
      "float_operations_per_second": peak == nil ? .null : floatOperations.json,
      "bf16_operations_per_second": bf16Operations?.json ?? .null,
    ]
  }
}
