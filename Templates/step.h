// What every kernel shares: the step, its threads, and how rows and work are divided.
#include <omp.h>

// Where the arrays of one step are.
struct context {
    const model_step *step;
    const uint8_t *weights;  // WEIGHT_BYTES
    uint8_t *scratch;        // SHARED_BYTES, then THREAD_BYTES for each thread
    int rows;
    struct meeting *meeting;
};

// One use of a kernel: which of the layers with its shapes and formats it computes.
struct call {
    uint64_t weights;  // offset of its tensors in the weights
    uint64_t cache;    // offset of its keys and values in a page
};

INLINE int smaller(int a, int b) { return a < b ? a : b; }

INLINE int within(int x, int low, int high) { return x < low ? low : smaller(x, high); }

// The first of `units` that belongs to a thread; its last is before the next thread's first.
INLINE int share(int units, int thread, int threads) {
    return (int)((int64_t)units * thread / threads);
}

// How a thread goes through its units, blocks of a matrix or heads: `streams` at once, `count`
// apart, since memory that is read in several places answers faster; then a rest, one by one.
struct strip {
    int first, count, streams;
};

INLINE struct strip strip_of(int first, int end, int rows, int rest) {
    const int streams = rows <= STREAM_ROWS ? STREAMS : 1, count = (end - first) / streams;
    const int done = first + count * streams;
    return rest ? (struct strip){done, end - done, 1} : (struct strip){first, count, streams};
}

// A part of a product: some of its units times the PASS rows from `row` on.
struct portion {
    int first, end, row;
    int taken;
};

enum { PORTIONS = 8 };  // for each thread

// Takes a thread's next portion of `units`; 0 when all are taken. Of one row's product each thread
// has its share, read in streams. Of the product of several rows threads take small portions as they
// get through them, since cores that others use too are not equally fast.
INLINE int next_portion(struct portion *p, const struct context *c, int units, int rows,
                        const int PASS, int thread, int threads) {
    const int passes = (rows + PASS - 1) / PASS;
    const int shared = rows > STREAM_ROWS && threads > 1;
    const int parts = shared ? smaller(units, PORTIONS * threads) : 1;
    const int part = shared ? next_ticket(c->meeting) : p->taken++;
    if (part >= parts * passes) return 0;
    p->row = part / parts * PASS;
    p->first = shared ? share(units, part % parts, parts) : share(units, thread, threads);
    p->end = shared ? share(units, part % parts + 1, parts) : share(units, thread + 1, threads);
    return 1;
}

// Where the time of a step goes, for who wants to know: thread 0 adds up what each kernel took, the
// wait for the other threads included.
struct clock {
    double *seconds;
    double last;
};

INLINE struct clock start_clock(const struct context *c, int thread) {
    struct clock clock = {thread == 0 ? c->step->kernel_seconds : NULL, 0};
    if (clock.seconds) clock.last = omp_get_wtime();
    return clock;
}

// The time since the last call belongs to this kernel.
INLINE void book(struct clock *clock, int kernel) {
    if (!clock->seconds) return;
    const double now = omp_get_wtime();
    clock->seconds[kernel] += now - clock->last;
    clock->last = now;
}

INLINE float *shared_floats(const struct context *c, size_t offset) {
    return (float *)(c->scratch + offset);
}

INLINE uint8_t *thread_scratch(const struct context *c, int thread) {
    return c->scratch + SHARED_BYTES + (size_t)thread * THREAD_BYTES;
}

// A few rows are prepared by each thread for itself, which costs less than waiting; many are
// divided among the threads. The results are the same to the bit.
INLINE int prepares_alone(int rows) { return rows <= ROWS_ALONE; }

// Prepared rows stand in tiles of TILE tokens, fewer in the last: within a tile, a column's tokens
// stand together. A tile's arrays start where those of its first row would, were rows not tiled.
INLINE int tokens_in_tile(int row, int rows) { return smaller(TILE, rows - row / TILE * TILE); }

// The page that holds a position of a row's sequence.
INLINE uint8_t *page_of(const struct context *c, int row, int position) {
    const int32_t *table = c->step->page_tables[c->step->sequences[row]];
    return (uint8_t *)c->step->pages + (size_t)table[position / PAGE_POSITIONS] * PAGE_BYTES;
}
