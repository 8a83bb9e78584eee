// qwen3, 2 layers, for x86-64-v3 in fast numerics, keys and values in int16.
//
// Written by: mlx-compile 0.1.0 --target x86-64-v3 --numerics fast
// Weights: q4_g32_bf16
// A step reads 74,240 bytes of weights and, for each position attended to, 528
// bytes of pages; a row takes 237,568 operations.

#include "model.h"

// rope.table: cosines and sines of each row's position.
// 1 call a step.
KERNEL void rope_table(const struct context *c, const struct call *call, int thread, int threads) {
    enum { PAIRS = 16, FREQUENCIES = 0 };
    const float *frequencies = (const float *)(c->weights + call->weights + FREQUENCIES);
    for (int row = thread; row < c->rows; row += threads) {
        float *cosines = shared_floats(c, ANGLES) + (size_t)row * 2 * PAIRS;
        float *sines = cosines + PAIRS;
        const double position = c->step->positions[row];
        for (int i = 0; i < PAIRS; i++)
            cosine_and_sine(position * frequencies[i], 1.0f, cosines + i, sines + i);
    }
}

// One row of a table of 64 columns (q4_g32_bf16).
KERNEL void row_of_q4_g32_bf16_64(float *y, const uint8_t *table, int row) {
    enum { COLUMNS = 64, GROUP = 32, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 256, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const uint8_t *weights = table + (size_t)(row / 16) * GROUPS * GROUP_BYTES;
    const int lane = row % 16;
    for (int g = 0; g < GROUPS; g++, weights += GROUP_BYTES, y += GROUP) {
        const float scale = load_bf16(weights + CODE_BYTES)[lane];
        const float bias = load_bf16(weights + CODE_BYTES + SCALE_BYTES)[lane];
        for (int i = 0; i < GROUP; i++)
            y[i] = __builtin_fmaf(scale, (float)code_4(weights, lane, i, GROUP), bias);
    }
}

// embedding: each token's row of the table.
// 320x64 q4_g32_bf16.
// 1 call a step.
KERNEL void embed(const struct context *c, const struct call *call, int thread, int threads) {
    enum { COLUMNS = 64, ROW = 64 };
    for (int row = thread; row < c->rows; row += threads) {
        float *y = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
        row_of_q4_g32_bf16_64(y, c->weights + call->weights, c->step->tokens[row]);
        for (int i = COLUMNS; i < ROW; i++) y[i] = 0;
    }
}

// What later kernels read of the rows whose logits are wanted moves to the front; returns the
// step of those rows.
KERNEL const struct context *keep_wanted(const struct context *c, struct wanted *wanted,
                                         int thread, int threads) {
    if (c->step->logit_rows == c->rows) return c;
    if (thread == 0) {
        keep_rows(c, RESIDUAL, 64);
        keep_rows(c, QUERIES, 128);
    }
    meet(c->meeting, threads);
    return only_wanted(c, wanted);
}

static const struct call rope_table_calls[] = {
    {.weights = 0, .cache = 0},
};
static const struct call embed_calls[] = {
    {.weights = 86272, .cache = 0},
};
static const struct call attention_heads_calls[] = {
    {.weights = 4096, .cache = 0},
    {.weights = 45056, .cache = 16896},
};
static const struct call attention_calls[] = {
    {.weights = 0, .cache = 0},
    {.weights = 0, .cache = 16896},
};
static const struct call attention_output_calls[] = {
    {.weights = 16384, .cache = 0},
    {.weights = 57344, .cache = 0},
};
static const struct call gate_and_up_calls[] = {
    {.weights = 24576, .cache = 0},
    {.weights = 65536, .cache = 0},
};
static const struct call mlp_down_calls[] = {
    {.weights = 36864, .cache = 0},
    {.weights = 77824, .cache = 0},
};
static const struct call logits_calls[] = {
    {.weights = 86016, .cache = 0},
};

// Their places in the table of costs.
enum { KERNEL_ROPE_TABLE, KERNEL_EMBED, KERNEL_ATTENTION_HEADS, KERNEL_ATTENTION, KERNEL_ATTENTION_OUTPUT, KERNEL_GATE_AND_UP, KERNEL_MLP_DOWN, KERNEL_LOGITS };

// One thread's part of a step.
static void run_thread(const struct context *c, int thread, int threads) {
    struct clock clock = start_clock(c, thread);
    struct wanted wanted;
    rope_table(c, &rope_table_calls[0], thread, threads);
    book(&clock, KERNEL_ROPE_TABLE);
    embed(c, &embed_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_EMBED);
    for (int layer = 0; layer < 2; layer++) {
        attention_heads(c, &attention_heads_calls[layer], thread, threads);
        meet(c->meeting, threads);
        book(&clock, KERNEL_ATTENTION_HEADS);
        if (layer == 1) c = keep_wanted(c, &wanted, thread, threads);
        attention(c, &attention_calls[layer], thread, threads);
        meet(c->meeting, threads);
        book(&clock, KERNEL_ATTENTION);
        attention_output(c, &attention_output_calls[layer], thread, threads);
        meet(c->meeting, threads);
        book(&clock, KERNEL_ATTENTION_OUTPUT);
        gate_and_up(c, &gate_and_up_calls[layer], thread, threads);
        meet(c->meeting, threads);
        book(&clock, KERNEL_GATE_AND_UP);
        mlp_down(c, &mlp_down_calls[layer], thread, threads);
        meet(c->meeting, threads);
        book(&clock, KERNEL_MLP_DOWN);
    }
    logits(c, &logits_calls[0], thread, threads);
    book(&clock, KERNEL_LOGITS);
}

static void run(const model_step *step, int32_t threads) {
    struct meeting meeting = {.patience = MOST_PATIENCE};
    struct processors processors = {{0}};
    const struct context c = {step, (const uint8_t *)step->weights, (uint8_t *)step->scratch,
                              step->rows, streams_of(step), &meeting};
#pragma omp parallel num_threads(threads)
    {
        if (threads > 1) spread(&processors);
        run_thread(&c, omp_get_thread_num(), omp_get_num_threads());
    }
}

static uint64_t scratch_bytes(int32_t threads) {
    return SHARED_BYTES + (uint64_t)threads * THREAD_BYTES;
}

static const model_kernel_cost kernels[] = {
    {"rope_table", 1, 0, 0, 0, 0},
    {"embed", 1, 0, 0, 0, 0},
    {"attention_heads", 2, 20480, 65536, 0, 0},
    {"attention", 2, 0, 0, 528, 1024},
    {"attention_output", 2, 10240, 32768, 0, 0},
    {"gate_and_up", 2, 20480, 65536, 0, 0},
    {"mlp_down", 2, 10240, 32768, 0, 0},
    {"logits", 1, 12800, 40960, 0, 0},
};

static const model_description description = {
    .abi_version = MODEL_ABI_VERSION,
    .generator = "mlx-compile 0.1.0",
    .model_type = "qwen3",
    .signature = "fe394bfa8c9beeb5",
    .target = "x86-64-v3",
    .cpu_features = "avx avx2 bmi1 bmi2 f16c fma abm movbe",
    .numerics = "fast",
    .cache_type = "int16",
    .vocabulary = 320,
    .hidden = 64,
    .layers = 2,
    .maximum_rows = MAXIMUM_ROWS,
    .page_positions = PAGE_POSITIONS,
    .context_limit = 4096,
    .weights_bytes = 102400,
    .page_bytes = 33792,
    .kernel_count = sizeof kernels / sizeof *kernels,
    .kernels = kernels,
    .scratch_bytes = scratch_bytes,
    .run = run,
};

__attribute__((visibility("default"))) const model_description *model_describe(void) {
    return &description;
}
