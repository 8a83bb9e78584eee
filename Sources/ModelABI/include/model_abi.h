// The contract between a compiled model library and the runtime that loads it.
//
// A library exports one symbol, `model_describe`. It owns no memory, keeps no state between steps
// and prints nothing: the runtime hands it weights, pages, scratch and logits with every step.
// The generic backend takes the same `model_step`, so the engine above knows one kind of model.
#ifndef MODEL_ABI_H
#define MODEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Raised whenever a structure below changes; a runtime loads only libraries of its own version.
#define MODEL_ABI_VERSION 4

// One step: `rows` tokens of one or more sequences go through the model together.
//
// The rows of one sequence stand next to each other in ascending, consecutive positions; the keys
// and values of all its earlier positions are in its pages. A row sees positions up to its own.
// A row's result depends on its own sequence alone: not on the other rows, on how a prompt is
// cut into steps, or on the number of threads.
typedef struct model_step {
    int32_t rows;                      // 1 to maximum_rows
    const int32_t *tokens;             // (rows) token ids, each 0 to vocabulary - 1
    const int32_t *positions;          // (rows) 0-based, each below context_limit
    const int32_t *sequences;          // (rows) index into page_tables
    const int32_t *const *page_tables; // (sequences, pages) number in `pages` of each run of
                                       // page_positions positions
    int32_t logit_rows;                // 0 to maximum_rows
    const int32_t *logit_indices;      // (logit_rows) rows whose logits are wanted,
                                       // each once, ascending
    float *logits;                     // (logit_rows, vocabulary)
    const void *weights;               // weights_bytes, 64-byte aligned, read only
    void *pages;                       // page_bytes each, 64-byte aligned
    void *scratch;                     // scratch_bytes(threads), 64-byte aligned, contents free
    int32_t streams;                   // blocks of weights that a thread reads at once for one
                                       // row, 1, 2 or 4: whichever the machine answers fastest;
                                       // others: as the library thinks best
    double *kernel_seconds;            // (kernel_count) the time that each kernel took is added;
                                       // NULL where nobody wants to know
} model_step;

// What one kernel costs, for benchmarks and the scheduler. Costs are linear in rows and, for
// attention, in the positions that the rows attend to.
typedef struct model_kernel_cost {
    const char *name;              // the function in the generated source
    int32_t calls;                 // per step
    uint64_t weight_bytes;         // read once per step, all calls together
    uint64_t operations_per_row;   // multiplies and adds, all calls together
    uint64_t page_bytes_per_position;      // keys and values read per attended position
    uint64_t operations_per_position;      // per row and attended position
} model_kernel_cost;

typedef struct model_description {
    uint32_t abi_version;     // MODEL_ABI_VERSION
    const char *generator;    // name and version of the generator: "mlx-compile 0.1"
    const char *model_type;   // config.json's model_type
    const char *signature;    // hash of graph, shapes and weight formats: library and weights agree
    const char *target;       // "x86-64-v3", "native", …
    const char *cpu_features; // what the code needs, space separated: "avx2 fma f16c"
    const char *numerics;     // "fast" or "exact"
    const char *cache_type;   // how pages hold keys and values: "f32", "f16" or "int8"
    int32_t vocabulary;       // columns of the logits
    int32_t hidden;           // columns of the residual stream
    int32_t layers;           // decoder layers
    int32_t maximum_rows;     // most rows of one step
    int32_t page_positions;   // positions of one page, all layers together
    int32_t context_limit;    // most positions of one sequence that the model was made for
    uint64_t weights_bytes;   // size of weights.bin
    uint64_t page_bytes;      // bytes of one page, all layers
    int32_t kernel_count;
    const model_kernel_cost *kernels; // (kernel_count)

    // Bytes of scratch that a step on that many threads needs.
    uint64_t (*scratch_bytes)(int32_t threads);

    // Runs one step in one parallel region of `threads` threads and returns when it is done.
    void (*run)(const model_step *step, int32_t threads);
} model_description;

// The library's only exported symbol; the result is constant and lives as long as the library.
typedef const model_description *(*model_describe_function)(void);
#define MODEL_DESCRIBE_SYMBOL "model_describe"

#ifdef __cplusplus
}
#endif

#endif
