// Attention over pages, in an order that depends on nothing but the positions themselves.
//
// Pages are taken in runs of RUN_PAGES. Within a run, pages follow one another with a running
// maximum; runs are then joined in order. Whoever computes a run, its bits are the same. A position
// that a query doesn't see has weight zero, which changes nothing.

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
    const f32x16 keep = exponential(splat(before - most)), take = exponential(splat(later - most));
    whole[STATE_MOST] = most;
    whole[STATE_TOTAL] = whole[STATE_TOTAL] * keep[0] + run[STATE_TOTAL] * take[0];
    for (int i = STATE_SUMS; i < STATE_SUMS + padded; i += 16)
        store(whole + i, multiply_add(load(run + i), take, load(whole + i) * keep));
}

enum { PAGE_VECTORS = PAGE_POSITIONS / 16 };

// Scores of a page's positions: score[m] = sum over channels of query[m][channel] * keys[channel].
INLINE void score_page(f32x16 (*score)[PAGE_VECTORS], const float *queries, int stride,
                       const page_element *keys, int channels, const int QUERIES,
                       const int WIDTH) {
    for (int v = 0; v < PAGE_VECTORS; v += WIDTH) {
        f32x16 sum[ATTENTION_QUERIES][PAGE_VECTORS];
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) sum[m][w] = splat(0);
        for (int i = 0; i < channels; i++) {
            f32x16 key[PAGE_VECTORS];
            for (int w = 0; w < WIDTH; w++)
                key[w] = load_page(keys + (size_t)i * PAGE_POSITIONS + 16 * (v + w));
            for (int m = 0; m < QUERIES; m++) {
                const f32x16 factor = splat(queries[m * stride + i]);
                for (int w = 0; w < WIDTH; w++) sum[m][w] = multiply_add(factor, key[w], sum[m][w]);
            }
        }
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) score[m][v + w] = sum[m][w];
    }
}

// Turns scores into weights and moves running maxima and totals on; query m sees the page's
// positions `last[m]` and before, `window` of them unless 0. Fills in what earlier sums shrink by.
INLINE void weigh_page(float (*weights)[PAGE_POSITIONS], float *shrink,
                       f32x16 (*score)[PAGE_VECTORS], float *states, int stride, const int *last,
                       int window, const int QUERIES) {
    const i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    f32x16 largest[ATTENTION_QUERIES], total[ATTENTION_QUERIES], change = splat(0);
    i32x16 seen[ATTENTION_QUERIES][PAGE_VECTORS];
    for (int m = 0; m < QUERIES; m++) {
        largest[m] = splat(UNSEEN);
        for (int v = 0; v < PAGE_VECTORS; v++) {
            seen[m][v] = lanes + 16 * v <= last[m];
            if (window) seen[m][v] &= lanes + 16 * v > last[m] - window;
            score[m][v] = choose(seen[m][v], score[m][v], splat(UNSEEN));
            largest[m] = maximum(largest[m], score[m][v]);
        }
    }
    for (int m = 0; m < QUERIES; m++) {
        float *state = states + m * stride;
        const float before = state[STATE_MOST], here = maximum_of_lanes(largest[m]);
        const float most = before > here ? before : here;
        total[m] = splat(0);
        for (int v = 0; v < PAGE_VECTORS; v++) {
            const f32x16 weight = exponential(score[m][v] - most);
            const f32x16 kept = choose(seen[m][v], weight, splat(0));
            store(weights[m] + 16 * v, kept);
            total[m] += kept;
        }
        state[STATE_MOST] = most;
        change[m] = before - most;
    }
    change = exponential(change);
    for (int m = 0; m < QUERIES; m++) {
        float *state = states + m * stride;
        shrink[m] = change[m];
        state[STATE_TOTAL] = state[STATE_TOTAL] * shrink[m] + sum_of_lanes(total[m]);
    }
}

// sums[m] = sums[m] * shrink[m] + sum over positions of weight * value, WIDTH vectors at a time.
INLINE void add_values(float *sums, int stride, const float *shrink,
                       float (*weights)[PAGE_POSITIONS], const page_element *values, int positions,
                       const int VECTORS, const int QUERIES, const int WIDTH) {
    f32x16 sum[ATTENTION_QUERIES][ATTENTION_WIDTH];
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++)
            sum[m][w] = load(sums + m * stride + 16 * w) * splat(shrink[m]);
    for (int i = 0; i < positions; i++) {
        f32x16 value[ATTENTION_WIDTH];
        for (int w = 0; w < WIDTH; w++)
            value[w] = load_page(values + (size_t)i * 16 * VECTORS + 16 * w);
        for (int m = 0; m < QUERIES; m++) {
            const f32x16 weight = splat(weights[m][i]);
            for (int w = 0; w < WIDTH; w++) sum[m][w] = multiply_add(weight, value[w], sum[m][w]);
        }
    }
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) store(sums + m * stride + 16 * w, sum[m][w]);
}

// Brings the states of QUERIES queries, which see positions up to `last` of this page, forward over
// it.
INLINE void see_page(float *states, const float *queries, const page_element *keys, int channels,
                     int positions, const int *last, int window, const int VECTORS,
                     const int QUERIES, const int WIDTH) {
    const int stride = STATE_SUMS + 16 * VECTORS;
    const page_element *values = keys + (size_t)channels * PAGE_POSITIONS;
    f32x16 score[ATTENTION_QUERIES][PAGE_VECTORS];
    float weights[ATTENTION_QUERIES][PAGE_POSITIONS] __attribute__((aligned(64)));
    float shrink[ATTENTION_QUERIES];
    score_page(score, queries, 16 * VECTORS, keys, channels, QUERIES, smaller(WIDTH, PAGE_VECTORS));
    weigh_page(weights, shrink, score, states, stride, last, window, QUERIES);
    int v = 0;
    for (; v + WIDTH <= VECTORS; v += WIDTH)
        add_values(states + STATE_SUMS + 16 * v, stride, shrink, weights, values + 16 * v,
                   positions, VECTORS, QUERIES, WIDTH);
    if (VECTORS % WIDTH)
        add_values(states + STATE_SUMS + 16 * v, stride, shrink, weights, values + 16 * v,
                   positions, VECTORS, QUERIES, VECTORS % WIDTH);
}

// The rows from `row` on that can be attended to together: consecutive rows of one sequence.
INLINE int rows_together(const struct context *c, int row, int most) {
    int tokens = 1;
    while (tokens < most && row + tokens < c->rows &&
           c->step->sequences[row + tokens] == c->step->sequences[row])
        tokens++;
    return tokens;
}

// First page that a row at some position sees; a window of 0 sees everything.
INLINE int first_page(int position, int window) {
    return window && position >= window ? (position - window + 1) / PAGE_POSITIONS : 0;
}
