// Keys and values of earlier positions as whole numbers: x = scale * code, |code| <= LARGEST_CODE.
// Every row has scales of its own, one for each KEY_GROUP channels of a key and one for a value, so
// no row changes when another is written.
//
// What a page holds of one head: codes of keys as (PAGE_VECTORS, pairs of channels, 16 positions,
// 2), codes of values as (VECTORS, pairs of positions, 16 channels, 2), scales of keys as (groups,
// PAGE_POSITIONS) and those of values as (PAGE_POSITIONS), bfloat16.
//
// Queries and weights have 15 bits and a sign beside them: products and their sums are exact in 32
// bits, of a group of a key as of a whole page of values. A query's norm is at most 2^15 and so is
// that of a group's codes, so no sum of their products is beyond 2^30 (Cauchy-Schwarz); a page's
// weights have a sum of at most 2^16.
enum { MOST_CODE = 32767, MOST_WEIGHTS = 65000, PAGE_PAIRS = PAGE_POSITIONS / 2 };
enum { PAIRS_BYTES = 32 * sizeof(page_code) };  // of 16 pairs

#define KEY_GROUPS(padded) (((padded) + KEY_GROUP - 1) / KEY_GROUP)
#define SCALES_BYTES(padded) (2 * (KEY_GROUPS(padded) + 1) * PAGE_POSITIONS)
#define HEAD_BYTES(dimension, padded)                                                              \
    (2 * PAGE_POSITIONS * (padded) * sizeof(page_code) + SCALES_BYTES(padded) + 0 * (dimension))

// What is read of a head that holds some positions.
INLINE struct ahead ahead_in_part(const uint8_t *head, int positions, int dimension, int padded) {
    (void)dimension;
    return (struct ahead){head, 0, (size_t)(positions + 15) / 16 * padded / 2 * PAIRS_BYTES,
                          (size_t)padded * PAGE_POSITIONS * sizeof(page_code),
                          PAGE_PAIRS * PAIRS_BYTES, (size_t)(positions + 1) / 2 * PAIRS_BYTES};
}

// A query's codes, then its scale.
#define QUERY_BYTES(padded) (2 * (padded) + 64)

INLINE float inverse_of(float scale) { return scale > 1e-30f ? 1.0f / scale : 0.0f; }

// Stores the scale of codes for a range, rounded up so that no code is too large.
INLINE float put_scale(uint8_t *to, float range) {
    union {
        float value;
        uint32_t bits;
    } scale = {range / LARGEST_CODE};
    scale.bits = (scale.bits + 0xffffu) & 0xffff0000u;
    *(half_anywhere *)to = (uint16_t)(scale.bits >> 16);
    return scale.value;
}

INLINE void prepare_query(uint8_t *to, const float *x, float factor, int padded) {
    const float scale = norm_of(x, padded) / MOST_CODE, inverse = inverse_of(scale);
    for (int i = 0; i < padded; i += 16)
        store_halves(to + 2 * i,
                     __builtin_convertvector((u32x16)nearest(load(x + i) * inverse), u16x16));
    store((float *)(to + 2 * padded), splat(scale * factor));
}

INLINE void put_key(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    uint8_t *keys = head + slot / 16 * (padded / 2 * PAIRS_BYTES);
    uint8_t *scales = head + 2 * PAGE_POSITIONS * padded * sizeof(page_code) + 2 * slot;
    for (int i = 0; i < dimension; i += KEY_GROUP, scales += 2 * PAGE_POSITIONS) {
        const int count = smaller(KEY_GROUP, padded - i);
        const float inverse = inverse_of(put_scale(scales, range_of_key(x + i, count)));
        for (int j = i; j < i + count; j += 16) {
            page_code codes[16];
            store_codes(codes, nearest(load(x + j) * inverse));
            for (int p = 0; p < 8; p++)
                __builtin_memcpy(keys + (j / 2 + p) * PAIRS_BYTES + slot % 16 * 2 * sizeof(page_code),
                                 codes + 2 * p, 2 * sizeof(page_code));
        }
    }
}

INLINE void put_value(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    uint8_t *values = head + PAGE_POSITIONS * padded * sizeof(page_code) + slot / 2 * PAIRS_BYTES;
    uint8_t *scales = head + 2 * PAGE_POSITIONS * padded * sizeof(page_code) +
                      2 * KEY_GROUPS(padded) * PAGE_POSITIONS;
    const float inverse = inverse_of(put_scale(scales + 2 * slot, largest_of(x, padded)));
    (void)dimension;
    for (int i = 0; i < padded; i += 16)
        replace_codes(values + i / 16 * PAGE_PAIRS * PAIRS_BYTES, slot % 2,
                      (u32x16)nearest(load(x + i) * inverse));
}

// Scores of a page's positions: score[m] = sum over channels of query[m][channel] * keys[channel].
INLINE void score_page(f32x16 (*score)[PAGE_VECTORS], const uint8_t *queries, const uint8_t *head,
                       const struct ahead *ahead, int positions, const int DIMENSION,
                       const int PADDED, const int QUERIES, const int WIDTH) {
    const uint8_t *scales = head + (size_t)2 * PADDED * PAGE_POSITIONS * sizeof(page_code);
    const int STEP = AHEAD_ROWS(PAIRS_BYTES * WIDTH);
    for (int v = 0; v * 16 < positions; v += WIDTH) {
        const size_t start = (size_t)v * PADDED / 2 * PAIRS_BYTES;
        f32x16 total[ATTENTION_QUERIES][PAGE_VECTORS];
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) total[m][w] = splat(0);
        for (int first = 0; first < DIMENSION; first += KEY_GROUP) {
            i32x16 sum[ATTENTION_QUERIES][PAGE_VECTORS];
            for (int m = 0; m < QUERIES; m++)
                for (int w = 0; w < WIDTH; w++) sum[m][w] = (i32x16){0};
            const int end = smaller(first + KEY_GROUP, PADDED) / 2;
            DONT_UNROLL
            for (int pair = first / 2; pair < end; pair += STEP) {
                look_ahead(ahead, start + pair * WIDTH * PAIRS_BYTES, STEP * WIDTH * PAIRS_BYTES);
                for (int i = pair; i < pair + STEP; i++) {
                    u32x16 key[PAGE_VECTORS];
                    for (int w = 0; w < WIDTH; w++)
                        key[w] = load_pairs(head + start + (w * PADDED / 2 + i) * PAIRS_BYTES);
                    for (int m = 0; m < QUERIES; m++) {
                        const u32x16 query = splat_word(queries + m * QUERY_BYTES(PADDED) + 4 * i);
                        for (int w = 0; w < WIDTH; w++) sum[m][w] = dot2(sum[m][w], key[w], query);
                    }
                }
            }
            for (int w = 0; w < WIDTH; w++) {
                const f32x16 scale =
                    load_bf16(scales + 2 * (first / KEY_GROUP * PAGE_POSITIONS + 16 * (v + w)));
                for (int m = 0; m < QUERIES; m++)
                    total[m][w] = multiply_add(to_float(sum[m][w]), scale, total[m][w]);
            }
        }
        for (int m = 0; m < QUERIES; m++) {
            const f32x16 scale = load((const float *)(queries + m * QUERY_BYTES(PADDED) +
                                                      2 * PADDED));
            for (int w = 0; w < WIDTH; w++) score[m][v + w] = total[m][w] * scale;
        }
    }
}

// Weights times the scales of their values as codes, with one scale for each query. What wasn't
// written may have any scale, and has weight zero.
INLINE void round_weights(int16_t (*codes)[PAGE_POSITIONS], float *factors,
                          float (*weights)[PAGE_POSITIONS], const uint8_t *scales,
                          const int QUERIES) {
    for (int m = 0; m < QUERIES; m++) {
        f32x16 product[PAGE_VECTORS], most = splat(0), total = splat(0);
        for (int v = 0; v < PAGE_VECTORS; v++) {
            const f32x16 weight = load(weights[m] + 16 * v);
            product[v] = choose(weight > 0.0f, weight * load_bf16(scales + 32 * v), splat(0));
            most = maximum(most, product[v]);
            total += product[v];
        }
        const float by_most = maximum_of_lanes(most) / MOST_CODE;
        const float by_total = sum_of_lanes(total) / MOST_WEIGHTS;
        factors[m] = by_most > by_total ? by_most : by_total;
        const float inverse = inverse_of(factors[m]);
        for (int v = 0; v < PAGE_VECTORS; v++)
            store_halves(codes[m] + 16 * v, __builtin_convertvector(
                                                (u32x16)nearest(product[v] * inverse), u16x16));
    }
}

// sums[m] = sums[m] * shrink[m] + sum over positions of weight * value, WIDTH vectors at a time.
INLINE void add_some_values(float *sums, int stride, const float *shrink, const float *factors,
                            int16_t (*codes)[PAGE_POSITIONS], const uint8_t *values,
                            const struct ahead *ahead, size_t start, int positions,
                            const int QUERIES, const int WIDTH) {
    const int STEP = AHEAD_ROWS(PAIRS_BYTES * WIDTH);
    i32x16 sum[ATTENTION_QUERIES][ATTENTION_WIDTH];
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) sum[m][w] = (i32x16){0};
    // What is beyond the last position has weight zero.
    DONT_UNROLL
    for (int pair = 0; 2 * pair < positions; pair += STEP) {
        look_ahead(ahead, start + pair * WIDTH * PAIRS_BYTES, STEP * WIDTH * PAIRS_BYTES);
        for (int i = pair; i < pair + STEP; i++) {
            u32x16 value[ATTENTION_WIDTH];
            for (int w = 0; w < WIDTH; w++)
                value[w] = load_pairs(values + (w * PAGE_PAIRS + i) * PAIRS_BYTES);
            for (int m = 0; m < QUERIES; m++) {
                const u32x16 weight = splat_word(codes[m] + 2 * i);
                for (int w = 0; w < WIDTH; w++) sum[m][w] = dot2(sum[m][w], value[w], weight);
            }
        }
    }
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) {
            float *to = sums + m * stride + 16 * w;
            store(to, multiply_add(to_float(sum[m][w]), splat(factors[m]),
                                   load(to) * splat(shrink[m])));
        }
}

INLINE void add_values(float *sums, int stride, const float *shrink,
                       float (*weights)[PAGE_POSITIONS], const uint8_t *head,
                       const struct ahead *ahead, int positions, const int DIMENSION,
                       const int PADDED, const int QUERIES, const int WIDTH) {
    enum { VECTOR = PAGE_PAIRS * PAIRS_BYTES };
    const int VECTORS = PADDED / 16, EVEN = VECTORS / WIDTH * WIDTH;
    const size_t start = (size_t)PADDED * PAGE_POSITIONS * sizeof(page_code);
    int16_t codes[ATTENTION_QUERIES][PAGE_POSITIONS] __attribute__((aligned(64)));
    float factors[ATTENTION_QUERIES];
    (void)DIMENSION;
    round_weights(codes, factors, weights,
                  head + 2 * start + 2 * KEY_GROUPS(PADDED) * PAGE_POSITIONS, QUERIES);
    look_ahead(ahead, 2 * start, SCALES_BYTES(PADDED));
    for (int v = 0; v < EVEN; v += WIDTH)
        add_some_values(sums + 16 * v, stride, shrink, factors, codes, head + start + v * VECTOR,
                        ahead, start + v * VECTOR, positions, QUERIES, WIDTH);
    if (EVEN < VECTORS)
        add_some_values(sums + 16 * EVEN, stride, shrink, factors, codes,
                        head + start + EVEN * VECTOR, ahead, start + EVEN * VECTOR, positions,
                        QUERIES, VECTORS - EVEN);
}
