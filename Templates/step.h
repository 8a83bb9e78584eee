// What every kernel shares: the step, its threads, and how rows and work are divided.
#include <omp.h>

// Where the arrays of one step are.
struct context {
    const model_step *step;
    const uint8_t *weights;  // WEIGHT_BYTES
    uint8_t *scratch;        // SHARED_BYTES, then THREAD_BYTES for each thread
    int rows;
    int streams;  // blocks of weights read at once by up to STREAM_ROWS
    struct meeting *meeting;
};

// One use of a kernel: which of the layers with its shapes and formats it computes.
struct call {
    uint64_t weights;  // offset of its tensors in the weights
    uint64_t cache;    // offset of its keys and values in a page
};

// 1, 2 or STREAMS.
INLINE int streams_of(const model_step *step) {
    const int streams = step->streams;
    return streams == 1 || streams == 2 || streams == STREAMS ? streams : USUAL_STREAMS;
}

INLINE int smaller(int a, int b) { return a < b ? a : b; }

INLINE int within(int x, int low, int high) { return x < low ? low : smaller(x, high); }

// The first of `units` that belongs to a thread; its last is before the next thread's first.
INLINE int share(int units, int thread, int threads) {
    return (int)((int64_t)units * thread / threads);
}

// How a thread goes through its units, blocks of a matrix or heads: `streams` at once, `count`
// apart; then a rest, one by one. For few rows memory that is read in several places answers faster,
// for more rows TOGETHER units share what is read of them.
struct strip {
    int first, count, streams;
};

INLINE struct strip strip_of(const struct context *c, int first, int end, int rows,
                             const int TOGETHER, int rest) {
    const int streams = rows <= STREAM_ROWS ? c->streams : TOGETHER;
    const int count = (end - first) / streams;
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

// Columns `from` to `end` of rows `row` to `limit`, all of one tile, for one thread to prepare.
struct slice {
    int row, limit, from, end;
    int done;  // pieces up to here
};

enum { PIECE = 128 };  // columns; whole groups, which fill whole cache lines

// Takes a thread's next slice of rows with so many columns; 0 when it has had all. The rows of a
// tile are written to the same cache lines, which would go back and forth between the cores of
// threads that prepared one row each: instead, the pieces of all tiles in their order are divided.
INLINE int next_slice(struct slice *s, int columns, int rows, int thread, int threads) {
    const int pieces = (columns + PIECE - 1) / PIECE, units = (rows + TILE - 1) / TILE * pieces;
    const int alone = prepares_alone(rows);
    if (!s->done && !alone) s->done = share(units, thread, threads);
    const int last = alone ? units : share(units, thread + 1, threads), tile = s->done / pieces;
    if (s->done >= last) return 0;
    s->row = tile * TILE;
    s->limit = smaller(rows, s->row + TILE);
    s->from = s->done % pieces * PIECE;
    s->done = smaller(last, (tile + 1) * pieces);
    s->end = smaller(columns, (s->done - tile * pieces) * PIECE);
    return 1;
}

// Asks for the cache lines that a product's vectors go to: of each stream, one in each row of ROW
// floats from `to` on.
INLINE void ask_for_lines(const float *to, const struct strip *part, const int ROW, int tokens) {
    for (int s = 0; s < part->streams; s++)
        for (int t = 0; t < tokens; t++)
            __builtin_prefetch(to + (size_t)t * ROW + 16 * s * part->count, 1);
}

// The page that holds a position of a row's sequence.
INLINE uint8_t *page_of(const struct context *c, int row, int position) {
    const int32_t *table = c->step->page_tables[c->step->sequences[row]];
    return (uint8_t *)c->step->pages + (size_t)table[position / PAGE_POSITIONS] * PAGE_BYTES;
}
