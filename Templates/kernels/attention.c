// Brings the states of the queries of some rows, all those that share one key-value head, forward
// over one page. All but the first read it from a cache.
KERNEL void $page(const struct context *c, const uint8_t *head, const struct ahead *ahead,
                  float *states, const uint8_t *queries, const struct together *rows, int page) {
    enum { GROUP = $group, DIMENSION = $dimension, PADDED = $padded, WINDOW = $window };
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
            $cases
        }
    }
}

// The states of the queries of some rows and `heads` key-value heads after one run of pages.
// Memory is read in its order: the heads of a page stand next to each other.
KERNEL void $run(const struct context *c, const struct call *call, float *states,
                 const uint8_t *queries, const struct together *rows, int head, int heads,
                 int run) {
    enum { GROUP = $group, DIMENSION = $dimension, PADDED = $padded, WINDOW = $window };
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
            $page(c, here + h * HEAD, ahead.from ? &ahead : NULL, states + h * count * STATE,
                  queries + h * count * QUERY_BYTES(PADDED), rows, page);
        }
    }
}

// The queries of `tokens` rows that belong to some key-value heads, scaled, as pages.h wants them.
KERNEL void $gather(const struct context *c, uint8_t *queries, int row, int tokens, int head,
                    int heads) {
    enum { HEADS = $heads, GROUP = $group, PADDED = $padded };
    const float *source = shared_floats(c, $query) + ((size_t)row * HEADS + head * GROUP) * PADDED;
    for (int h = 0; h < heads; h++)
        for (int t = 0; t < tokens; t++) {
            const float *from = source + ((size_t)t * HEADS + h * GROUP) * PADDED;
            for (int q = 0; q < GROUP; q++, queries += QUERY_BYTES(PADDED))
                prepare_query(queries, from + q * PADDED, $scale, PADDED);
        }
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

// All runs of the queries of some rows that share `heads` key-value heads, one where the rows are of
// several sequences: first what these have in common, then what each has of its own.
KERNEL void $attend(const struct context *c, const struct call *call, const struct together *rows,
                    int head, int heads) {
    enum { GROUP = $group, PADDED = $padded, STATE = STATE_SUMS + PADDED, WINDOW = $window };
    enum { MOST_QUERIES = $most_queries };
    uint8_t queries[MOST_QUERIES * QUERY_BYTES(PADDED)] __attribute__((aligned(64)));
    float whole[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    float part[MOST_QUERIES * STATE] __attribute__((aligned(64)));
    const int32_t *positions = c->step->positions + rows->row;
    const int count = rows->tokens * GROUP;
    $gather(c, queries, rows->row, rows->tokens, head, heads);
    for (int q = 0; q < heads * count; q++) clear_state(whole + q * STATE, PADDED);
    for (int run = first_page(positions[0], WINDOW) / RUN_PAGES; run < rows->runs; run++) {
        $run(c, call, part, queries, rows, head, heads, run);
        for (int q = 0; q < heads * count; q++)
            join_state(whole + q * STATE, part + q * STATE, PADDED);
    }
    for (int t = 0; rows->several && t < rows->tokens; t++) {
        const struct together own = rows_of_one(c, rows->row + t);
        for (int run = rows->runs; run < own.runs; run++) {
            $run(c, call, part, queries + t * GROUP * QUERY_BYTES(PADDED), &own, head, 1, run);
            for (int q = 0; q < GROUP; q++)
                join_state(whole + (t * GROUP + q) * STATE, part + q * STATE, PADDED);
        }
    }
    for (int q = 0; q < heads * count; q++)
        $finish(c, whole + q * STATE, rows->row + q % count / GROUP,
                (head + q / count) * GROUP + q % GROUP);
}

// Where the states of a run wait to be joined, when runs of one row are divided among threads.
KERNEL float *$part(const struct context *c, int pair, int run, int threads) {
    enum { STATES = $group * (STATE_SUMS + $padded) };
    float *parts = (float *)(thread_scratch(c, pair % threads) + $parts);
    return parts + ((size_t)(pair / threads) * $runs + run) * STATES;
}

// Few rows: each run of a row and a key-value head is a unit of work; then runs are joined.
KERNEL void $divided(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = $key_value_heads, GROUP = $group, PADDED = $padded, WINDOW = $window };
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
                $gather(c, queries, row, 1, head, 1);
                $run(c, call, $part(c, pair, run, threads), queries, &alone, head, 1, run);
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
                join_state(whole + q * STATE, $part(c, pair, run, threads) + q * STATE, PADDED);
        for (int q = 0; q < GROUP; q++)
            $finish(c, whole + q * STATE, row, head * GROUP + q);
    }
}

// $summary
SHARED void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { HEADS = $key_value_heads, GROUP = $group, ROWS_TOGETHER = $rows_together };
    enum { WINDOW = $window, MOST_QUERIES = $most_queries };
    if (c->rows * HEADS < 2 * threads) {
        $divided(c, call, thread, threads);
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
            $attend(c, call, &rows, head, smaller(most, HEADS - head));
            mine = threads == 1 ? unit + 1 : next_ticket(c->meeting);
        }
    }
}
