import ModelFiles
import Testing

@testable import KernelCompiler

/// What the compiler makes of the products in which most time goes, for CPUs that needn't be here.
@Suite struct AssemblyTests {
  /// The same sums in another order need more registers than there are: clang 14 once wrote twice the
  /// instructions for full tiles, and nothing but the speed on another CPU would have told.
  @Test(arguments: [Target.x8664v4vnni, .x8664v4, .x8664v3vnni], [2, 4])
  func `full tiles of bytes keep their sums in registers`(_ target: Target, _ bits: Int) throws {
    let blocks = try basicBlocks(.affine(bits: bits, groupSize: 64, scaleType: .bfloat16), target)
    // 16 rows times 64 columns times 8 tokens, or 4 where registers are half as wide.
    let products = 128 * target.instructions.blocksTogether
    let full = blocks.filter { $0.products == products }
    #expect(!full.isEmpty, "no loop was found")
    for loop in full {
      #expect(loop.spills * 4 <= loop.products, "\(loop)")
    }
  }

  struct BasicBlock {
    let label: Substring
    /// Instructions that multiply bytes.
    var products = 0
    /// Spills and reloads: moves of whole vector registers to and from the stack.
    var spills = 0
  }

  private func basicBlocks(_ format: WeightFormat, _ target: Target) throws -> [BasicBlock] {
    let graph = TestModel(hidden: 128, intermediate: 128, format: format).graph()
    let source = try generateSource(graph, target: target, numerics: .fast)
    let files = source.files.filter { file in
      file.name.hasSuffix(".h") || file.name.hasPrefix("products_")
    }
    let assembly = try TestToolchain.toolchain.get().assembly(
      files: files, flags: CompiledSource.flags(for: target))
    var blocks: [BasicBlock] = []
    for line in assembly.split(separator: "\n") {
      if let colon = line.firstIndex(of: ":"), line.first == "." {
        blocks.append(BasicBlock(label: line[..<colon]))
      }
      guard let last = blocks.indices.last else { continue }
      if line.contains("vpdpbusd") || line.contains("vpmaddubsw") { blocks[last].products += 1 }
      let isWhole = line.contains("%zmm") || line.contains("%ymm")
      if isWhole, line.hasPrefix("\tvmov"), line.contains("(%rsp)") {
        blocks[last].spills += 1
      }
    }
    return blocks
  }
}
