/// The few functions of the C library that the language needs.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func realPower(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Seconds that this thread has computed: on a busy machine a template gets its full time.
func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// A date and time of day as people write it, without a time zone.
public struct LocalTime: Sendable {
  public var year: Int
  public var month: Int  // 1...12
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int

  public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  /// The time here and now.
  public static var now: LocalTime {
    var clock = time(nil)
    var parts = tm()
    localtime_r(&clock, &parts)
    return LocalTime(
      year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
      hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: Int(parts.tm_sec))
  }
}

/// The layouts of C's `printf` for floating-point numbers.
enum DecimalLayout {
  case fixed, exponent, general
}

/// A number with that many decimals (or significant digits, for `general`).
func decimalText(_ value: Double, _ layout: DecimalLayout, _ precision: Int) -> String {
  let format =
    switch layout {
    case .fixed: "%.*f"
    case .exponent: "%.*e"
    case .general: "%.*g"
    }
  return withVaList([Int32(clamping: precision), value]) { arguments in
    var buffer = [CChar](repeating: 0, count: 400 + max(precision, 0))
    vsnprintf(&buffer, buffer.count, format, arguments)
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
