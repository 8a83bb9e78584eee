import Foundation

/// Matrix products in float32: OpenBLAS where it is installed, plain loops where it isn't.
///
/// The library is opened at run time, not linked: its kernels are chosen in its constructor by a
/// variable that must be set before, and the program runs without it.
struct BLAS: Sendable {
  /// "OpenBLAS SkylakeX", for the description of the backend.
  let name: String
  private let library: Functions?

  private struct Functions: Sendable {
    let multiplyMatrices: MatrixMatrix
    let multiplyVector: MatrixVector
    let setThreads: @convention(c) (Int32) -> Void
  }

  private typealias MatrixMatrix =
    @convention(c) (
      _ order: Int32, _ transposeA: Int32, _ transposeB: Int32, _ m: Int32, _ n: Int32, _ k: Int32,
      _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
      _ ldb: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
    ) -> Void

  private typealias MatrixVector =
    @convention(c) (
      _ order: Int32, _ transpose: Int32, _ m: Int32, _ n: Int32, _ alpha: Float,
      _ a: UnsafePointer<Float>, _ lda: Int32, _ x: UnsafePointer<Float>, _ stride: Int32,
      _ beta: Float, _ y: UnsafeMutablePointer<Float>, _ strideY: Int32
    ) -> Void

  /// The one library of this process.
  static let shared = BLAS.open()

  /// Plain loops, also where a library is installed: for tests.
  static let plain = BLAS(name: "plain loops, OpenBLAS is not installed", library: nil)

  var isLibrary: Bool { library != nil }

  func setThreads(_ threads: Int) { library?.setThreads(Int32(threads)) }
}

// MARK: - Products

extension BLAS {
  private static let rowMajor: Int32 = 101
  private static let noTranspose: Int32 = 111
  private static let transpose: Int32 = 112

  /// `output = matrix · input`
  func multiply(
    _ matrix: UnsafePointer<Float>,  // (rows, columns)
    _ input: UnsafePointer<Float>,  // (columns)
    _ output: UnsafeMutablePointer<Float>,  // (rows)
    rows: Int, columns: Int
  ) {
    guard let library else {
      for row in 0..<rows { output[row] = dot(matrix + row * columns, input, count: columns) }
      return
    }
    library.multiplyVector(
      Self.rowMajor, Self.noTranspose, Int32(rows), Int32(columns), 1, matrix, Int32(columns),
      input, 1, 0, output, 1)
  }

  /// `output = input · matrixᵀ`
  func multiplyTransposed(
    _ input: UnsafePointer<Float>,  // (inputRows, columns)
    _ matrix: UnsafePointer<Float>,  // (rows, columns)
    _ output: UnsafeMutablePointer<Float>,  // (inputRows, rows of outputStride)
    inputRows: Int, rows: Int, columns: Int, outputStride: Int
  ) {
    guard let library else {
      for row in 0..<rows {
        for inputRow in 0..<inputRows {
          output[inputRow * outputStride + row] = dot(
            matrix + row * columns, input + inputRow * columns, count: columns)
        }
      }
      return
    }
    library.multiplyMatrices(
      Self.rowMajor, Self.noTranspose, Self.transpose, Int32(inputRows), Int32(rows),
      Int32(columns), 1, input, Int32(columns), matrix, Int32(columns), 0, output,
      Int32(outputStride))
  }

  /// `output += input · matrix`
  func addProduct(
    _ input: UnsafePointer<Float>,  // (inputRows, inner of inputStride)
    _ matrix: UnsafePointer<Float>,  // (inner, columns)
    _ output: UnsafeMutablePointer<Float>,  // (inputRows, columns)
    inputRows: Int, inner: Int, columns: Int, inputStride: Int
  ) {
    guard let library else {
      for inputRow in 0..<inputRows {
        for index in 0..<inner {
          addScaled(
            matrix + index * columns, by: input[inputRow * inputStride + index],
            to: output + inputRow * columns, count: columns)
        }
      }
      return
    }
    library.multiplyMatrices(
      Self.rowMajor, Self.noTranspose, Self.noTranspose, Int32(inputRows), Int32(columns),
      Int32(inner), 1, input, Int32(inputStride), matrix, Int32(columns), 1, output,
      Int32(columns))
  }
}

// MARK: - Opening the library

extension BLAS {
  private static let fileNames = [
    "libopenblas.so.0", "libopenblas.so", "libopenblas.dylib",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
  ]

  private static func open() -> BLAS {
    if hasAVX512() {  // releases that don't know a newer CPU fall back to their AVX2 kernels
      setenv("OPENBLAS_CORETYPE", "SkylakeX", 0)
    }
    guard
      let handle = fileNames.lazy.compactMap({ dlopen($0, RTLD_NOW | RTLD_LOCAL) }).first,
      let matrices = dlsym(handle, "cblas_sgemm"), let vector = dlsym(handle, "cblas_sgemv"),
      let setThreads = dlsym(handle, "openblas_set_num_threads")
    else { return plain }
    let functions = Functions(
      multiplyMatrices: unsafeBitCast(matrices, to: MatrixMatrix.self),
      multiplyVector: unsafeBitCast(vector, to: MatrixVector.self),
      setThreads: unsafeBitCast(setThreads, to: (@convention(c) (Int32) -> Void).self))
    return BLAS(name: "OpenBLAS\(coreName(handle))", library: functions)
  }

  private static func coreName(_ handle: UnsafeMutableRawPointer) -> String {
    guard let symbol = dlsym(handle, "openblas_get_corename") else { return "" }
    typealias CoreName = @convention(c) () -> UnsafePointer<CChar>?
    return unsafeBitCast(symbol, to: CoreName.self)().map { " " + String(cString: $0) } ?? ""
  }

  /// Whether the CPU has the parts of AVX-512 that OpenBLAS's SkylakeX kernels use.
  private static func hasAVX512() -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let flags = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return false }
    let names = Set(flags.split(separator: " "))
    return ["avx512f", "avx512bw", "avx512dq", "avx512vl"].allSatisfy { names.contains($0) }
  }
}
