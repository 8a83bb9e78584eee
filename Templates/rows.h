// What is done to one row before and after the products.

// Vectors, and the registers that hold them.
union i32_lanes {
    i32x16 vector;
    i32_register registers[REGISTERS];
};
union f32_lanes {
    f32x16 vector;
    f32_register registers[REGISTERS];
};

// How many of a product's blocks are multiplied with what is read of several rows once.
INLINE int blocks_together(const int BLOCKS, const int TOKENS) {
    return TOKENS > 1 && BLOCKS % BLOCKS_TOGETHER == 0 ? BLOCKS_TOGETHER : 1;
}

// Activations rounded to bytes, with one scale for each group of columns.
struct int8_rows {
    int columns;    // of a row
    int8_t *codes;  // (tiles, columns / 4, tokens, 4)
    float *scales;  // (tiles, groups, tokens)
    float *sums;    // (tiles, groups, tokens) scale * sum of codes
};

// Activations as they are, with the sum of each group of columns.
struct float_rows {
    int columns;    // of a row
    int padded;     // to whole vectors, with zeros
    float *values;  // (tiles, columns, tokens)
    float *sums;    // (tiles, groups, tokens)
};

// Activations rounded to bfloat16, two columns in one word, the first in its lower half.
struct bf16_rows {
    int columns;      // of a row
    uint32_t *pairs;  // (tiles, pairs_of(columns), tokens)
};

// `bytes` of a room, on cache lines of their own.
INLINE void *take(uint8_t **room, size_t bytes) {
    uint8_t *taken = *room;
    *room += (bytes + 63) / 64 * 64;
    return taken;
}

INLINE struct int8_rows take_int8_rows(uint8_t **room, int rows, int columns, int group) {
    const size_t groups = (size_t)rows * (columns / group);
    struct int8_rows x;
    x.columns = columns;
    x.codes = (int8_t *)take(room, (size_t)rows * columns);
    x.scales = (float *)take(room, 4 * groups);
    x.sums = (float *)take(room, 4 * groups);
    return x;
}

// A group of 0: no sums.
INLINE struct float_rows take_float_rows(uint8_t **room, int rows, int columns, int group) {
    const int padded = (columns + 15) / 16 * 16;
    struct float_rows x;
    x.columns = columns;
    x.padded = padded;
    x.values = (float *)take(room, (size_t)4 * rows * padded);
    x.sums = (float *)take(room, group ? (size_t)4 * rows * (padded / group) : 0);
    return x;
}

// Words of one row, which ends with zeros up to whole vectors.
INLINE int pairs_of(int columns) { return (columns + 15) / 16 * 8; }

INLINE struct bf16_rows take_bf16_rows(uint8_t **room, int rows, int columns) {
    struct bf16_rows x;
    x.columns = columns;
    x.pairs = (uint32_t *)take(room, (size_t)4 * rows * pairs_of(columns));
    return x;
}

// y = x / sqrt(mean of x^2 + epsilon) * weight; lanes from `columns` to `padded` hold zeros.
INLINE void rms_normalise(float *y, const float *x, const float *weight, int columns, int padded,
                          float epsilon) {
    f32x16 even = splat(0), odd = splat(0);
    for (int i = 0; i < padded; i += 32) {
        even = multiply_add(load(x + i), load(x + i), even);
        if (i + 16 < padded) odd = multiply_add(load(x + i + 16), load(x + i + 16), odd);
    }
    const float mean = sum_of_lanes(even + odd) / (float)columns;
    const f32x16 factor = splat(1.0f / __builtin_sqrtf(mean + epsilon));
    for (int i = 0; i < padded; i += 16) store(y + i, load(x + i) * factor * load(weight + i));
}

// The same without weights.
INLINE void rms_scale(float *y, const float *x, int columns, int padded, float epsilon) {
    f32x16 squares = splat(0);
    for (int i = 0; i < padded; i += 16) squares = multiply_add(load(x + i), load(x + i), squares);
    const float mean = sum_of_lanes(squares) / (float)columns;
    const f32x16 factor = splat(1.0f / __builtin_sqrtf(mean + epsilon));
    for (int i = 0; i < padded; i += 16) store(y + i, load(x + i) * factor);
}

// y = (x - mean) / sqrt(variance + epsilon); lanes from `columns` to `padded` hold zeros.
INLINE void layer_normalise(float *y, const float *x, int columns, int padded, float epsilon) {
    const i32x16 lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    f32x16 sum = splat(0), squares = splat(0);
    for (int i = 0; i < padded; i += 16) sum += load(x + i);
    const f32x16 mean = splat(sum_of_lanes(sum) / (float)columns);
    for (int i = 0; i < padded; i += 16) {
        const f32x16 apart = choose(lanes + i < columns, load(x + i) - mean, splat(0));
        squares = multiply_add(apart, apart, squares);
        store(y + i, apart);
    }
    const float variance = sum_of_lanes(squares) / (float)columns;
    const f32x16 factor = splat(1.0f / __builtin_sqrtf(variance + epsilon));
    for (int i = 0; i < padded; i += 16) store(y + i, load(y + i) * factor);
}

INLINE void multiply_row(float *y, const float *x, int padded) {
    for (int i = 0; i < padded; i += 16) store(y + i, load(y + i) * load(x + i));
}

INLINE void copy_row(float *y, const float *x, int padded) {
    for (int i = 0; i < padded; i += 16) store(y + i, load(x + i));
}

INLINE void add_row(float *y, const float *x, int padded) {
    for (int i = 0; i < padded; i += 16) store(y + i, load(y + i) + load(x + i));
}

// Columns `from` to `end` of one row as bytes: x = scale * code with |code| <= 127, ties to even.
INLINE void store_int8(const struct int8_rows *to, const float *x, int row, int rows, int from,
                       int end, int columns, int group) {
    const int tokens = tokens_in_tile(row, rows), token = row % TILE, groups = columns / group;
    const int first = row - token;
    uint32_t *words = (uint32_t *)to->codes + (size_t)first * (columns / 4) + token;
    float *scales = to->scales + (size_t)first * groups + token;
    float *sums = to->sums + (size_t)first * groups + token;
    x += from;
    for (int g = from / group; g < end / group; g++, x += group) {
        f32x16 most = splat(0);
        for (int i = 0; i < group; i += 16) most = maximum(most, absolute(load(x + i)));
        const float largest = maximum_of_lanes(most);
        const float scale = largest / 127.0f;
        const f32x16 inverse = splat(largest > 1e-30f ? 127.0f / largest : 0.0f);
        i32x16 total = {0};
        for (int i = 0; i < group; i += 16) {
            const i32x16 code = nearest(load(x + i) * inverse);
            uint32_t quads[4];
            store_bytes((int8_t *)quads, code);
            total += code;
            for (int q = 0; q < 4; q++)
                words[(size_t)((g * group + i) / 4 + q) * tokens] = quads[q];
        }
        scales[(size_t)g * tokens] = scale;
        sums[(size_t)g * tokens] = scale * sum_of_lanes(to_float(total));
    }
}

// The same columns as they are.
INLINE void store_floats(const struct float_rows *to, const float *x, int row, int rows, int from,
                         int end, int padded) {
    const int tokens = tokens_in_tile(row, rows), token = row % TILE;
    float *values = to->values + (size_t)(row - token) * padded + token;
    for (int i = from; i < end; i++) values[(size_t)i * tokens] = x[i];
}

// The same columns as bfloat16, rounded to nearest even.
INLINE void store_bf16(const struct bf16_rows *to, const float *x, int row, int rows, int from,
                       int end) {
    const int tokens = tokens_in_tile(row, rows), token = row % TILE;
    const int count = pairs_of(to->columns);
    uint32_t *pairs = to->pairs + (size_t)(row - token) * count + token;
    for (int i = from; i < end; i += 16) {
        const u32x16 bits = (u32x16)load(x + i);
        const u32x16 rounded = bits + 0x7fffu + (bits >> 16 & 1u);
        for (int p = 0; p < 8; p++)
            pairs[(size_t)(i / 2 + p) * tokens] =
                rounded[2 * p] >> 16 | (rounded[2 * p + 1] & 0xffff0000u);
    }
}

// The sum of each group of these columns.
INLINE void store_sums(const struct float_rows *to, const float *x, int row, int rows, int from,
                       int end, int columns, int group) {
    const int tokens = tokens_in_tile(row, rows), token = row % TILE, groups = columns / group;
    float *sums = to->sums + (size_t)(row - token) * groups + token;
    x += from;
    for (int g = from / group; g < end / group; g++, x += group) {
        f32x16 total = splat(0);
        for (int i = 0; i < group; i += 16) total += load(x + i);
        sums[(size_t)g * tokens] = sum_of_lanes(total);
    }
}

INLINE void add_bias(f32x16 *y, const uint8_t *bias, int tokens) {
    for (int t = 0; t < tokens; t++) y[t] += load_f32(bias);
}

// Rotates channels i and i + pairs of a head.
INLINE void rotate_halves(float *x, const float *cosines, const float *sines, int pairs) {
    int i = 0;
    for (; i + 16 <= pairs; i += 16) {
        const f32x16 a = load(x + i), b = load(x + i + pairs);
        store(x + i, a * load(cosines + i) - b * load(sines + i));
        store(x + i + pairs, b * load(cosines + i) + a * load(sines + i));
    }
    for (; i < pairs; i++) {
        const float a = x[i], b = x[i + pairs];
        x[i] = a * cosines[i] - b * sines[i];
        x[i + pairs] = b * cosines[i] + a * sines[i];
    }
}

// Rotates channels 2i and 2i + 1 of a head.
INLINE void rotate_neighbours(float *x, const float *cosines, const float *sines, int pairs) {
    for (int i = 0; i < pairs; i++) {
        const float a = x[2 * i], b = x[2 * i + 1];
        x[2 * i] = a * cosines[i] - b * sines[i];
        x[2 * i + 1] = b * cosines[i] + a * sines[i];
    }
}
