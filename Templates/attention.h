// Attention over pages, in an order that depends on nothing but the positions themselves.
//
// Pages are taken in runs of RUN_PAGES. Within a run, pages follow one another with a running
// maximum; runs are then joined in order. Whoever computes a run, its bits are the same. A position
// that a query doesn't see has weight zero, which changes nothing: so far below every score is its
// own.

#define UNSEEN (-1e30f)

// What a query has seen so far, as (STATE) floats: the largest score, the sum of weights, then the
// weighted sum of values.
enum { STATE_MOST = 0, STATE_TOTAL = 1, STATE_SUMS = 16 };

INLINE void clear_state(float *state, int padded) {
    for (int i = 0; i < STATE_SUMS + padded; i += 16) store(state + i, splat(0));
    state[STATE_MOST] = UNSEEN;
}

// Joins a later run to what a query has seen before it.
INLINE void join_state(float *whole, const float *run, int padded) {
    const float before = whole[STATE_MOST], later = run[STATE_MOST];
    const float most = before > later ? before : later;
    const f32x16 keep = exponential_below(splat(before - most));
    const f32x16 take = exponential_below(splat(later - most));
    whole[STATE_MOST] = most;
    whole[STATE_TOTAL] = whole[STATE_TOTAL] * keep[0] + run[STATE_TOTAL] * take[0];
    for (int i = STATE_SUMS; i < STATE_SUMS + padded; i += 16)
        store(whole + i, multiply_add(load(run + i), take, load(whole + i) * keep));
}

// Whether each of some queries sees all positions of a page, so that none need be masked.
INLINE int see_all(const int *last, int window, const int QUERIES) {
    int all = 1;
    for (int m = 0; m < QUERIES; m++)
        all &= last[m] >= PAGE_POSITIONS - 1 && (!window || last[m] < window);
    return all;
}

// Takes away the scores of positions that a query doesn't see: query m sees the page's positions
// `last[m]` and before, `window` of them unless 0.
INLINE void hide_unseen(f32x16 (*score)[PAGE_VECTORS], const int *last, int window,
                        const int QUERIES) {
    const i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    DONT_UNROLL
    for (int m = 0; m < QUERIES; m++) {
        DONT_UNROLL
        for (int v = 0; v < PAGE_VECTORS; v++) {
            i32x16 seen = lanes + 16 * v <= last[m];
            if (window) seen &= lanes + 16 * v > last[m] - window;
            score[m][v] = choose(seen, score[m][v], splat(UNSEEN));
        }
    }
}

// Turns scores into weights and moves running maxima and totals on. Fills in what earlier sums
// shrink by.
INLINE void weigh_page(float (*weights)[PAGE_POSITIONS], float *shrink,
                       f32x16 (*score)[PAGE_VECTORS], float *states, int stride,
                       const int QUERIES) {
    f32x16 largest[ATTENTION_QUERIES], total[ATTENTION_QUERIES], change = splat(0);
    for (int m = 0; m < QUERIES; m++) {
        largest[m] = score[m][0];
        for (int v = 1; v < PAGE_VECTORS; v++) largest[m] = maximum(largest[m], score[m][v]);
    }
    for (int m = 0; m < QUERIES; m++) {
        float *state = states + m * stride;
        const float before = state[STATE_MOST], here = maximum_of_lanes(largest[m]);
        const float most = before > here ? before : here;
        // Of a query that has seen nothing yet all weights are zero, too.
        const float top = most > UNSEEN ? most : 0;
        total[m] = splat(0);
        for (int v = 0; v < PAGE_VECTORS; v++) {
            const f32x16 weight = exponential_below(score[m][v] - top);
            store(weights[m] + 16 * v, weight);
            total[m] += weight;
        }
        state[STATE_MOST] = most;
        change[m] = before - most;
    }
    change = exponential_below(change);
    for (int m = 0; m < QUERIES; m++) {
        float *state = states + m * stride;
        shrink[m] = change[m];
        state[STATE_TOTAL] = state[STATE_TOTAL] * shrink[m] + sum_of_lanes(total[m]);
    }
}

// Brings the states of QUERIES queries, which see positions up to `last` of this page, forward over
// one head of it, and asks for the head that comes next.
INLINE void see_page(float *states, const uint8_t *queries, const uint8_t *head,
                     const struct ahead *ahead, int positions, const int *last, int window,
                     const int DIMENSION, const int PADDED, const int QUERIES, const int WIDTH) {
    const int stride = STATE_SUMS + PADDED;
    f32x16 score[ATTENTION_QUERIES][PAGE_VECTORS];
    float weights[ATTENTION_QUERIES][PAGE_POSITIONS] __attribute__((aligned(64)));
    float shrink[ATTENTION_QUERIES];
    // Vectors of positions at once: as many as of channels, and a divisor of PAGE_VECTORS.
    const int AT_ONCE = WIDTH >= PAGE_VECTORS ? PAGE_VECTORS : WIDTH > 1 ? 2 : 1;
    if (AT_ONCE > 1 && positions <= PAGE_POSITIONS - 16)  // what isn't written need not be read
        score_page(score, queries, head, ahead, positions, DIMENSION, PADDED, QUERIES, 1);
    else
        score_page(score, queries, head, ahead, positions, DIMENSION, PADDED, QUERIES,
                   AT_ONCE);
    if (!see_all(last, window, QUERIES)) hide_unseen(score, last, window, QUERIES);
    weigh_page(weights, shrink, score, states, stride, QUERIES);
    add_values(states + STATE_SUMS, stride, shrink, weights, head, ahead, positions, DIMENSION,
               PADDED, QUERIES, WIDTH);
}

// First page that a row at some position sees; a window of 0 sees everything.
INLINE int first_page(int position, int window) {
    return window && position >= window ? (position - window + 1) / PAGE_POSITIONS : 0;
}

enum { RUN_POSITIONS = PAGE_POSITIONS * RUN_PAGES };

// Consecutive rows that are attended to together: of one sequence, or one each of several sequences
// that have the pages of their first `runs` runs in common and see all of them.
struct together {
    int row, tokens, runs;
    int several;  // sequences
    int last;     // position up to which the first row's sequence is read
};

// One row for itself.
INLINE struct together rows_of_one(const struct context *c, int row) {
    const int position = c->step->positions[row];
    return (struct together){row, 1, position / RUN_POSITIONS + 1, 0, position};
}

// How many pages some rows see, counted for each.
INLINE int64_t pages_of(const struct context *c, const struct together *rows, int window) {
    const int first = first_page(c->step->positions[rows->row], window);
    return (int64_t)rows->tokens * (rows->last / PAGE_POSITIONS + 1 - first);
}

// How many runs from the first on two rows have in common, `most` of which matter.
INLINE int common_runs(const struct context *c, int row, int other, int most) {
    const int32_t *pages = c->step->page_tables[c->step->sequences[row]];
    const int32_t *others = c->step->page_tables[c->step->sequences[other]];
    const int seen = smaller(most, (c->step->positions[other] + 1) / RUN_POSITIONS) * RUN_PAGES;
    int common = 0;
    while (common < seen && pages[common] == others[common]) common++;
    return common / RUN_PAGES;
}

// Whether a row is its sequence's only one.
INLINE int stands_alone(const struct context *c, int row) {
    const int32_t *sequences = c->step->sequences;
    return (row == 0 || sequences[row - 1] != sequences[row]) &&
           (row + 1 == c->rows || sequences[row + 1] != sequences[row]);
}

// The rows from `row` on that are attended to together: at most MOST of one sequence, or at most
// `sequences` that have at least half of their runs in common, since what each has of its own is
// then read head by head. They are taken in for as long as that spares more reading than it costs
// those that have more in common.
INLINE struct together rows_together(const struct context *c, int row, int sequences, int window,
                                     const int MOST) {
    const int32_t *positions = c->step->positions;
    int tokens = 1;
    while (tokens < MOST && row + tokens < c->rows &&
           c->step->sequences[row + tokens] == c->step->sequences[row])
        tokens++;
    const int last = positions[row + tokens - 1];
    struct together found = {row, tokens, last / RUN_POSITIONS + 1, 0, last};
    if (window || !stands_alone(c, row)) return found;
    int runs = (last + 1) / RUN_POSITIONS, longest = found.runs;
    for (; tokens < sequences && row + tokens < c->rows; tokens++) {
        const int other = row + tokens, own = positions[other] / RUN_POSITIONS + 1;
        const int common = common_runs(c, row, other, runs);
        longest = own > longest ? own : longest;
        if (!stands_alone(c, other) || 2 * common < longest) break;
        if (common * tokens < runs * (tokens - 1)) break;
        runs = common;
        found = (struct together){row, tokens + 1, runs, 1, last};
    }
    return found;
}
