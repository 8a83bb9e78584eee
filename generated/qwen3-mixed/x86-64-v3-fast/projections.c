// qwen3, 3 layers, for x86-64-v3 in fast numerics, keys and values in int16.
//
// What follows attention, and the logits.

#include "model.h"

// Columns `from` to `end` of one row as bytes in groups of 64 for what follows.
KERNEL void prepare_attention_output(const struct context *c, const uint8_t *weights, int row,
                                     int rows, int from, int end,
                                     const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED) + (size_t)row * ROW;
    const float *x = source;
    (void)weights;
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// layers.0.attention.output: added to the residual stream.
// 128x128 q6_g64_bf16.
// 1 call a step, each 13,312 bytes of weights and 32,768 operations a row.
SHARED void attention_output(const struct context *c, const struct call *call, int thread,
                             int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1664, ROW = 16 * BLOCKS, PASS = 512 };
    enum { TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_attention_output(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    float *first = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row, normalised, as bytes in groups of 64 for what follows.
KERNEL void prepare_gate_and_up(const struct context *c, const uint8_t *weights, int row, int rows,
                                int from, int end, const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// layers.0.mlp.gate: silu(gate) * up.
// 128x128 q6_g64_bf16, 128x128 q6_g64_bf16.
// 1 call a step, each 26,624 bytes of weights and 65,536 operations a row.
SHARED void gate_and_up(const struct context *c, const struct call *call, int thread, int threads) {
    enum { GATE = 512, UP = 2176, BLOCKS = 8, STRIDE = 3328 };
    enum { ROW = 16 * BLOCKS, PASS = 512, TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_gate_and_up(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 gates[PRODUCTS], ups[PRODUCTS], *gate = gates, *up = ups;
                    float *first = shared_floats(c, GATED) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q6_g64_bf16(gate, weights + GATE + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    product_q6_g64_bf16(up, weights + UP + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, gate += tokens, up += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, silu(gate[t]) * up[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row as bytes in groups of 64 for what follows.
KERNEL void prepare_mlp_down(const struct context *c, const uint8_t *weights, int row, int rows,
                             int from, int end, const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, GATED) + (size_t)row * ROW;
    const float *x = source;
    (void)weights;
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// layers.0.mlp.down: added to the residual stream.
// 128x128 q6_g64_bf16.
// 1 call a step, each 13,312 bytes of weights and 32,768 operations a row.
SHARED void mlp_down(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1664, ROW = 16 * BLOCKS, PASS = 512 };
    enum { TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_mlp_down(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    float *first = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row as bytes in groups of 64 for what follows.
KERNEL void prepare_attention_output_variant2(const struct context *c, const uint8_t *weights,
                                              int row, int rows, int from, int end,
                                              const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED_2) + (size_t)row * ROW;
    const float *x = source;
    (void)weights;
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// layers.1.attention.output: added to the residual stream.
// 128x128 q4_g64_bf16.
// 1 call a step, each 9,216 bytes of weights and 32,768 operations a row.
SHARED void attention_output_variant2(const struct context *c, const struct call *call, int thread,
                                      int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1152, ROW = 16 * BLOCKS, PASS = 512 };
    enum { TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_attention_output_variant2(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    float *first = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q4_g64_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row, normalised, as bytes in groups of 64 for what follows.
KERNEL void prepare_gate_and_up_variant2(const struct context *c, const uint8_t *weights, int row,
                                         int rows, int from, int end,
                                         const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// layers.1-2.mlp.gate: silu(gate) * up.
// 128x128 q4_g64_bf16, 128x128 q4_g64_bf16.
// 2 calls a step, each 18,432 bytes of weights and 65,536 operations a row.
SHARED void gate_and_up_variant2(const struct context *c, const struct call *call, int thread,
                                 int threads) {
    enum { GATE = 512, UP = 1664, BLOCKS = 8, STRIDE = 2304 };
    enum { ROW = 16 * BLOCKS, PASS = 512, TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_gate_and_up_variant2(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 gates[PRODUCTS], ups[PRODUCTS], *gate = gates, *up = ups;
                    float *first = shared_floats(c, GATED) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q4_g64_bf16(gate, weights + GATE + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    product_q4_g64_bf16(up, weights + UP + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, gate += tokens, up += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, silu(gate[t]) * up[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row as bytes in groups of 32 for what follows.
KERNEL void prepare_mlp_down_variant2(const struct context *c, const uint8_t *weights, int row,
                                      int rows, int from, int end,
                                      const struct int8_rows *int8_g32) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, GATED) + (size_t)row * ROW;
    const float *x = source;
    (void)weights;
    store_int8(int8_g32, x, row, rows, from, end, COLUMNS, 32);
}

// layers.1-2.mlp.down: added to the residual stream.
// 128x128 q8_g32_bf16.
// 2 calls a step, each 18,432 bytes of weights and 32,768 operations a row.
SHARED void mlp_down_variant2(const struct context *c, const struct call *call, int thread,
                              int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 2304, ROW = 16 * BLOCKS, PASS = 512 };
    enum { TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED_2;
    const struct int8_rows int8_g32 = take_int8_rows(&room, capacity, 128, 32);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_mlp_down_variant2(c, weights, row, rows, s.from, s.end, &int8_g32);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    float *first = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q8_g32_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                        &int8_g32, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row as bytes in groups of 128 for what follows.
KERNEL void prepare_attention_output_variant3(const struct context *c, const uint8_t *weights,
                                              int row, int rows, int from, int end,
                                              const struct int8_rows *int8_g128) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED_2) + (size_t)row * ROW;
    const float *x = source;
    (void)weights;
    store_int8(int8_g128, x, row, rows, from, end, COLUMNS, 128);
}

// layers.2.attention.output: added to the residual stream.
// 128x128 q3_g128_bf16.
// 1 call a step, each 6,656 bytes of weights and 32,768 operations a row.
SHARED void attention_output_variant3(const struct context *c, const struct call *call, int thread,
                                      int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 832, ROW = 16 * BLOCKS, PASS = 512 };
    enum { TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g128 = take_int8_rows(&room, capacity, 128, 128);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_attention_output_variant3(c, weights, row, rows, s.from, s.end, &int8_g128);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    float *first = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    product_q3_g128_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                         &int8_g128, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// Columns `from` to `end` of one row, normalised, as bytes in groups of 64 for what follows.
KERNEL void prepare_logits(const struct context *c, const uint8_t *weights, int row, int rows,
                           int from, int end, const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)c->step->logit_indices[row] * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// logits: for the rows that want them.
// 320x128 q6_g64_bf16.
// 1 call a step, each 33,280 bytes of weights and 81,920 operations a row.
SHARED void logits(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = 512, BLOCKS = 20, STRIDE = 1664 };
    enum { OUTPUTS = 320, PASS = 512, TOGETHER = 1 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->step->logit_rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_logits(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                        &int8_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = c->step->logits + (size_t)row * OUTPUTS + 16 * line;
                        for (int t = 0; t < tokens; t++, to += OUTPUTS) {
                            if (16 * line + 16 <= OUTPUTS)
                                store(to, y[t]);
                            else
                                for (int i = 0; i < OUTPUTS - 16 * line; i++) to[i] = y[t][i];
                        }
                    }
                }
        }
}
