// Brings the states of the queries of `tokens` rows from `row` on, all those that share one
// key-value head, forward over one run of pages.
KERNEL void $run(const struct context *c, const struct call *call, float *states,
                 const float *queries, int row, int tokens, int head, int run) {
    enum { GROUP = $group, DIMENSION = $dimension, PADDED = $padded, WINDOW = $window };
    enum { MOST_QUERIES = $most_queries, STATE = STATE_SUMS + PADDED, VECTORS = PADDED / 16 };
    enum { WIDE = VECTORS / ATTENTION_WIDTH * ATTENTION_WIDTH };
    const int32_t *positions = c->step->positions + row;
    const int last = positions[tokens - 1];
    const int first = first_page(positions[0], WINDOW);
    const int end = smaller((run + 1) * RUN_PAGES, last / PAGE_POSITIONS + 1);
    for (int page = first > run * RUN_PAGES ? first : run * RUN_PAGES; page < end; page++) {
        const int base = page * PAGE_POSITIONS;
        const page_element *keys = keys_of(c, call, row, base, head, DIMENSION, PADDED);
        const page_element *values = keys + DIMENSION * PAGE_POSITIONS;
        const int written = smaller(PAGE_POSITIONS, last - base + 1);
        float scores[MOST_QUERIES][PAGE_POSITIONS] __attribute__((aligned(64)));
        float shrink[MOST_QUERIES];
        for (int m = 0; m < tokens * GROUP; m += ATTENTION_QUERIES) {
            const int count = smaller(ATTENTION_QUERIES, tokens * GROUP - m);
            for (int q = m; q < m + count; q++) {
                shrink[q] = 1;
                for (int i = 0; i < PAGE_POSITIONS; i += 16) store(scores[q] + i, splat(0));
            }
            for (int i = 0; i < PAGE_POSITIONS; i += 16 * ATTENTION_WIDTH)
                $wide(scores[m] + i, PAGE_POSITIONS, shrink + m, queries + m * PADDED, PADDED,
                      keys + i, PAGE_POSITIONS, DIMENSION, count);
            for (int q = m; q < m + count; q++) {
                const int position = positions[q / GROUP] - base;
                shrink[q] = weigh_page(scores[q], states + q * STATE,
                                       WINDOW ? position - WINDOW + 1 : 0, position);
            }
            float *sums = states + m * STATE + STATE_SUMS;
            for (int v = 0; v < WIDE; v += ATTENTION_WIDTH)
                $wide(sums + 16 * v, STATE, shrink + m, scores[m], PAGE_POSITIONS,
                      values + 16 * v, PADDED, written, count);
            if (WIDE < VECTORS)
                $narrow(sums + 16 * WIDE, STATE, shrink + m, scores[m], PAGE_POSITIONS,
                        values + 16 * WIDE, PADDED, written, count);
        }
    }
}

// The queries of `tokens` rows that share one key-value head, scaled.
KERNEL void $gather(const struct context *c, float *queries, int row, int tokens, int head) {
    enum { HEADS = $heads, GROUP = $group, PADDED = $padded };
    const float *source = shared_floats(c, $query) + ((size_t)row * HEADS + head * GROUP) * PADDED;
    for (int t = 0; t < tokens; t++, source += HEADS * PADDED)
        for (int i = 0; i < GROUP * PADDED; i += 16, queries += 16)
            store(queries, load(source + i) * $scale);
}

// Divides a query's sums by its total and puts them where the projection reads them.
KERNEL void $finish(const struct context *c, const float *state, int row, int head) {
    enum { HEADS = $heads, DIMENSION = $dimension, ROW = $row };
    float *y = shared_floats(c, $output) + (size_t)row * ROW + head * DIMENSION;
    const float factor = 1.0f / state[STATE_TOTAL];
    for (int i = 0; i < DIMENSION; i++) y[i] = state[STATE_SUMS + i] * factor;
    if (head == HEADS - 1)
        for (int i = DIMENSION; i < ROW - head * DIMENSION; i++) y[i] = 0;
}

// All runs of the queries of some rows that share one key-value head.
KERNEL void $attend(const struct context *c, const struct call *call, int row, int tokens,
                    int head) {
    enum { GROUP = $group, PADDED = $padded, STATE = STATE_SUMS + PADDED, WINDOW = $window };
    enum { MOST_QUERIES = $most_queries };
    float queries[MOST_QUERIES * PADDED] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + row;
    const int last_run = positions[tokens - 1] / (PAGE_POSITIONS * RUN_PAGES);
    $gather(c, queries, row, tokens, head);
    for (int q = 0; q < tokens * GROUP; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run <= last_run; run++) {
        for (int q = 0; q < tokens * GROUP; q++) clear_state(part + q * STATE, PADDED);
        $run(c, call, part, queries, row, tokens, head, run);
        for (int q = 0; q < tokens * GROUP; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int q = 0; q < tokens * GROUP; q++)
        $finish(c, whole + q * STATE, row + q / GROUP, head * GROUP + q % GROUP);
}

// Where a run's states wait to be joined, when runs of one row are divided among threads.
KERNEL float *$part(const struct context *c, int unit, int run, int threads) {
    enum { STATES = $group * (STATE_SUMS + $padded) };
    float *parts = (float *)(thread_scratch(c, unit % threads) + $parts);
    return parts + ((size_t)(unit / threads) * $runs + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void $divided(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = $key_value_heads, GROUP = $group, PADDED = $padded, WINDOW = $window };
    enum { STATE = STATE_SUMS + PADDED, RUN_POSITIONS = PAGE_POSITIONS * RUN_PAGES };
    float queries[GROUP * PADDED] __attribute__((aligned(64)));
    float whole[GROUP * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions;
    int units = 0, unit = 0;
    for (int row = 0; row < c->rows; row++)
        units += HEADS * (positions[row] / RUN_POSITIONS + 1 -
                          first_page(positions[row], WINDOW) / RUN_PAGES);
    const int first = share(units, thread, threads), end = share(units, thread + 1, threads);
    for (int pair = 0; pair < c->rows * HEADS; pair++) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++) {
            if (unit >= first && unit < end) {
                float *states = $part(c, pair, run, threads);
                $gather(c, queries, row, 1, head);
                for (int q = 0; q < GROUP; q++) clear_state(states + q * STATE, PADDED);
                $run(c, call, states, queries, row, 1, head, run);
            }
            unit++;
        }
    }
    meet();
    for (int pair = thread; pair < c->rows * HEADS; pair += threads) {
        const int row = pair / HEADS, head = pair % HEADS;
        const int last_run = positions[row] / RUN_POSITIONS;
        for (int q = 0; q < GROUP; q++) clear_state(whole + q * STATE, PADDED);
        for (int run = first_page(positions[row], WINDOW) / RUN_PAGES; run <= last_run; run++)
            for (int q = 0; q < GROUP; q++)
                join_state(whole + q * STATE, $part(c, pair, run, threads) + q * STATE, PADDED);
        for (int q = 0; q < GROUP; q++)
            $finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = $key_value_heads, ROWS_TOGETHER = $rows_together, WINDOW = $window };
    if (c->rows * HEADS < 2 * threads) {
        $divided(c, call, thread, threads);
        return;
    }
    const int32_t *positions = c->step->positions;
    int64_t cost = 0, before = 0;
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        cost += (int64_t)tokens * HEADS * (last + 1 - first_page(positions[row], WINDOW));
    }
    const int64_t first = cost * thread / threads, end = cost * (thread + 1) / threads;
    for (int row = 0, tokens; row < c->rows; row += tokens) {
        tokens = rows_together(c, row, ROWS_TOGETHER);
        const int last = positions[row + tokens - 1] / PAGE_POSITIONS;
        const int64_t unit = (int64_t)tokens * (last + 1 - first_page(positions[row], WINDOW));
        for (int head = 0; head < HEADS; head++, before += unit)
            if (before >= first && before < end) $attend(c, call, row, tokens, head);
    }
}
