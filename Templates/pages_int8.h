// Keys and values of earlier positions as bytes: x = scale * code, |code| <= 127. Every row has
// scales of its own, one for each KEY_GROUP channels of a key and one for a value, so no row
// changes when another is written.
//
// What a page holds of one head: codes of keys as (PAGE_VECTORS, pairs of channels, 16 positions,
// 2), codes of values as (VECTORS, pairs of positions, 16 channels, 2), scales of keys as (groups,
// PAGE_POSITIONS) and those of values as (PAGE_POSITIONS), bfloat16.
//
// Queries and weights have 15 bits and a sign beside them: products with bytes and their sums are
// exact in 32 bits, of a group of a key as of a whole page of values.
enum { KEY_GROUP = 32, MOST_CODE = 32767, PAGE_PAIRS = PAGE_POSITIONS / 2 };

#define KEY_GROUPS(padded) (((padded) + KEY_GROUP - 1) / KEY_GROUP)
#define HEAD_BYTES(dimension, padded)                                                              \
    ((2 * (padded) + 2 * (KEY_GROUPS(padded) + 1)) * PAGE_POSITIONS + 0 * (dimension))

// What is read of a head that holds some positions, its scales excepted.
INLINE struct ahead ahead_in_part(const uint8_t *head, int positions, int dimension, int padded) {
    (void)dimension;
    return (struct ahead){head, 0, (size_t)(positions + 15) / 16 * 16 * padded,
                          (size_t)padded * PAGE_POSITIONS, 16 * PAGE_POSITIONS,
                          (size_t)(positions + 1) / 2 * 32};
}

// A query's codes, then its scale.
#define QUERY_BYTES(padded) (2 * (padded) + 64)

INLINE float largest_of(const float *x, int count) {
    f32x16 most = splat(0);
    for (int i = 0; i < count; i += 16) most = maximum(most, absolute(load(x + i)));
    return maximum_of_lanes(most);
}

INLINE float inverse_of(float scale) { return scale > 1e-30f ? 1.0f / scale : 0.0f; }

// Stores the scale of bytes for a range, rounded up so that no code exceeds 127.
INLINE float put_scale(uint8_t *to, float largest) {
    union {
        float value;
        uint32_t bits;
    } scale = {largest / 127.0f};
    scale.bits = (scale.bits + 0xffffu) & 0xffff0000u;
    *(half_anywhere *)to = (uint16_t)(scale.bits >> 16);
    return scale.value;
}

INLINE void prepare_query(uint8_t *to, const float *x, float factor, int padded) {
    const float largest = largest_of(x, padded), scale = largest / MOST_CODE;
    const float inverse = inverse_of(scale);
    for (int i = 0; i < padded; i += 16)
        store_halves(to + 2 * i,
                     __builtin_convertvector((u32x16)nearest(load(x + i) * inverse), u16x16));
    store((float *)(to + 2 * padded), splat(scale * factor));
}

INLINE void put_key(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    uint8_t *keys = head + (size_t)(slot / 16) * 16 * padded + 2 * (slot % 16);
    uint8_t *scales = head + (size_t)2 * padded * PAGE_POSITIONS + 2 * slot;
    for (int i = 0; i < dimension; i += KEY_GROUP, scales += 2 * PAGE_POSITIONS) {
        const int count = smaller(KEY_GROUP, padded - i);
        const float inverse = inverse_of(put_scale(scales, largest_of(x + i, count)));
        for (int j = i; j < i + count; j += 16) {
            uint16_t pairs[8];
            store_bytes((int8_t *)pairs, nearest(load(x + j) * inverse));
            for (int p = 0; p < 8; p++) *(half_anywhere *)(keys + 16 * j + 32 * p) = pairs[p];
        }
    }
}

INLINE void put_value(uint8_t *head, const float *x, int slot, int dimension, int padded) {
    uint8_t *values = head + (size_t)padded * PAGE_POSITIONS + 32 * (slot / 2);
    uint8_t *scales = head + (size_t)(2 * padded + 2 * KEY_GROUPS(padded)) * PAGE_POSITIONS;
    const int shift = slot % 2 * 8;
    const float inverse = inverse_of(put_scale(scales + 2 * slot, largest_of(x, padded)));
    (void)dimension;
    for (int i = 0; i < padded; i += 16) {
        const u32x16 codes = (u32x16)nearest(load(x + i) * inverse) & 0xffu;
        uint8_t *to = values + i * PAGE_POSITIONS;
        const u16x16 other = load_halves(to) & (uint16_t)(0xff00u >> shift);
        store_halves(to, other | __builtin_convertvector(codes << shift, u16x16));
    }
}

// Scores of a page's positions: score[m] = sum over channels of query[m][channel] * keys[channel].
INLINE void score_page(f32x16 (*score)[PAGE_VECTORS], const uint8_t *queries, const uint8_t *head,
                       const struct ahead *ahead, int positions, const int DIMENSION,
                       const int PADDED, const int QUERIES, const int WIDTH) {
    const uint8_t *scales = head + (size_t)2 * PADDED * PAGE_POSITIONS;
    const int STEP = AHEAD_ROWS(32 * WIDTH);
    for (int v = 0; v * 16 < positions; v += WIDTH) {
        const uint8_t *keys = head + v * 16 * PADDED;
        f32x16 total[ATTENTION_QUERIES][PAGE_VECTORS];
        for (int m = 0; m < QUERIES; m++)
            for (int w = 0; w < WIDTH; w++) total[m][w] = splat(0);
        for (int first = 0; first < DIMENSION; first += KEY_GROUP) {
            i32x16 sum[ATTENTION_QUERIES][PAGE_VECTORS];
            for (int m = 0; m < QUERIES; m++)
                for (int w = 0; w < WIDTH; w++) sum[m][w] = (i32x16){0};
            for (int i = first; i < smaller(first + KEY_GROUP, PADDED); i += 2) {
                u32x16 key[PAGE_VECTORS];
                if (i % (2 * STEP) == 0) look_ahead(ahead, (v * PADDED + i * WIDTH) * 16);
                for (int w = 0; w < WIDTH; w++)
                    key[w] = load_byte_pairs(keys + (w * PADDED + i) * 16);
                for (int m = 0; m < QUERIES; m++) {
                    const u32x16 query = splat_word(queries + m * QUERY_BYTES(PADDED) + 2 * i);
                    for (int w = 0; w < WIDTH; w++) sum[m][w] = dot2(sum[m][w], key[w], query);
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

// Weights times the scales of their values as codes, with one scale for each query.
INLINE void round_weights(int16_t (*codes)[PAGE_POSITIONS], float *factors,
                          float (*weights)[PAGE_POSITIONS], const uint8_t *scales,
                          const int QUERIES) {
    for (int m = 0; m < QUERIES; m++) {
        f32x16 product[PAGE_VECTORS], most = splat(0);
        for (int v = 0; v < PAGE_VECTORS; v++) {
            const f32x16 weight = load(weights[m] + 16 * v);
            product[v] = choose(weight > 0.0f, weight * load_bf16(scales + 32 * v), splat(0));
            most = maximum(most, product[v]);
        }
        factors[m] = maximum_of_lanes(most) / MOST_CODE;
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
    const int STEP = AHEAD_ROWS(32 * WIDTH);
    i32x16 sum[ATTENTION_QUERIES][ATTENTION_WIDTH];
    for (int m = 0; m < QUERIES; m++)
        for (int w = 0; w < WIDTH; w++) sum[m][w] = (i32x16){0};
    for (int i = 0; 2 * i < positions; i++) {
        u32x16 value[ATTENTION_WIDTH];
        if (i % STEP == 0) look_ahead(ahead, start + i * WIDTH * 32);
        for (int w = 0; w < WIDTH; w++)
            value[w] = load_byte_pairs(values + (w * PAGE_PAIRS + i) * 32);
        for (int m = 0; m < QUERIES; m++) {
            const u32x16 weight = splat_word(codes[m] + 2 * i);
            for (int w = 0; w < WIDTH; w++) sum[m][w] = dot2(sum[m][w], value[w], weight);
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
    enum { VECTOR = 16 * PAGE_POSITIONS };
    const int VECTORS = PADDED / 16, EVEN = VECTORS / WIDTH * WIDTH;
    const size_t start = (size_t)PADDED * PAGE_POSITIONS;
    int16_t codes[ATTENTION_QUERIES][PAGE_POSITIONS] __attribute__((aligned(64)));
    float factors[ATTENTION_QUERIES];
    (void)DIMENSION;
    round_weights(codes, factors, weights,
                  head + 2 * start + 2 * KEY_GROUPS(PADDED) * PAGE_POSITIONS, QUERIES);
    for (int v = 0; v < EVEN; v += WIDTH)
        add_some_values(sums + 16 * v, stride, shrink, factors, codes, head + start + v * VECTOR,
                        ahead, start + v * VECTOR, positions, QUERIES, WIDTH);
    if (EVEN < VECTORS)
        add_some_values(sums + 16 * EVEN, stride, shrink, factors, codes,
                        head + start + EVEN * VECTOR, ahead, start + EVEN * VECTOR, positions,
                        QUERIES, VECTORS - EVEN);
}
