// qwen3, 3 layers, for x86-64-v4-vnni in fast numerics, keys and values in int16.
//
// Queries, keys and values, and attention over them.

#include "model.h"

// Columns `from` to `end` of one row, normalised, as bytes in groups of 64 for what follows.
KERNEL void prepare_attention_heads(const struct context *c, const uint8_t *weights, int row,
                                    int rows, int from, int end, const struct int8_rows *int8_g64) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
}

// One query head of some rows with norm, rotation, for attention to read.
KERNEL void attention_heads_query(const struct context *c, const struct call *call,
                                  const struct int8_rows *x, int first, int end, int row,
                                  int limit, int rows) {
    enum { HEADS = 4, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 512, STRIDE = 1664, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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
                                const struct int8_rows *x, int first, int end, int row, int limit,
                                int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 13952, STRIDE = 1664, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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
                                  const struct int8_rows *x, int first, int end, int row,
                                  int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 20736, STRIDE = 1664, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q6_g64_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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
SHARED void attention_heads(const struct context *c, const struct call *call, int thread,
                            int threads) {
    enum { QUERIES = 4, KEYS = 2, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_attention_heads(c, weights, row, rows, s.from, s.end, &int8_g64);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, UNITS, rows, PASS, thread, threads)) {
        const int limit = smaller(rows, p.row + PASS), keys = QUERIES, values = QUERIES + KEYS;
        attention_heads_query(c, call, &int8_g64, smaller(p.first, keys), smaller(p.end, keys),
                              p.row, limit, rows);
        attention_heads_key(c, call, &int8_g64, within(p.first - keys, 0, KEYS),
                            within(p.end - keys, 0, KEYS), p.row, limit, rows);
        attention_heads_value(c, call, &int8_g64, within(p.first - values, 0, KEYS),
                              within(p.end - values, 0, KEYS), p.row, limit, rows);
    }
}

// Brings the states of the queries of some rows, all those that share one key-value head, forward
// over one page. All but the first read it from a cache.
KERNEL void attention_over_page(const struct context *c, const uint8_t *head,
                                const struct ahead *ahead, float *states, const uint8_t *queries,
                                const struct together *rows, int page) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    const int32_t *positions = c->step->positions + rows->row;
    const int base = page * PAGE_POSITIONS;
    const int written = smaller(PAGE_POSITIONS, rows->last - base + 1);
    for (int m = 0; m < rows->tokens * GROUP; m += ATTENTION_QUERIES, ahead = NULL) {
        const int count = smaller(ATTENTION_QUERIES, rows->tokens * GROUP - m);
        float *state = states + m * STATE;
        const uint8_t *query = queries + m * QUERY_BYTES(PADDED);
        int last[ATTENTION_QUERIES];
        for (int i = 0; i < count; i++) last[i] = positions[(m + i) / GROUP] - base;
        switch (count) {
            case 2: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             2, 2); break;
            case 4: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             4, 2); break;
            case 6: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             6, 2); break;
        }
    }
}

// The states of the queries of some rows and `heads` key-value heads after one run of pages.
// Memory is read in its order: the heads of a page stand next to each other.
KERNEL void attention_over_run(const struct context *c, const struct call *call, float *states,
                               const uint8_t *queries, const struct together *rows, int head,
                               int heads, int run) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, HEAD = HEAD_BYTES(DIMENSION, PADDED) };
    enum { MOST_HEADS = HEAD < AHEAD_ROOM ? AHEAD_ROOM / HEAD : 1 };
    const int row = rows->row, begin = run * RUN_PAGES, pages = rows->last / PAGE_POSITIONS + 1;
    const int first = first_page(c->step->positions[row], WINDOW);
    const int end = smaller(begin + RUN_PAGES, pages), count = rows->tokens * GROUP;
    const int units = (heads + MOST_HEADS - 1) / MOST_HEADS, together = (heads + units - 1) / units;
    for (int q = 0; q < heads * count; q++) clear_state(states + q * STATE, PADDED);
    for (int page = first > begin ? first : begin; page < end; page++) {
        const int base = page * PAGE_POSITIONS, after = base + PAGE_POSITIONS;
        const uint8_t *here = head_of(c, call, row, base, head, DIMENSION, PADDED), *later = here;
        if (page + 1 < pages) later = head_of(c, call, row, after, head, DIMENSION, PADDED);
        const int written = rows->last + 1 - base;  // from here on
        const int written_later = written - PAGE_POSITIONS;
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
                                count * STATE, queries + h * count * QUERY_BYTES(PADDED), rows,
                                page);
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

// All runs of the queries of some rows that share `heads` key-value heads, one where the rows are of
// several sequences: first what these have in common, then what each has of its own.
KERNEL void attention_of_rows(const struct context *c, const struct call *call,
                              const struct together *rows, int head, int heads) {
    enum { GROUP = 2, PADDED = 32, STATE = STATE_SUMS + PADDED, WINDOW = 0 };
    enum { MOST_QUERIES = 24 };
    uint8_t queries[MOST_QUERIES * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + rows->row;
    const int count = rows->tokens * GROUP;
    attention_queries(c, queries, rows->row, rows->tokens, head, heads);
    for (int q = 0; q < heads * count; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run < rows->runs; run++) {
        attention_over_run(c, call, part, queries, rows, head, heads, run);
        for (int q = 0; q < heads * count; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int t = 0; rows->several && t < rows->tokens; t++) {
        const struct together own = rows_of_one(c, rows->row + t);
        for (int run = rows->runs; run < own.runs; run++) {
            attention_over_run(c, call, part, queries + t * GROUP * QUERY_BYTES(PADDED), &own,
                               head, 1, run);
            for (int q = 0; q < GROUP; q++)
                join_state(whole + (t * GROUP + q) * STATE, part + q * STATE, PADDED);
        }
    }
    for (int q = 0; q < heads * count; q++)
        attention_finish(c, whole + q * STATE, rows->row + q % count / GROUP, (head + q / count) *
                         GROUP + q % GROUP);
}

// Where the states of a run wait to be joined, when runs of one row are divided among threads.
KERNEL float *attention_part(const struct context *c, int pair, int run, int threads) {
    enum { STATES = 2 * (STATE_SUMS + 32) };
    float *parts = (float *)(thread_scratch(c, pair % threads) + 768);
    return parts + ((size_t)(pair / threads) * 16 + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void attention_divided(const struct context *c, const struct call *call, int thread,
                              int threads) {
    enum { HEADS = 2, GROUP = 2, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    uint8_t queries[GROUP * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[GROUP * STATE] __attribute__((aligned(64)));
    int units = 0, unit = 0;
    for (int row = 0; row < c->rows; row++) {
        const struct together alone = rows_of_one(c, row);
        units += HEADS * (alone.runs - first_page(alone.last, WINDOW) / RUN_PAGES);
    }
    const int first = share(units, thread, threads), end = share(units, thread + 1, threads);
    for (int pair = 0; pair < c->rows * HEADS; pair++) {
        const int row = pair / HEADS, head = pair % HEADS;
        const struct together alone = rows_of_one(c, row);
        for (int run = first_page(alone.last, WINDOW) / RUN_PAGES; run < alone.runs; run++) {
            if (unit >= first && unit < end) {
                attention_queries(c, queries, row, 1, head, 1);
                attention_over_run(c, call, attention_part(c, pair, run, threads), queries, &alone,
                                   head, 1, run);
            }
            unit++;
        }
    }
    meet(c->meeting, threads);
    for (int pair = thread; pair < c->rows * HEADS; pair += threads) {
        const int row = pair / HEADS, head = pair % HEADS;
        const struct together alone = rows_of_one(c, row);
        for (int q = 0; q < GROUP; q++) clear_state(whole + q * STATE, PADDED);
        for (int run = first_page(alone.last, WINDOW) / RUN_PAGES; run < alone.runs; run++)
            for (int q = 0; q < GROUP; q++)
                join_state(whole + q * STATE, attention_part(c, pair, run, threads) + q * STATE,
                           PADDED);
        for (int q = 0; q < GROUP; q++)
            attention_finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// layers.0.attention.attend: of every row over its sequence's pages.
// 1 call a step, each 264 bytes and 512 operations a position.
SHARED void attention(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = 2, GROUP = 2, ROWS_TOGETHER = 12 };
    enum { WINDOW = 0, MOST_QUERIES = 24 };
    if (c->rows * HEADS < 2 * threads) {
        attention_divided(c, call, thread, threads);
        return;
    }
    // Sequences are taken together, and heads of the rows of one, as far as there are still several
    // units for each thread.
    const int sequences = smaller(c->rows * HEADS / (2 * threads), ROWS_TOGETHER);
    struct together rows = {0};
    int64_t cost = 0;
    for (; rows.row < c->rows; rows.row += rows.tokens) {
        rows = rows_together(c, rows.row, sequences, WINDOW, ROWS_TOGETHER);
        cost += HEADS * pages_of(c, &rows, WINDOW);
    }
    const int64_t largest = cost / (threads == 1 ? 1 : PORTIONS * threads);
    int unit = 0, mine = threads == 1 ? 0 : next_ticket(c->meeting);
    for (rows.row = 0; rows.row < c->rows; rows.row += rows.tokens) {
        rows = rows_together(c, rows.row, sequences, WINDOW, ROWS_TOGETHER);
        const int64_t each = pages_of(c, &rows, WINDOW);
        const int room = rows.several ? 1 : MOST_QUERIES / (rows.tokens * GROUP);
        const int most = within((int)(largest / each), 1, room);
        for (int head = 0; head < HEADS; head += most, unit++) {
            if (unit != mine) continue;
            attention_of_rows(c, call, &rows, head, smaller(most, HEADS - head));
            mine = threads == 1 ? unit + 1 : next_ticket(c->meeting);
        }
    }
}

// Columns `from` to `end` of one row, normalised, as bytes in groups of 64 and bytes in groups of 32 for what follows.
KERNEL void prepare_attention_heads_variant2(const struct context *c, const uint8_t *weights,
                                             int row, int rows, int from, int end,
                                             const struct int8_rows *int8_g64,
                                             const struct int8_rows *int8_g32) {
    enum { COLUMNS = 128, ROW = 128 };
    const float *source = shared_floats(c, RESIDUAL) + (size_t)row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    rms_normalise(x, source, (const float *)(weights + 0), COLUMNS, ROW, 1e-06f);
    store_int8(int8_g64, x, row, rows, from, end, COLUMNS, 64);
    store_int8(int8_g32, x, row, rows, from, end, COLUMNS, 32);
}

// One query head of some rows with norm, rotation, for attention to read.
KERNEL void attention_heads_variant2_query(const struct context *c, const struct call *call,
                                           const struct int8_rows *x, int first, int end, int row,
                                           int limit, int rows) {
    enum { HEADS = 4, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 512, STRIDE = 1152, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q4_g64_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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
                                         const struct int8_rows *x, int first, int end, int row,
                                         int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 9856, STRIDE = 1152, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q4_g64_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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

// One value head of some rows, into its page.
KERNEL void attention_heads_variant2_value(const struct context *c, const struct call *call,
                                           const struct int8_rows *x, int first, int end, int row,
                                           int limit, int rows) {
    enum { HEADS = 2, DIMENSION = 32, PADDED = 32, BLOCKS = PADDED / 16 };
    enum { MATRIX = 14592, STRIDE = 2304, TOGETHER = 2 };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    product_q8_g32_bf16(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) *
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
SHARED void attention_heads_variant2(const struct context *c, const struct call *call, int thread,
                                     int threads) {
    enum { QUERIES = 4, KEYS = 2, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = 512 };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    const int alone = prepares_alone(rows), capacity = alone ? ROWS_ALONE : MAXIMUM_ROWS;
    uint8_t *room = alone ? thread_scratch(c, thread) : c->scratch + PREPARED;
    const struct int8_rows int8_g64 = take_int8_rows(&room, capacity, 128, 64);
    const struct int8_rows int8_g32 = take_int8_rows(&room, capacity, 128, 32);
    for (struct slice s = {0}; next_slice(&s, 128, rows, thread, threads);)
        for (int row = s.row; row < s.limit; row++)
            prepare_attention_heads_variant2(c, weights, row, rows, s.from, s.end, &int8_g64,
                                             &int8_g32);
    if (!alone) meet(c->meeting, threads);
    struct portion p = {0};
    while (next_portion(&p, c, UNITS, rows, PASS, thread, threads)) {
        const int limit = smaller(rows, p.row + PASS), keys = QUERIES, values = QUERIES + KEYS;
        attention_heads_variant2_query(c, call, &int8_g64, smaller(p.first, keys),
                                       smaller(p.end, keys), p.row, limit, rows);
        attention_heads_variant2_key(c, call, &int8_g64, within(p.first - keys, 0, KEYS),
                                     within(p.end - keys, 0, KEYS), p.row, limit, rows);
        attention_heads_variant2_value(c, call, &int8_g32, within(p.first - values, 0, KEYS),
                                       within(p.end - values, 0, KEYS), p.row, limit, rows);
    }
}

// Brings the states of the queries of some rows, all those that share one key-value head, forward
// over one page. All but the first read it from a cache.
KERNEL void attention_variant2_over_page(const struct context *c, const uint8_t *head,
                                         const struct ahead *ahead, float *states,
                                         const uint8_t *queries, const struct together *rows,
                                         int page) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    const int32_t *positions = c->step->positions + rows->row;
    const int base = page * PAGE_POSITIONS;
    const int written = smaller(PAGE_POSITIONS, rows->last - base + 1);
    for (int m = 0; m < rows->tokens * GROUP; m += ATTENTION_QUERIES, ahead = NULL) {
        const int count = smaller(ATTENTION_QUERIES, rows->tokens * GROUP - m);
        float *state = states + m * STATE;
        const uint8_t *query = queries + m * QUERY_BYTES(PADDED);
        int last[ATTENTION_QUERIES];
        for (int i = 0; i < count; i++) last[i] = positions[(m + i) / GROUP] - base;
        switch (count) {
            case 2: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             2, 2); break;
            case 4: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             4, 2); break;
            case 6: see_page(state, query, head, ahead, written, last, WINDOW, DIMENSION, PADDED,
                             6, 2); break;
        }
    }
}

// The states of the queries of some rows and `heads` key-value heads after one run of pages.
// Memory is read in its order: the heads of a page stand next to each other.
KERNEL void attention_variant2_over_run(const struct context *c, const struct call *call,
                                        float *states, const uint8_t *queries,
                                        const struct together *rows, int head, int heads, int run) {
    enum { GROUP = 2, DIMENSION = 32, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED, HEAD = HEAD_BYTES(DIMENSION, PADDED) };
    enum { MOST_HEADS = HEAD < AHEAD_ROOM ? AHEAD_ROOM / HEAD : 1 };
    const int row = rows->row, begin = run * RUN_PAGES, pages = rows->last / PAGE_POSITIONS + 1;
    const int first = first_page(c->step->positions[row], WINDOW);
    const int end = smaller(begin + RUN_PAGES, pages), count = rows->tokens * GROUP;
    const int units = (heads + MOST_HEADS - 1) / MOST_HEADS, together = (heads + units - 1) / units;
    for (int q = 0; q < heads * count; q++) clear_state(states + q * STATE, PADDED);
    for (int page = first > begin ? first : begin; page < end; page++) {
        const int base = page * PAGE_POSITIONS, after = base + PAGE_POSITIONS;
        const uint8_t *here = head_of(c, call, row, base, head, DIMENSION, PADDED), *later = here;
        if (page + 1 < pages) later = head_of(c, call, row, after, head, DIMENSION, PADDED);
        const int written = rows->last + 1 - base;  // from here on
        const int written_later = written - PAGE_POSITIONS;
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
                                         QUERY_BYTES(PADDED), rows, page);
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
    float *y = shared_floats(c, ATTENDED_2) + (size_t)row * ROW + head * DIMENSION;
    const float factor = 1.0f / state[STATE_TOTAL];
    for (int i = 0; i < DIMENSION; i++) y[i] = state[STATE_SUMS + i] * factor;
    if (head == HEADS - 1)
        for (int i = DIMENSION; i < ROW - head * DIMENSION; i++) y[i] = 0;
}

// All runs of the queries of some rows that share `heads` key-value heads, one where the rows are of
// several sequences: first what these have in common, then what each has of its own.
KERNEL void attention_variant2_of_rows(const struct context *c, const struct call *call,
                                       const struct together *rows, int head, int heads) {
    enum { GROUP = 2, PADDED = 32, STATE = STATE_SUMS + PADDED, WINDOW = 0 };
    enum { MOST_QUERIES = 24 };
    uint8_t queries[MOST_QUERIES * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + rows->row;
    const int count = rows->tokens * GROUP;
    attention_variant2_queries(c, queries, rows->row, rows->tokens, head, heads);
    for (int q = 0; q < heads * count; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run < rows->runs; run++) {
        attention_variant2_over_run(c, call, part, queries, rows, head, heads, run);
        for (int q = 0; q < heads * count; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int t = 0; rows->several && t < rows->tokens; t++) {
        const struct together own = rows_of_one(c, rows->row + t);
        for (int run = rows->runs; run < own.runs; run++) {
            attention_variant2_over_run(c, call, part, queries + t * GROUP * QUERY_BYTES(PADDED),
                                        &own, head, 1, run);
            for (int q = 0; q < GROUP; q++)
                join_state(whole + (t * GROUP + q) * STATE, part + q * STATE, PADDED);
        }
    }
    for (int q = 0; q < heads * count; q++)
        attention_variant2_finish(c, whole + q * STATE, rows->row + q % count / GROUP,
                                  (head + q / count) * GROUP + q % GROUP);
}

// Where the states of a run wait to be joined, when runs of one row are divided among threads.
KERNEL float *attention_variant2_part(const struct context *c, int pair, int run, int threads) {
    enum { STATES = 2 * (STATE_SUMS + 32) };
    float *parts = (float *)(thread_scratch(c, pair % threads) + 768);
    return parts + ((size_t)(pair / threads) * 16 + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void attention_variant2_divided(const struct context *c, const struct call *call,
                                       int thread, int threads) {
    enum { HEADS = 2, GROUP = 2, PADDED = 32, WINDOW = 0 };
    enum { STATE = STATE_SUMS + PADDED };
    uint8_t queries[GROUP * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[GROUP * STATE] __attribute__((aligned(64)));
    int units = 0, unit = 0;
    for (int row = 0; row < c->rows; row++) {
        const struct together alone = rows_of_one(c, row);
        units += HEADS * (alone.runs - first_page(alone.last, WINDOW) / RUN_PAGES);
    }
    const int first = share(units, thread, threads), end = share(units, thread + 1, threads);
    for (int pair = 0; pair < c->rows * HEADS; pair++) {
        const int row = pair / HEADS, head = pair % HEADS;
        const struct together alone = rows_of_one(c, row);
        for (int run = first_page(alone.last, WINDOW) / RUN_PAGES; run < alone.runs; run++) {
            if (unit >= first && unit < end) {
                attention_variant2_queries(c, queries, row, 1, head, 1);
                attention_variant2_over_run(c, call,
                                            attention_variant2_part(c, pair, run, threads),
                                            queries, &alone, head, 1, run);
            }
            unit++;
        }
    }
    meet(c->meeting, threads);
    for (int pair = thread; pair < c->rows * HEADS; pair += threads) {
        const int row = pair / HEADS, head = pair % HEADS;
        const struct together alone = rows_of_one(c, row);
        for (int q = 0; q < GROUP; q++) clear_state(whole + q * STATE, PADDED);
        for (int run = first_page(alone.last, WINDOW) / RUN_PAGES; run < alone.runs; run++)
            for (int q = 0; q < GROUP; q++)
                join_state(whole + q * STATE, attention_variant2_part(c, pair, run, threads) + q *
                           STATE, PADDED);
        for (int q = 0; q < GROUP; q++)
            attention_variant2_finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// layers.1-2.attention.attend: of every row over its sequence's pages.
// 2 calls a step, each 264 bytes and 512 operations a position.
SHARED void attention_variant2(const struct context *c, const struct call *call, int thread,
                               int threads) {
    enum { HEADS = 2, GROUP = 2, ROWS_TOGETHER = 12 };
    enum { WINDOW = 0, MOST_QUERIES = 24 };
    if (c->rows * HEADS < 2 * threads) {
        attention_variant2_divided(c, call, thread, threads);
        return;
    }
    // Sequences are taken together, and heads of the rows of one, as far as there are still several
    // units for each thread.
    const int sequences = smaller(c->rows * HEADS / (2 * threads), ROWS_TOGETHER);
    struct together rows = {0};
    int64_t cost = 0;
    for (; rows.row < c->rows; rows.row += rows.tokens) {
        rows = rows_together(c, rows.row, sequences, WINDOW, ROWS_TOGETHER);
        cost += HEADS * pages_of(c, &rows, WINDOW);
    }
    const int64_t largest = cost / (threads == 1 ? 1 : PORTIONS * threads);
    int unit = 0, mine = threads == 1 ? 0 : next_ticket(c->meeting);
    for (rows.row = 0; rows.row < c->rows; rows.row += rows.tokens) {
        rows = rows_together(c, rows.row, sequences, WINDOW, ROWS_TOGETHER);
        const int64_t each = pages_of(c, &rows, WINDOW);
        const int room = rows.several ? 1 : MOST_QUERIES / (rows.tokens * GROUP);
        const int most = within((int)(largest / each), 1, room);
        for (int head = 0; head < HEADS; head += most, unit++) {
            if (unit != mine) continue;
            attention_variant2_of_rows(c, call, &rows, head, smaller(most, HEADS - head));
            mine = threads == 1 ? unit + 1 : next_ticket(c->meeting);
        }
    }
}
