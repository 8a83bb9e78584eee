import Foundation
import ModelFiles
import ModelGraph
import Testing

@testable import KernelCompiler

/// Generated code under the address and undefined-behaviour sanitizers, with memory of exactly the
/// sizes that it asks for.
@Suite(.timeLimit(.minutes(30))) struct SanitizerTests {
  @Test(arguments: [(Numerics.exact, CacheType.f32), (.fast, .int16), (.fast, .int8)])
  func `generated code reads and writes only what is its own`(
    _ numerics: Numerics, _ cacheType: CacheType
  ) throws {
    let toolchain = try Toolchain.find()
    let target = try toolchain.target(named: "native")
    let model = TestModel(
      hidden: 96, intermediate: 64, headDimension: 24, layers: 7, window: 100, headNorm: true,
      bias: true, tied: true, normStyle: numerics == .exact ? .layer : .rms,
      normBias: numerics == .exact, residualScale: 0.5, logitCap: 10,
      formats: [
        .affine(bits: 3, groupSize: 32, scaleType: .bfloat16), .dense(.bfloat16),
        .affine(bits: 6, groupSize: 32, scaleType: .float16),
        .affine(bits: 5, groupSize: 32, scaleType: .float32),
      ] + BlockFloat.allCases.map(WeightFormat.blockFloat))
    let graph = model.graph()
    let source = try generateSource(
      graph, target: target, numerics: numerics, cacheType: cacheType)
    let folder = try TestToolchain.temporaryFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for file in source.files + [("driver.c", Self.driver)] {
      try file.text.write(toFile: "\(folder)/\(file.name)", atomically: true, encoding: .utf8)
    }
    try Data(CompiledTestModel.pack(graph, source.plan)).write(
      to: URL(fileURLWithPath: folder + "/weights.bin"))
    let flags = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fopenmp", "-g"]
    let compile = ChildProcess(
      path: toolchain.path,
      arguments: source.compilerFlags + target.compilerFlags + ["-O0"] + flags
        + source.units + ["driver.c", "-o", "driver", "-lm"], directory: folder)
    let compiled = try compile.run()
    if compiled.status != 0, compiled.errors.contains("libclang_rt") {
      return print("skipped: this clang has no sanitizer runtime (libclang-rt-14-dev)")
    }
    try #require(compiled.status == 0, "\(compiled.errors)")
    let run = ChildProcess(path: folder + "/driver", arguments: [], directory: folder)
    let result = try run.run()
    #expect(result.status == 0, "\(result.errors.prefix(3000))")
  }

  /// Steps of 130, 1, 9 and 3 rows with exact allocations; of the long ones the logits of every
  /// third row.
  private static let driver = """
    #include "model_abi.h"
    #include <stdio.h>
    #include <stdlib.h>

    const model_description *model_describe(void);

    static void *room(size_t bytes) { return aligned_alloc(64, (bytes + 63) / 64 * 64); }

    int main(void) {
        const model_description *model = model_describe();
        enum { THREADS = 2, POSITIONS = 192 };
        const int steps[] = {130, 1, 9, 3};
        void *weights = room(model->weights_bytes);
        FILE *file = fopen("weights.bin", "rb");
        if (!file || fread(weights, 1, model->weights_bytes, file) != model->weights_bytes)
            return 2;
        fclose(file);
        const int pages = POSITIONS / model->page_positions;
        int32_t *table = malloc(4 * pages);
        for (int i = 0; i < pages; i++) table[i] = pages - 1 - i;
        const int32_t *tables[] = {table};
        void *memory = room(pages * model->page_bytes);
        for (int s = 0, position = 0; s < 4; position += steps[s++]) {
            const int rows = steps[s], apart = rows > 3 ? 3 : 1, wanted = rows / apart;
            int32_t *numbers[4];
            for (int i = 0; i < 4; i++) numbers[i] = malloc(4 * rows);
            for (int row = 0; row < rows; row++) {
                numbers[0][row] = (row * 7 + s) % model->vocabulary;
                numbers[1][row] = position + row;
                numbers[2][row] = 0;
                numbers[3][row] = row * apart;
            }
            float *logits = malloc((size_t)4 * wanted * model->vocabulary);
            void *scratch = room(model->scratch_bytes(THREADS));
            model_step step = {rows, numbers[0], numbers[1], numbers[2], tables, wanted, numbers[3],
                               logits, weights, memory, scratch};
            model->run(&step, THREADS);
            for (int i = 0; i < wanted * model->vocabulary; i++)
                if (!(logits[i] > -1e6f && logits[i] < 1e6f)) return 3;
            for (int i = 0; i < 4; i++) free(numbers[i]);
            free(logits);
            free(scratch);
        }
        free(memory);
        free(table);
        free(weights);
        return 0;
    }

    """
}
