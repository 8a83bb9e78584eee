// What a page holds of one head, as floats: keys as (PAGE_VECTORS, dimension, 16 positions), then
// values as (VECTORS, PAGE_POSITIONS, 16 channels). So whoever reads some vectors of it reads as
// many streams, each in the order of memory.

#define HEAD_BYTES(dimension, padded)                                                              \
    (((dimension) + (padded)) * PAGE_POSITIONS * sizeof(page_element))

// What is read of a head that holds some positions.
INLINE struct ahead ahead_in_part(const uint8_t *head, int positions, int dimension, int padded) {
    const size_t vector = 16 * sizeof(page_element);
    (void)padded;
    return (struct ahead){head, 0, (positions + 15) / 16 * dimension * vector,
                          dimension * PAGE_POSITIONS * sizeof(page_element),
                          PAGE_POSITIONS * vector, positions * vector};
}

// A query is read as it is.
#define QUERY_BYTES(padded) (4 * (padded))

INLINE void prepare_query(uint8_t *to, const float *x, float scale, int padded) {
    for (int i = 0; i < padded; i += 16) store((float *)to + i, load(x + i) * scale);
}

// 16 channels of a key go to as many rows.
INLINE void put_key(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    (void)padded;
    page_element *keys = (page_element *)head + (size_t)(slot / 16) * dimension * 16 + slot % 16;
    for (int i = 0; i < dimension; i += 16) {
        page_element elements[16];
        store_page(elements, load(x + i));
        for (int lane = 0; lane < smaller(16, dimension - i); lane++)
            keys[(i + lane) * 16] = elements[lane];
    }
}

INLINE void put_value(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    page_element *values = (page_element *)head + (size_t)dimension * PAGE_POSITIONS + slot * 16;
    for (int i = 0; i < padded; i += 16) store_page(values + i * PAGE_POSITIONS, load(x + i));
}

// Scores of a page's positions: score[m] = sum over channels of query[m][channel] * keys[channel].
INLINE void score_page(f32x16 (*score)[PAGE_VECTORS], const uint8_t *queries, const uint8_t *head,
                       const struct ahead *ahead, int positions, const int DIMENSION,
                       const int PADDED, const int QUERIES, const int WIDTH) {
    enum { ROW = 16 * sizeof(page_element) };
    const int STEP = AHEAD_ROWS(WIDTH * ROW);
    for (int v = 0; v * 16 < positions; v += WIDTH) {
        const size_t start = (size_t)v * DIMENSION * ROW;
        const uint8_t *keys = head + start;
        f32x16 sum[ATTENTION_QUERIES][PAGE_VECTORS];
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) sum[m][w] = splat(0);
        for (int first = 0; first < DIMENSION; first += STEP) {
            look_ahead(ahead, start + first * WIDTH * ROW, STEP * WIDTH * ROW);
            for (int i = first; i < smaller(first + STEP, DIMENSION); i++) {
                f32x16 key[PAGE_VECTORS];
                for (int w = 0; w < WIDTH; w++)
                    key[w] = load_page((const page_element *)(keys + (w * DIMENSION + i) * ROW));
                for (int m = 0; m < QUERIES; m++) {
                    const f32x16 factor = splat(((const float *)queries)[m * PADDED + i]);
                    for (int w = 0; w < WIDTH; w++)
                        sum[m][w] = multiply_add(factor, key[w], sum[m][w]);
                }
            }
        }
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) score[m][v + w] = sum[m][w];
    }
}

// sum[m] += weight * value of one position, of WIDTH vectors.
INLINE void add_position(f32x16 (*sum)[ATTENTION_WIDTH], float (*weights)[PAGE_POSITIONS],
                         const uint8_t *values, int position, const int QUERIES, const int WIDTH) {
    enum { ROW = 16 * sizeof(page_element) };
    const uint8_t *row = values + position * ROW;
    f32x16 value[ATTENTION_WIDTH];
    for (int w = 0; w < WIDTH; w++)
        value[w] = load_page((const page_element *)(row + w * PAGE_POSITIONS * ROW));
    for (int m = 0; m < QUERIES; m++) {
        const f32x16 weight = splat(weights[m][position]);
        for (int w = 0; w < WIDTH; w++) sum[m][w] = multiply_add(weight, value[w], sum[m][w]);
    }
}

// sums[m] = sums[m] * shrink[m] + sum over positions of weight * value, WIDTH vectors at a time.
INLINE void add_some_values(float *sums, int stride, const float *shrink,
                            float (*weights)[PAGE_POSITIONS], const uint8_t *values,
                            const struct ahead *ahead, size_t start, int positions,
                            const int QUERIES, const int WIDTH) {
    enum { ROW = 16 * sizeof(page_element) };
    const int STEP = AHEAD_ROWS(WIDTH * ROW);
    f32x16 sum[ATTENTION_QUERIES][ATTENTION_WIDTH];
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++)
            sum[m][w] = load(sums + m * stride + 16 * w) * splat(shrink[m]);
    int first = 0;
    // Whole steps have a length that the compiler knows: it unrolls them without a count to check.
    for (; first + STEP <= positions; first += STEP) {
        look_ahead(ahead, start + first * WIDTH * ROW, STEP * WIDTH * ROW);
        for (int i = 0; i < STEP; i++)
            add_position(sum, weights, values, first + i, QUERIES, WIDTH);
    }
    if (first < positions) look_ahead(ahead, start + first * WIDTH * ROW, STEP * WIDTH * ROW);
    for (; first < positions; first++)
        add_position(sum, weights, values, first, QUERIES, WIDTH);
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) store(sums + m * stride + 16 * w, sum[m][w]);
}

INLINE void add_values(float *sums, int stride, const float *shrink,
                       float (*weights)[PAGE_POSITIONS], const uint8_t *head,
                       const struct ahead *ahead, int positions, const int DIMENSION,
                       const int PADDED, const int QUERIES, const int WIDTH) {
    enum { VECTOR = 16 * PAGE_POSITIONS * sizeof(page_element) };
    const int VECTORS = PADDED / 16, EVEN = VECTORS / WIDTH * WIDTH;
    const size_t start = (size_t)DIMENSION * PAGE_POSITIONS * sizeof(page_element);
    for (int v = 0; v < EVEN; v += WIDTH)
        add_some_values(sums + 16 * v, stride, shrink, weights, head + start + v * VECTOR, ahead,
                        start + v * VECTOR, positions, QUERIES, WIDTH);
    if (EVEN < VECTORS)
        add_some_values(sums + 16 * EVEN, stride, shrink, weights, head + start + EVEN * VECTOR,
                        ahead, start + EVEN * VECTOR, positions, QUERIES, VECTORS - EVEN);
}
