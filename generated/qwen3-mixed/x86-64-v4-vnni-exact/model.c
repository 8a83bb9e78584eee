// qwen3, 3 layers, for x86-64-v4-vnni in exact numerics, keys and values in f32.
//
// Written by: mlx-compile 0.1.0 --target x86-64-v4-vnni --numerics exact
// Weights: q3_g128_bf16, q4_g64_bf16, q6_g64_bf16, q8_g32_bf16
// A step reads 248,832 bytes of weights and, for each position attended to, 1,536
// bytes of pages; a row takes 671,744 operations.

#include "model_abi.h"

#include "vector.h"

enum {
    MAXIMUM_ROWS = 512,  // rows of a step
    TILE = 4,  // rows multiplied with one block of weights at once
    STREAMS = 4,  // blocks of weights read at once, by
    STREAM_ROWS = 1,  // that many rows at most
    PRODUCTS = 4,  // vectors that one product yields at most
    ROWS_ALONE = 2,  // rows up to which each thread prepares all of them
    PAGE_POSITIONS = 64,  // positions of a page
    PAGE_VECTORS = PAGE_POSITIONS / 16,
    RUN_PAGES = 4,  // pages of one run of attention
    ATTENTION_QUERIES = 6,  // queries multiplied with one page at once
    ATTENTION_WIDTH = 16,  // vectors of a page's row that they are multiplied with
};
static const size_t PAGE_BYTES = 98304;      // of one page, all layers
static const size_t SHARED_BYTES = 1126528;  // of scratch for all threads
static const size_t THREAD_BYTES = 14592;  // of scratch for each thread

// Where in the shared scratch the rows of a step are, each for as long as they are needed.
static const size_t ANGLES = 0;
static const size_t RESIDUAL = 65536;
static const size_t ATTENDED = 327680;
static const size_t PREPARED = 327680;
static const size_t PREPARED_2 = 589824;
static const size_t GATED = 593984;
static const size_t QUERIES = 593984;
static const size_t PREPARED_3 = 856128;
static const size_t QUERIES_2 = 864384;

#include "functions.h"
#include "meeting.h"
#include "step.h"
#include "rows.h"
#include "wanted.h"
#include "ahead.h"
#include "pages.h"
#include "cache.h"
#include "attention.h"
#include "angles.h"
#include "affine6.h"
#include "affine4.h"
#include "affine8.h"
#include "affine3.h"

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

// One row of a table of 128 columns (q6_g64_bf16).
KERNEL void row_of_q6_g64_bf16_128(float *y, const uint8_t *table, int row) {
    enum { COLUMNS = 128, GROUP = 64, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 768, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const uint8_t *weights = table + (size_t)(row / 16) * GROUPS * GROUP_BYTES;
    const int lane = row % 16;
    for (int g = 0; g < GROUPS; g++, weights += GROUP_BYTES, y += GROUP) {
        const float scale = load_bf16(weights + CODE_BYTES)[lane];
        const float bias = load_bf16(weights + CODE_BYTES + SCALE_BYTES)[lane];
        for (int i = 0; i < GROUP; i++)
            y[i] = __builtin_fmaf(scale, (float)code_6(weights, lane, i, GROUP), bias);
    }
}

// embedding: each token's row of the table.
// 320x128 q6_g64_bf16.
// 1 call a step.
KERNEL void embed(const struct context *c, const struct call *call, int thread, int threads) {
    enum { COLUMNS = 128, ROW = 128 };
    for (int row = thread; row < c->rows; row += threads) {
        float *y = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
        row_of_q6_g64_bf16_128(y, c->weights + call->weights, c->step->tokens[row]);
        for (int i = COLUMNS; i < ROW; i++) y[i] = 0;
    }
}

// One row normalised, as floats with sums of 64 for what follows.
KERNEL void prepare_attention_heads(const struct context *c, const uint8_t *weights, int row,
                                    int rows, const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// dot[t] = a group of codes (q6_g64_bf16) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void float_dots_q6_g64_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                   int r, const int TOKENS) {
    enum { GROUP = 64, CHUNK = 16, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        unpack_6(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}

// Blocks of 16 rows of 128 columns (q6_g64_bf16), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(code, x) + bias * x_sum.
INLINE void tile_q6_g64_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct float_rows *x, int row, const int BLOCKS,
                                 const int TOKENS) {
    enum { COLUMNS = 128, GROUP = 64, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 768, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const float *rows = x->values + (size_t)row * COLUMNS;
    const float *sums = x->sums + (size_t)row * GROUPS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            if (TOKENS > 1) read_ahead(group, GROUP_BYTES);
            union f32_lanes dot[TILE];
            int registers = REGISTERS;
            if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(registers);
            for (int r = 0; r < registers; r++) float_dots_q6_g64_bf16(dot, group, rows, r, TOKENS);
            const f32x16 scale = load_bf16(group + CODE_BYTES);
            const f32x16 bias = load_bf16(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

KERNEL void product_q6_g64_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                    const struct float_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q6_g64_bf16_128(y, weights, apart, x, row, 1, 1); break;
        case 1 * TILE + 2: tile_q6_g64_bf16_128(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q6_g64_bf16_128(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q6_g64_bf16_128(y, weights, apart, x, row, 1, 4); break;
        case 4 * TILE + 1: tile_q6_g64_bf16_128(y, weights, apart, x, row, 4, 1); break;
    }
}

// One query head of some rows with norm, rotation, for attention to read.
KERNEL void attention_heads_query(const struct context *c, const struct call *call,
                                  const struct float_rows *x, int first, int end, int row,
                                  int limit, int rows) {
    enum { HEADS = 4, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 512, STRIDE = 1664 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    rms_normalise(channel, channel, (const float *)(weights + 13824), DIMENSION,
                                  PADDED, 1e-06f);
                    const float *angles = shared_floats(c, ANGLES) + (size_t)token * 32;
                    rotate_halves(channel, angles, angles + 16, 16);
                    float *to = shared_floats(c, QUERIES) + ((size_t)token * HEADS + head) * PADDED;
                    copy_row(to, channel, PADDED);
                }
            }
    }
}

// One key head of some rows with norm, rotation, into its page.
KERNEL void attention_heads_key(const struct context *c, const struct call *call,
                                const struct float_rows *x, int first, int end, int row, int limit,
                                int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 13952, STRIDE = 1664 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    rms_normalise(channel, channel, (const float *)(weights + 20608), DIMENSION,
                                  PADDED, 1e-06f);
                    const float *angles = shared_floats(c, ANGLES) + (size_t)token * 32;
                    rotate_halves(channel, angles, angles + 16, 16);
                    store_key(c, call, channel, token, head, DIMENSION, PADDED);
                }
            }
    }
}

// One value head of some rows, into its page.
KERNEL void attention_heads_value(const struct context *c, const struct call *call,
                                  const struct float_rows *x, int first, int end, int row,
                                  int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 20736, STRIDE = 1664 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    store_value(c, call, channel, token, head, DIMENSION, PADDED);
                }
            }
    }
}

// layers.0.attention.query: query, key and value heads, each finished where it is made.
// 128x128 q6_g64_bf16, 64x128 q6_g64_bf16, 64x128 q6_g64_bf16.
// 1 call a step, each 26,624 bytes of weights and 65,536 operations a row.
KERNEL void attention_heads(const struct context *c, const struct call *call, int thread,
                            int threads) {
    enum { QUERIES = 4, KEYS = 2, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_attention_heads(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, UNITS, rows, PASS, thread, threads)) {
        const int limit = smaller(rows, p.row + PASS), keys = QUERIES, values = QUERIES + KEYS;
        attention_heads_query(c, call, &floats_g64, smaller(p.first, keys), smaller(p.end, keys),
                              p.row, limit, rows);
        attention_heads_key(c, call, &floats_g64, within(p.first - keys, 0, KEYS),
                            within(p.end - keys, 0, KEYS), p.row, limit, rows);
        attention_heads_value(c, call, &floats_g64, within(p.first - values, 0, KEYS),
                              within(p.end - values, 0, KEYS), p.row, limit, rows);
    }
}

// Brings the states of the queries of `tokens` rows from `row` on, all those that share one
// key-value head, forward over one page. All but the first read it from a cache.
KERNEL void attention_over_page(const struct context *c, const uint8_t *head,
                                const struct ahead *ahead, float *states, const uint8_t *queries,
                                int row, int tokens, int page) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    const int32_t *positions = c->step->positions + row;
    const int base = page * PAGE_POSITIONS;
    const int written = smaller(PAGE_POSITIONS, positions[tokens - 1] - base + 1);
    for (int m = 0; m < tokens * GROUP; m += ATTENTION_QUERIES, ahead = NULL) {
        const int count = smaller(ATTENTION_QUERIES, tokens * GROUP - m);
        float *state = states + m * STATE;
        const uint8_t *query = queries + m * QUERY_BYTES(PADDED);
        int last[ATTENTION_QUERIES];
        for (int i = 0; i < count; i++) last[i] = positions[(m + i) / GROUP] - base;
        switch (count) {
            case 1: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             1, 2); break;
            case 2: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             2, 2); break;
            case 3: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             3, 2); break;
            case 4: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             4, 2); break;
            case 5: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             5, 2); break;
            case 6: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             6, 2); break;
        }
    }
}

// The states of the queries of `tokens` rows and `heads` key-value heads after one run of pages.
// Memory is read in its order: the heads of a page stand next to each other.
KERNEL void attention_over_run(const struct context *c, const struct call *call, float *states,
                               const uint8_t *queries, int row, int tokens, int head, int heads,
                               int run) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, HEAD = HEAD_BYTES(DIMENSION, PADDED) };
    enum { MOST_HEADS = HEAD < AHEAD_ROOM ? AHEAD_ROOM / HEAD : 1 };
    const int32_t *positions = c->step->positions + row;
    const int first = first_page(positions[0], WINDOW), begin = run * RUN_PAGES;
    const int pages = positions[tokens - 1] / PAGE_POSITIONS + 1;
    const int end = smaller(begin + RUN_PAGES, pages), count = tokens * GROUP;
    const int units = (heads + MOST_HEADS - 1) / MOST_HEADS, together = (heads + units - 1) / units;
    for (int q = 0; q < heads * count; q++) clear_state(states + q * STATE, PADDED);
    for (int page = first > begin ? first : begin; page < end; page++) {
        const int base = page * PAGE_POSITIONS, after = base + PAGE_POSITIONS;
        const uint8_t *here = head_of(c, call, row, base, head, DIMENSION, PADDED), *later = here;
        if (page + 1 < pages) later = head_of(c, call, row, after, head, DIMENSION, PADDED);
        const int written = positions[tokens - 1] + 1 - base, written_later = written - PAGE_POSITIONS;
        for (int h = 0; h < heads; h++) {
            const int unit = h / together * together, next = unit + together;
            const int size = smaller(together, next < heads ? heads - next : heads);
            struct ahead ahead = {0};
            if (written_later >= PAGE_POSITIONS || (written >= PAGE_POSITIONS && next < heads)) {
                ahead.from = next < heads ? here + next * HEAD : later;
                ahead.from += (h - unit) * (HEAD / AHEAD_STREAMS);
                ahead.apart = size * HEAD / AHEAD_STREAMS;
            } else if (written_later <= 0 && h + 1 < heads) {
                ahead = ahead_in_part(here + (h + 1) * HEAD, smaller(written, PAGE_POSITIONS),
                                      DIMENSION, PADDED);
            } else if (written_later > 0 && h + 1 == heads) {
                ahead = ahead_in_part(later, written_later, DIMENSION, PADDED);
            }
            attention_over_page(c, here + h * HEAD, ahead.from ? &ahead : NULL, states + h *
                                count * STATE, queries + h * count * QUERY_BYTES(PADDED), row,
                                tokens, page);
        }
    }
}

// The queries of `tokens` rows that belong to some key-value heads, scaled, as pages.h wants them.
KERNEL void attention_queries(const struct context *c, uint8_t *queries, int row, int tokens,
                              int head, int heads) {
    enum { HEADS = 4, GROUP = 2, PADDED = 32 };
    const float *source = shared_floats(c, QUERIES) + ((size_t)row * HEADS + head * GROUP) * PADDED;
    for (int h = 0; h < heads; h++)
        for (int t = 0; t < tokens; t++) {
            const float *from = source + ((size_t)t * HEADS + h * GROUP) * PADDED;
            for (int q = 0; q < GROUP; q++, queries += QUERY_BYTES(PADDED))
                prepare_query(queries, from + q * PADDED, 0.17677669f, PADDED);
        }
}

// Divides a query's sums by its total and puts them where the projection reads them.
KERNEL void attention_finish(const struct context *c, const float *state, int row, int head) {
    enum { HEADS = 4, DIMENSION = 32, ROW = 128 };
    float *y = shared_floats(c, ATTENDED) + (size_t)row * ROW + head * DIMENSION;
    const float factor = 1.0f / state[STATE_TOTAL];
    for (int i = 0; i < DIMENSION; i++) y[i] = state[STATE_SUMS + i] * factor;
    if (head == HEADS - 1)
        for (int i = DIMENSION; i < ROW - head * DIMENSION; i++) y[i] = 0;
}

// All runs of the queries of some rows that share `heads` key-value heads.
KERNEL void attention_of_rows(const struct context *c, const struct call *call, int row,
                              int tokens, int head, int heads) {
    enum { GROUP = 2, PADDED = 32, STATE = STATE_SUMS + PADDED, WINDOW = 0 };
    enum { MOST_QUERIES = 24 };
    uint8_t queries[MOST_QUERIES * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + row;
    const int last_run = positions[tokens - 1] / (PAGE_POSITIONS * RUN_PAGES);
    const int count = tokens * GROUP;
    attention_queries(c, queries, row, tokens, head, heads);
    for (int q = 0; q < heads * count; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run <= last_run; run++) {
        attention_over_run(c, call, part, queries, row, tokens, head, heads, run);
        for (int q = 0; q < heads * count; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int q = 0; q < heads * count; q++)
        attention_finish(c, whole + q * STATE, row + q % count / GROUP, (head + q / count) *
                         GROUP + q % GROUP);
}

// Where the states of a run wait to be joined, when runs of one row are divided among threads.
KERNEL float *attention_part(const struct context *c, int pair, int run, int threads) {
    enum { STATES = 2 * (STATE_SUMS + 32) };
    float *parts = (float *)(thread_scratch(c, pair % threads) + 2304);
    return parts + ((size_t)(pair / threads) * 16 + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void attention_divided(const struct context *c, const struct call *call, int thread,
                              int threads) {
    enum { HEADS = 2, GROUP = 2, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, RUN_POSITIONS = PAGE_POSITIONS * RUN_PAGES };
    uint8_t queries[GROUP * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[GROUP * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions;
    int units = 0, unit = 0;
    for (int row = 0; row < c->rows; row++)
        units += HEADS * (positions[row] / RUN_POSITIONS +
                          1 - first_page(positions[row], WINDOW) / RUN_PAGES);
    const int first = share(units, thread, threads), end = share(units, thread + 1, threads);
    for (int pair = 0; pair < c->rows * HEADS; pair++) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++) {
            if (unit >= first && unit < end) {
                attention_queries(c, queries, row, 1, head, 1);
                attention_over_run(c, call, attention_part(c, pair, run, threads), queries, row, 1,
                                   head, 1, run);
            }
            unit++;
        }
    }
    meet(c->meeting, threads);
    for (int pair = thread; pair < c->rows * HEADS; pair += threads) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int q = 0; q < GROUP; q++) clear_state(whole + q * STATE, PADDED);
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++)
            for (int q = 0; q < GROUP; q++)
                join_state(whole + q * STATE, attention_part(c, pair, run, threads) + q * STATE,
                           PADDED);
        for (int q = 0; q < GROUP; q++)
            attention_finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// layers.0.attention.attend: of every row over its sequence's pages.
// 1 call a step, each 512 bytes and 512 operations a position.
KERNEL void attention(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = 2, GROUP = 2, ROWS_TOGETHER = 12 };
    enum { WINDOW = 0, MOST_QUERIES = 24 };
    if (c->rows * HEADS < 2 * threads) {
        attention_divided(c, call, thread, threads);
        return;
    }
    const int32_t *positions = c->step->positions;
    int64_t cost = 0;
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        cost += (int64_t)tokens * HEADS * (last + 1 - first_page(positions[row], WINDOW));
    }
    // Heads are taken together as far as there are still several units for each thread.
    const int64_t largest = cost / (threads == 1 ? 1 : PORTIONS * threads);
    int unit = 0, mine = threads == 1 ? 0 : next_ticket(c->meeting);
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        const int64_t each = (int64_t)tokens * (last + 1 - first_page(positions[row], WINDOW));
        const int most = within((int)(largest / each), 1, MOST_QUERIES / (tokens * GROUP));
        for (int head = 0; head < HEADS; head += most, unit++) {
            if (unit != mine) continue;
            attention_of_rows(c, call, row, tokens, head, smaller(most, HEADS - head));
            mine = threads == 1 ? unit + 1 : next_ticket(c->meeting);
        }
    }
}

// One row as floats with sums of 64 for what follows.
KERNEL void prepare_attention_output(const struct context *c, const uint8_t *weights, int row,
                                     int rows, const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    (void)weights;
    copy_row(x, source, ROW);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// layers.0.attention.output: added to the residual stream.
// 128x128 q6_g64_bf16.
// 1 call a step, each 13,312 bytes of weights and 32,768 operations a row.
KERNEL void attention_output(const struct context *c, const struct call *call, int thread,
                             int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1664, ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED_2;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_attention_output(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// One row normalised, as floats with sums of 64 for what follows.
KERNEL void prepare_gate_and_up(const struct context *c, const uint8_t *weights, int row, int rows,
                                const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// layers.0.mlp.gate: silu(gate) * up.
// 128x128 q6_g64_bf16, 128x128 q6_g64_bf16.
// 1 call a step, each 26,624 bytes of weights and 65,536 operations a row.
KERNEL void gate_and_up(const struct context *c, const struct call *call, int thread, int threads) {
    enum { GATE = 512, UP = 2176, BLOCKS = 8, STRIDE = 3328 };
    enum { ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_gate_and_up(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 gates[PRODUCTS], ups[PRODUCTS], *gate = gates, *up = ups;
                    product_q6_g64_bf16_128(gate, weights + GATE + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    product_q6_g64_bf16_128(up, weights + UP + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, gate += tokens, up += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, GATED) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, silu(gate[t]) * up[t]);
                    }
                }
        }
}

// One row as floats with sums of 64 for what follows.
KERNEL void prepare_mlp_down(const struct context *c, const uint8_t *weights, int row, int rows,
                             const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, GATED) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    (void)weights;
    copy_row(x, source, ROW);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// layers.0.mlp.down: added to the residual stream.
// 128x128 q6_g64_bf16.
// 1 call a step, each 13,312 bytes of weights and 32,768 operations a row.
KERNEL void mlp_down(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1664, ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_mlp_down(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// One row normalised, as floats with sums of 64 and floats with sums of 32 for what follows.
KERNEL void prepare_attention_heads_variant2(const struct context *c, const uint8_t *weights,
                                             int row, int rows,
                                             const struct float_rows *floats_g64,
                                             const struct float_rows *floats_g32) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
    store_floats(floats_g32, x, row, rows, ROW);
    store_sums(floats_g32, x, row, rows, COLUMNS, 32);
}

// dot[t] = a group of codes (q4_g64_bf16) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void float_dots_q4_g64_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                   int r, const int TOKENS) {
    enum { GROUP = 64, CHUNK = 8, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        unpack_4(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}

// Blocks of 16 rows of 128 columns (q4_g64_bf16), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(code, x) + bias * x_sum.
INLINE void tile_q4_g64_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct float_rows *x, int row, const int BLOCKS,
                                 const int TOKENS) {
    enum { COLUMNS = 128, GROUP = 64, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 512, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const float *rows = x->values + (size_t)row * COLUMNS;
    const float *sums = x->sums + (size_t)row * GROUPS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            if (TOKENS > 1) read_ahead(group, GROUP_BYTES);
            union f32_lanes dot[TILE];
            int registers = REGISTERS;
            if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(registers);
            for (int r = 0; r < registers; r++) float_dots_q4_g64_bf16(dot, group, rows, r, TOKENS);
            const f32x16 scale = load_bf16(group + CODE_BYTES);
            const f32x16 bias = load_bf16(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

KERNEL void product_q4_g64_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                    const struct float_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q4_g64_bf16_128(y, weights, apart, x, row, 1, 1); break;
        case 1 * TILE + 2: tile_q4_g64_bf16_128(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q4_g64_bf16_128(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q4_g64_bf16_128(y, weights, apart, x, row, 1, 4); break;
        case 4 * TILE + 1: tile_q4_g64_bf16_128(y, weights, apart, x, row, 4, 1); break;
    }
}

// One query head of some rows with norm, rotation, for attention to read.
KERNEL void attention_heads_variant2_query(const struct context *c, const struct call *call,
                                           const struct float_rows *x, int first, int end, int row,
                                           int limit, int rows) {
    enum { HEADS = 4, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 512, STRIDE = 1152 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q4_g64_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    rms_normalise(channel, channel, (const float *)(weights + 9728), DIMENSION,
                                  PADDED, 1e-06f);
                    const float *angles = shared_floats(c, ANGLES) + (size_t)token * 32;
                    rotate_halves(channel, angles, angles + 16, 16);
                    float *to = shared_floats(c, QUERIES_2) + ((size_t)token * HEADS +
                                                               head) * PADDED;
                    copy_row(to, channel, PADDED);
                }
            }
    }
}

// One key head of some rows with norm, rotation, into its page.
KERNEL void attention_heads_variant2_key(const struct context *c, const struct call *call,
                                         const struct float_rows *x, int first, int end, int row,
                                         int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 9856, STRIDE = 1152 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q4_g64_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    rms_normalise(channel, channel, (const float *)(weights + 14464), DIMENSION,
                                  PADDED, 1e-06f);
                    const float *angles = shared_floats(c, ANGLES) + (size_t)token * 32;
                    rotate_halves(channel, angles, angles + 16, 16);
                    store_key(c, call, channel, token, head, DIMENSION, PADDED);
                }
            }
    }
}

// dot[t] = a group of codes (q8_g32_bf16) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void float_dots_q8_g32_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                   int r, const int TOKENS) {
    enum { GROUP = 32, CHUNK = 4, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        unpack_8(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}

// Blocks of 16 rows of 128 columns (q8_g32_bf16), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(code, x) + bias * x_sum.
INLINE void tile_q8_g32_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                 const struct float_rows *x, int row, const int BLOCKS,
                                 const int TOKENS) {
    enum { COLUMNS = 128, GROUP = 32, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 512, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const float *rows = x->values + (size_t)row * COLUMNS;
    const float *sums = x->sums + (size_t)row * GROUPS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            if (TOKENS > 1) read_ahead(group, GROUP_BYTES);
            union f32_lanes dot[TILE];
            int registers = REGISTERS;
            if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(registers);
            for (int r = 0; r < registers; r++) float_dots_q8_g32_bf16(dot, group, rows, r, TOKENS);
            const f32x16 scale = load_bf16(group + CODE_BYTES);
            const f32x16 bias = load_bf16(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

KERNEL void product_q8_g32_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                    const struct float_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q8_g32_bf16_128(y, weights, apart, x, row, 1, 1); break;
        case 1 * TILE + 2: tile_q8_g32_bf16_128(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q8_g32_bf16_128(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q8_g32_bf16_128(y, weights, apart, x, row, 1, 4); break;
        case 4 * TILE + 1: tile_q8_g32_bf16_128(y, weights, apart, x, row, 4, 1); break;
    }
}

// One value head of some rows, into its page.
KERNEL void attention_heads_variant2_value(const struct context *c, const struct call *call,
                                           const struct float_rows *x, int first, int end, int row,
                                           int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 14592, STRIDE = 2304 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(first, end, rows, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q8_g32_bf16_128(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
                                            STRIDE, apart, x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    store_value(c, call, channel, token, head, DIMENSION, PADDED);
                }
            }
    }
}

// layers.1-2.attention.query: query, key and value heads, each finished where it is made.
// 128x128 q4_g64_bf16, 64x128 q4_g64_bf16, 64x128 q8_g32_bf16.
// 2 calls a step, each 23,040 bytes of weights and 65,536 operations a row.
KERNEL void attention_heads_variant2(const struct context *c, const struct call *call, int thread,
                                     int threads) {
    enum { QUERIES = 4, KEYS = 2, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = 496 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    const struct float_rows floats_g32 = take_float_rows(&room, capacity, 128, 32);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_attention_heads_variant2(c, weights, row, rows, &floats_g64, &floats_g32);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, UNITS, rows, PASS, thread, threads)) {
        const int limit = smaller(rows, p.row + PASS), keys = QUERIES, values = QUERIES + KEYS;
        attention_heads_variant2_query(c, call, &floats_g64, smaller(p.first, keys),
                                       smaller(p.end, keys), p.row, limit, rows);
        attention_heads_variant2_key(c, call, &floats_g64, within(p.first - keys, 0, KEYS),
                                     within(p.end - keys, 0, KEYS), p.row, limit, rows);
        attention_heads_variant2_value(c, call, &floats_g32, within(p.first - values, 0, KEYS),
                                       within(p.end - values, 0, KEYS), p.row, limit, rows);
    }
}

// Brings the states of the queries of `tokens` rows from `row` on, all those that share one
// key-value head, forward over one page. All but the first read it from a cache.
KERNEL void attention_variant2_over_page(const struct context *c, const uint8_t *head,
                                         const struct ahead *ahead, float *states,
                                         const uint8_t *queries, int row, int tokens, int page) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    const int32_t *positions = c->step->positions + row;
    const int base = page * PAGE_POSITIONS;
    const int written = smaller(PAGE_POSITIONS, positions[tokens - 1] - base + 1);
    for (int m = 0; m < tokens * GROUP; m += ATTENTION_QUERIES, ahead = NULL) {
        const int count = smaller(ATTENTION_QUERIES, tokens * GROUP - m);
        float *state = states + m * STATE;
        const uint8_t *query = queries + m * QUERY_BYTES(PADDED);
        int last[ATTENTION_QUERIES];
        for (int i = 0; i < count; i++) last[i] = positions[(m + i) / GROUP] - base;
        switch (count) {
            case 1: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             1, 2); break;
            case 2: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             2, 2); break;
            case 3: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             3, 2); break;
            case 4: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             4, 2); break;
            case 5: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             5, 2); break;
            case 6: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             6, 2); break;
        }
    }
}

// The states of the queries of `tokens` rows and `heads` key-value heads after one run of pages.
// Memory is read in its order: the heads of a page stand next to each other.
KERNEL void attention_variant2_over_run(const struct context *c, const struct call *call,
                                        float *states, const uint8_t *queries, int row, int tokens,
                                        int head, int heads, int run) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, HEAD = HEAD_BYTES(DIMENSION, PADDED) };
    enum { MOST_HEADS = HEAD < AHEAD_ROOM ? AHEAD_ROOM / HEAD : 1 };
    const int32_t *positions = c->step->positions + row;
    const int first = first_page(positions[0], WINDOW), begin = run * RUN_PAGES;
    const int pages = positions[tokens - 1] / PAGE_POSITIONS + 1;
    const int end = smaller(begin + RUN_PAGES, pages), count = tokens * GROUP;
    const int units = (heads + MOST_HEADS - 1) / MOST_HEADS, together = (heads + units - 1) / units;
    for (int q = 0; q < heads * count; q++) clear_state(states + q * STATE, PADDED);
    for (int page = first > begin ? first : begin; page < end; page++) {
        const int base = page * PAGE_POSITIONS, after = base + PAGE_POSITIONS;
        const uint8_t *here = head_of(c, call, row, base, head, DIMENSION, PADDED), *later = here;
        if (page + 1 < pages) later = head_of(c, call, row, after, head, DIMENSION, PADDED);
        const int written = positions[tokens - 1] + 1 - base, written_later = written - PAGE_POSITIONS;
        for (int h = 0; h < heads; h++) {
            const int unit = h / together * together, next = unit + together;
            const int size = smaller(together, next < heads ? heads - next : heads);
            struct ahead ahead = {0};
            if (written_later >= PAGE_POSITIONS || (written >= PAGE_POSITIONS && next < heads)) {
                ahead.from = next < heads ? here + next * HEAD : later;
                ahead.from += (h - unit) * (HEAD / AHEAD_STREAMS);
                ahead.apart = size * HEAD / AHEAD_STREAMS;
            } else if (written_later <= 0 && h + 1 < heads) {
                ahead = ahead_in_part(here + (h + 1) * HEAD, smaller(written, PAGE_POSITIONS),
                                      DIMENSION, PADDED);
            } else if (written_later > 0 && h + 1 == heads) {
                ahead = ahead_in_part(later, written_later, DIMENSION, PADDED);
            }
            attention_variant2_over_page(c, here + h * HEAD, ahead.from ? &ahead : NULL, states +
                                         h * count * STATE, queries + h * count *
                                         QUERY_BYTES(PADDED), row, tokens, page);
        }
    }
}

// The queries of `tokens` rows that belong to some key-value heads, scaled, as pages.h wants them.
KERNEL void attention_variant2_queries(const struct context *c, uint8_t *queries, int row,
                                       int tokens, int head, int heads) {
    enum { HEADS = 4, GROUP = 2, PADDED = 32 };
    const float *source = shared_floats(c, QUERIES_2) + ((size_t)row * HEADS + head *
                                                         GROUP) * PADDED;
    for (int h = 0; h < heads; h++)
        for (int t = 0; t < tokens; t++) {
            const float *from = source + ((size_t)t * HEADS + h * GROUP) * PADDED;
            for (int q = 0; q < GROUP; q++, queries += QUERY_BYTES(PADDED))
                prepare_query(queries, from + q * PADDED, 0.17677669f, PADDED);
        }
}

// Divides a query's sums by its total and puts them where the projection reads them.
KERNEL void attention_variant2_finish(const struct context *c, const float *state, int row,
                                      int head) {
    enum { HEADS = 4, DIMENSION = 32, ROW = 128 };
    float *y = shared_floats(c, ATTENDED) + (size_t)row * ROW + head * DIMENSION;
    const float factor = 1.0f / state[STATE_TOTAL];
    for (int i = 0; i < DIMENSION; i++) y[i] = state[STATE_SUMS + i] * factor;
    if (head == HEADS - 1)
        for (int i = DIMENSION; i < ROW - head * DIMENSION; i++) y[i] = 0;
}

// All runs of the queries of some rows that share `heads` key-value heads.
KERNEL void attention_variant2_of_rows(const struct context *c, const struct call *call, int row,
                                       int tokens, int head, int heads) {
    enum { GROUP = 2, PADDED = 32, STATE = STATE_SUMS + PADDED, WINDOW = 0 };
    enum { MOST_QUERIES = 24 };
    uint8_t queries[MOST_QUERIES * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + row;
    const int last_run = positions[tokens - 1] / (PAGE_POSITIONS * RUN_PAGES);
    const int count = tokens * GROUP;
    attention_variant2_queries(c, queries, row, tokens, head, heads);
    for (int q = 0; q < heads * count; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run <= last_run; run++) {
        attention_variant2_over_run(c, call, part, queries, row, tokens, head, heads, run);
        for (int q = 0; q < heads * count; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int q = 0; q < heads * count; q++)
        attention_variant2_finish(c, whole + q * STATE, row + q % count / GROUP,
                                  (head + q / count) * GROUP + q % GROUP);
}

// Where the states of a run wait to be joined, when runs of one row are divided among threads.
KERNEL float *attention_variant2_part(const struct context *c, int pair, int run, int threads) {
    enum { STATES = 2 * (STATE_SUMS + 32) };
    float *parts = (float *)(thread_scratch(c, pair % threads) + 2304);
    return parts + ((size_t)(pair / threads) * 16 + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void attention_variant2_divided(const struct context *c, const struct call *call,
                                       int thread, int threads) {
    enum { HEADS = 2, GROUP = 2, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, RUN_POSITIONS = PAGE_POSITIONS * RUN_PAGES };
    uint8_t queries[GROUP * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[GROUP * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions;
    int units = 0, unit = 0;
    for (int row = 0; row < c->rows; row++)
        units += HEADS * (positions[row] / RUN_POSITIONS +
                          1 - first_page(positions[row], WINDOW) / RUN_PAGES);
    const int first = share(units, thread, threads), end = share(units, thread + 1, threads);
    for (int pair = 0; pair < c->rows * HEADS; pair++) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++) {
            if (unit >= first && unit < end) {
                attention_variant2_queries(c, queries, row, 1, head, 1);
                attention_variant2_over_run(c, call,
                                            attention_variant2_part(c, pair, run, threads),
                                            queries, row, 1, head, 1, run);
            }
            unit++;
        }
    }
    meet(c->meeting, threads);
    for (int pair = thread; pair < c->rows * HEADS; pair += threads) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int q = 0; q < GROUP; q++) clear_state(whole + q * STATE, PADDED);
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++)
            for (int q = 0; q < GROUP; q++)
                join_state(whole + q * STATE, attention_variant2_part(c, pair, run, threads) + q *
                           STATE, PADDED);
        for (int q = 0; q < GROUP; q++)
            attention_variant2_finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// layers.1-2.attention.attend: of every row over its sequence's pages.
// 2 calls a step, each 512 bytes and 512 operations a position.
KERNEL void attention_variant2(const struct context *c, const struct call *call, int thread,
                               int threads) {
    enum { HEADS = 2, GROUP = 2, ROWS_TOGETHER = 12 };
    enum { WINDOW = 0, MOST_QUERIES = 24 };
    if (c->rows * HEADS < 2 * threads) {
        attention_variant2_divided(c, call, thread, threads);
        return;
    }
    const int32_t *positions = c->step->positions;
    int64_t cost = 0;
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        cost += (int64_t)tokens * HEADS * (last + 1 - first_page(positions[row], WINDOW));
    }
    // Heads are taken together as far as there are still several units for each thread.
    const int64_t largest = cost / (threads == 1 ? 1 : PORTIONS * threads);
    int unit = 0, mine = threads == 1 ? 0 : next_ticket(c->meeting);
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        const int64_t each = (int64_t)tokens * (last + 1 - first_page(positions[row], WINDOW));
        const int most = within((int)(largest / each), 1, MOST_QUERIES / (tokens * GROUP));
        for (int head = 0; head < HEADS; head += most, unit++) {
            if (unit != mine) continue;
            attention_variant2_of_rows(c, call, row, tokens, head, smaller(most, HEADS - head));
            mine = threads == 1 ? unit + 1 : next_ticket(c->meeting);
        }
    }
}

// One row as floats with sums of 64 for what follows.
KERNEL void prepare_attention_output_variant2(const struct context *c, const uint8_t *weights,
                                              int row, int rows,
                                              const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    (void)weights;
    copy_row(x, source, ROW);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// layers.1.attention.output: added to the residual stream.
// 128x128 q4_g64_bf16.
// 1 call a step, each 9,216 bytes of weights and 32,768 operations a row.
KERNEL void attention_output_variant2(const struct context *c, const struct call *call, int thread,
                                      int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 1152, ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED_2;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_attention_output_variant2(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q4_g64_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// One row normalised, as floats with sums of 64 for what follows.
KERNEL void prepare_gate_and_up_variant2(const struct context *c, const uint8_t *weights, int row,
                                         int rows, const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// layers.1-2.mlp.gate: silu(gate) * up.
// 128x128 q4_g64_bf16, 128x128 q4_g64_bf16.
// 2 calls a step, each 18,432 bytes of weights and 65,536 operations a row.
KERNEL void gate_and_up_variant2(const struct context *c, const struct call *call, int thread,
                                 int threads) {
    enum { GATE = 512, UP = 1664, BLOCKS = 8, STRIDE = 2304 };
    enum { ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_gate_and_up_variant2(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 gates[PRODUCTS], ups[PRODUCTS], *gate = gates, *up = ups;
                    product_q4_g64_bf16_128(gate, weights + GATE + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    product_q4_g64_bf16_128(up, weights + UP + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, gate += tokens, up += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, GATED) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, silu(gate[t]) * up[t]);
                    }
                }
        }
}

// One row as floats with sums of 32 for what follows.
KERNEL void prepare_mlp_down_variant2(const struct context *c, const uint8_t *weights, int row,
                                      int rows, const struct float_rows *floats_g32) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, GATED) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    (void)weights;
    copy_row(x, source, ROW);
    store_floats(floats_g32, x, row, rows, ROW);
    store_sums(floats_g32, x, row, rows, COLUMNS, 32);
}

// layers.1-2.mlp.down: added to the residual stream.
// 128x128 q8_g32_bf16.
// 2 calls a step, each 18,432 bytes of weights and 32,768 operations a row.
KERNEL void mlp_down_variant2(const struct context *c, const struct call *call, int thread,
                              int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 2304, ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED_3;
    const struct float_rows floats_g32 = take_float_rows(&room, capacity, 128, 32);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_mlp_down_variant2(c, weights, row, rows, &floats_g32);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q8_g32_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                            &floats_g32, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// One row as floats with sums of 128 for what follows.
KERNEL void prepare_attention_output_variant3(const struct context *c, const uint8_t *weights,
                                              int row, int rows,
                                              const struct float_rows *floats_g128) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, ATTENDED) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    (void)weights;
    copy_row(x, source, ROW);
    store_floats(floats_g128, x, row, rows, ROW);
    store_sums(floats_g128, x, row, rows, COLUMNS, 128);
}

// dot[t] = a group of codes (q3_g128_bf16) times row t's floats, for the lanes of register `r`: four sums
// that each take every fourth column.
INLINE void float_dots_q3_g128_bf16(union f32_lanes *dot, const uint8_t *codes, const float *x,
                                    int r, const int TOKENS) {
    enum { GROUP = 128, CHUNK = 32, QUADS = CHUNK / 4 };
    f32_register sums[TILE][4] = {{{0}}};
    for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
        u32_register quads[QUADS];
        unpack_3(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
        for (int q = 0; q < QUADS; q++)
            for (int j = 0; j < 4; j++, x += TOKENS) {
                const i32_register code = (i32_register)(quads[q] >> (8 * j) & 255u);
                const f32_register value = __builtin_convertvector(code, f32_register);
                for (int t = 0; t < TOKENS; t++)
                    sums[t][j] = multiply_add_register(value, splat_register(x[t]), sums[t][j]);
            }
    }
    for (int t = 0; t < TOKENS; t++)
        dot[t].registers[r] = (sums[t][0] + sums[t][1]) + (sums[t][2] + sums[t][3]);
}

// Blocks of 16 rows of 128 columns (q3_g128_bf16), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(code, x) + bias * x_sum.
INLINE void tile_q3_g128_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                  const struct float_rows *x, int row, const int BLOCKS,
                                  const int TOKENS) {
    enum { COLUMNS = 128, GROUP = 128, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = 768, SCALE_BYTES = 32 };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const float *rows = x->values + (size_t)row * COLUMNS;
    const float *sums = x->sums + (size_t)row * GROUPS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            if (TOKENS > 1) read_ahead(group, GROUP_BYTES);
            union f32_lanes dot[TILE];
            int registers = REGISTERS;
            if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(registers);
            for (int r = 0; r < registers; r++) float_dots_q3_g128_bf16(dot, group, rows, r, TOKENS);
            const f32x16 scale = load_bf16(group + CODE_BYTES);
            const f32x16 bias = load_bf16(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

KERNEL void product_q3_g128_bf16_128(f32x16 *y, const uint8_t *weights, size_t apart,
                                     const struct float_rows *x, int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        case 1 * TILE + 1: tile_q3_g128_bf16_128(y, weights, apart, x, row, 1, 1); break;
        case 1 * TILE + 2: tile_q3_g128_bf16_128(y, weights, apart, x, row, 1, 2); break;
        case 1 * TILE + 3: tile_q3_g128_bf16_128(y, weights, apart, x, row, 1, 3); break;
        case 1 * TILE + 4: tile_q3_g128_bf16_128(y, weights, apart, x, row, 1, 4); break;
        case 4 * TILE + 1: tile_q3_g128_bf16_128(y, weights, apart, x, row, 4, 1); break;
    }
}

// layers.2.attention.output: added to the residual stream.
// 128x128 q3_g128_bf16.
// 1 call a step, each 6,656 bytes of weights and 32,768 operations a row.
KERNEL void attention_output_variant3(const struct context *c, const struct call *call, int thread,
                                      int threads) {
    enum { MATRIX = 0, BLOCKS = 8, STRIDE = 832, ROW = 16 * BLOCKS, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED_2;
    const struct float_rows floats_g128 = take_float_rows(&room, capacity, 128, 128);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_attention_output_variant3(c, weights, row, rows, &floats_g128);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q3_g128_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                             &floats_g128, row, part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = shared_floats(c, RESIDUAL) + (size_t)row * ROW + 16 * line;
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, load(to + t * ROW) + y[t]);
                    }
                }
        }
}

// One row normalised, as floats with sums of 64 for what follows.
KERNEL void prepare_logits(const struct context *c, const uint8_t *weights, int row, int rows,
                           const struct float_rows *floats_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)c->step->logit_indices[row] * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_floats(floats_g64, x, row, rows, ROW);
    store_sums(floats_g64, x, row, rows, COLUMNS, 64);
}

// logits: for the rows that want them.
// 320x128 q6_g64_bf16.
// 1 call a step, each 33,280 bytes of weights and 81,920 operations a row.
KERNEL void logits(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = 512, BLOCKS = 20, STRIDE = 1664 };
    enum { OUTPUTS = 320, PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->step->logit_rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct float_rows floats_g64 = take_float_rows(&room, capacity, 128, 64);
    for (int row = alone ? 0 : thread; row < rows; row += alone ? 1 : threads)
        prepare_logits(c, weights, row, rows, &floats_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(p.first, p.end, rows, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    product_q6_g64_bf16_128(y, weights + MATRIX + (size_t)block * STRIDE, apart,
                                            &floats_g64, row, part.streams, tokens);
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

// What later kernels read of the rows whose logits are wanted moves to the front; returns the
// step of those rows.
KERNEL const struct context *keep_wanted(const struct context *c, struct wanted *wanted,
                                         int thread, int threads) {
    if (c->step->logit_rows == c->rows) return c;
    if (thread == 0) {
        keep_rows(c, RESIDUAL, 128);
        keep_rows(c, QUERIES_2, 128);
    }
    meet(c->meeting, threads);
    return only_wanted(c, wanted);
}

static const struct call rope_table_calls[] = {
    {.weights = 0, .cache = 0},
};
static const struct call embed_calls[] = {
    {.weights = 246272, .cache = 0},
};
static const struct call attention_heads_calls[] = {
    {.weights = 4096, .cache = 0},
};
static const struct call attention_calls[] = {
    {.weights = 0, .cache = 0},
};
static const struct call attention_output_calls[] = {
    {.weights = 32768, .cache = 0},
};
static const struct call gate_and_up_calls[] = {
    {.weights = 49152, .cache = 0},
};
static const struct call mlp_down_calls[] = {
    {.weights = 77824, .cache = 0},
};
static const struct call attention_heads_variant2_calls[] = {
    {.weights = 94208, .cache = 32768},
    {.weights = 172032, .cache = 65536},
};
static const struct call attention_variant2_calls[] = {
    {.weights = 0, .cache = 32768},
    {.weights = 0, .cache = 65536},
};
static const struct call attention_output_variant2_calls[] = {
    {.weights = 118784, .cache = 0},
};
static const struct call gate_and_up_variant2_calls[] = {
    {.weights = 131072, .cache = 0},
    {.weights = 204800, .cache = 0},
};
static const struct call mlp_down_variant2_calls[] = {
    {.weights = 151552, .cache = 0},
    {.weights = 225280, .cache = 0},
};
static const struct call attention_output_variant3_calls[] = {
    {.weights = 196608, .cache = 0},
};
static const struct call logits_calls[] = {
    {.weights = 245760, .cache = 0},
};

// Their places in the table of costs.
enum { KERNEL_ROPE_TABLE, KERNEL_EMBED, KERNEL_ATTENTION_HEADS, KERNEL_ATTENTION, KERNEL_ATTENTION_OUTPUT, KERNEL_GATE_AND_UP, KERNEL_MLP_DOWN, KERNEL_ATTENTION_HEADS_VARIANT2, KERNEL_ATTENTION_VARIANT2, KERNEL_ATTENTION_OUTPUT_VARIANT2, KERNEL_GATE_AND_UP_VARIANT2, KERNEL_MLP_DOWN_VARIANT2, KERNEL_ATTENTION_OUTPUT_VARIANT3, KERNEL_LOGITS };

// One thread's part of a step.
static void run_thread(const struct context *c, int thread, int threads) {
    struct clock clock = start_clock(c, thread);
    struct wanted wanted;
    rope_table(c, &rope_table_calls[0], thread, threads);
    book(&clock, KERNEL_ROPE_TABLE);
    embed(c, &embed_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_EMBED);
    // layer 0
    attention_heads(c, &attention_heads_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_HEADS);
    attention(c, &attention_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION);
    attention_output(c, &attention_output_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_OUTPUT);
    gate_and_up(c, &gate_and_up_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_GATE_AND_UP);
    mlp_down(c, &mlp_down_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_MLP_DOWN);
    // layer 1
    attention_heads_variant2(c, &attention_heads_variant2_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_HEADS_VARIANT2);
    attention_variant2(c, &attention_variant2_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_VARIANT2);
    attention_output_variant2(c, &attention_output_variant2_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_OUTPUT_VARIANT2);
    gate_and_up_variant2(c, &gate_and_up_variant2_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_GATE_AND_UP_VARIANT2);
    mlp_down_variant2(c, &mlp_down_variant2_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_MLP_DOWN_VARIANT2);
    // layer 2
    attention_heads_variant2(c, &attention_heads_variant2_calls[1], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_HEADS_VARIANT2);
    c = keep_wanted(c, &wanted, thread, threads);
    attention_variant2(c, &attention_variant2_calls[1], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_VARIANT2);
    attention_output_variant3(c, &attention_output_variant3_calls[0], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_ATTENTION_OUTPUT_VARIANT3);
    gate_and_up_variant2(c, &gate_and_up_variant2_calls[1], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_GATE_AND_UP_VARIANT2);
    mlp_down_variant2(c, &mlp_down_variant2_calls[1], thread, threads);
    meet(c->meeting, threads);
    book(&clock, KERNEL_MLP_DOWN_VARIANT2);
    logits(c, &logits_calls[0], thread, threads);
    book(&clock, KERNEL_LOGITS);
}

static void run(const model_step *step, int32_t threads) {
    struct meeting meeting = {.patience = MOST_PATIENCE};
    const struct context c = {step, (const uint8_t *)step->weights, (uint8_t *)step->scratch,
                              step->rows, &meeting};
#pragma omp parallel num_threads(threads)
    run_thread(&c, omp_get_thread_num(), omp_get_num_threads());
}

static uint64_t scratch_bytes(int32_t threads) {
    return SHARED_BYTES + (uint64_t)threads * THREAD_BYTES;
}

static const model_kernel_cost kernels[] = {
    {"rope_table", 1, 0, 0, 0, 0},
    {"embed", 1, 0, 0, 0, 0},
    {"attention_heads", 1, 26624, 65536, 0, 0},
    {"attention", 1, 0, 0, 512, 512},
    {"attention_output", 1, 13312, 32768, 0, 0},
    {"gate_and_up", 1, 26624, 65536, 0, 0},
    {"mlp_down", 1, 13312, 32768, 0, 0},
    {"attention_heads_variant2", 2, 46080, 131072, 0, 0},
    {"attention_variant2", 2, 0, 0, 1024, 1024},
    {"attention_output_variant2", 1, 9216, 32768, 0, 0},
    {"gate_and_up_variant2", 2, 36864, 131072, 0, 0},
    {"mlp_down_variant2", 2, 36864, 65536, 0, 0},
    {"attention_output_variant3", 1, 6656, 32768, 0, 0},
    {"logits", 1, 33280, 81920, 0, 0},
};

static const model_description description = {
    .abi_version = MODEL_ABI_VERSION,
    .generator = "mlx-compile 0.1.0",
    .model_type = "qwen3",
    .signature = "4b0b34d970ddef35",
    .target = "x86-64-v4-vnni",
    .cpu_features = "avx avx2 bmi1 bmi2 f16c fma abm movbe avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni",
    .numerics = "exact",
    .cache_type = "f32",
    .vocabulary = 320,
    .hidden = 128,
    .layers = 3,
    .maximum_rows = MAXIMUM_ROWS,
    .page_positions = PAGE_POSITIONS,
    .context_limit = 4096,
    .weights_bytes = 282624,
    .page_bytes = 98304,
    .kernel_count = sizeof kernels / sizeof *kernels,
    .kernels = kernels,
    .scratch_bytes = scratch_bytes,
    .run = run,
};

__attribute__((visibility("default"))) const model_description *model_describe(void) {
    return &description;
}
