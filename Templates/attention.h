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

// y[m] = y[m] * factors[m] + sum over d of a[m][d] * b[d], for QUERIES queries and WIDTH vectors.
INLINE void product_tile(float *y, int y_stride, const float *factors, const float *a,
                         int a_stride, const page_element *b, int b_stride, int depth,
                         const int QUERIES, const int WIDTH) {
    f32x16 sum[ATTENTION_QUERIES][ATTENTION_WIDTH];
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++)
            sum[m][w] = load(y + m * y_stride + 16 * w) * splat(factors[m]);
    for (int d = 0; d < depth; d++) {
        f32x16 row[ATTENTION_WIDTH];
        for (int w = 0; w < WIDTH; w++) row[w] = load_page(b + (size_t)d * b_stride + 16 * w);
        for (int m = 0; m < QUERIES; m++) {
            const f32x16 factor = splat(a[m * a_stride + d]);
            for (int w = 0; w < WIDTH; w++) sum[m][w] = multiply_add(factor, row[w], sum[m][w]);
        }
    }
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) store(y + m * y_stride + 16 * w, sum[m][w]);
}

// Turns a query's scores of one page into weights and moves its running maximum and total on;
// of the page's positions it sees `first` to `last`. Returns what its earlier sums shrink by.
INLINE float weigh_page(float *scores, float *state, int first, int last) {
    const i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    f32x16 score[PAGE_POSITIONS / 16], largest = splat(UNSEEN);
    i32x16 seen[PAGE_POSITIONS / 16];
    for (int i = 0; i < PAGE_POSITIONS / 16; i++) {
        seen[i] = (lanes + 16 * i >= first) & (lanes + 16 * i <= last);
        score[i] = choose(seen[i], load(scores + 16 * i), splat(UNSEEN));
        largest = maximum(largest, score[i]);
    }
    const float before = state[STATE_MOST], here = maximum_of_lanes(largest);
    const float most = before > here ? before : here;
    f32x16 total = splat(0);
    for (int i = 0; i < PAGE_POSITIONS / 16; i++) {
        const f32x16 weight = exponential(score[i] - most);
        const f32x16 kept = choose(seen[i], weight, splat(0));
        store(scores + 16 * i, kept);
        total += kept;
    }
    const float shrink = exponential(splat(before - most))[0];
    state[STATE_MOST] = most;
    state[STATE_TOTAL] = state[STATE_TOTAL] * shrink + sum_of_lanes(total);
    return shrink;
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
