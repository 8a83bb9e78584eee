// Blocks of 16 rows ($format), `apart` bytes from one to the next, times TOKENS rows of floats, in
// CHAINS sums that each take every CHAINS-th column. One function for all numbers of columns.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { CHAINS = 2, PIECE = 64, COLUMN_BYTES = $column_bytes };
    const int columns = (x->columns + 3) / 4 * 4;
    const float *values = x->values + (size_t)row * x->padded;
    f32x16 sum[STREAMS][CHAINS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int chain = 0; chain < CHAINS; chain++)
            for (int t = 0; t < TOKENS; t++) sum[b][chain][t] = splat(0);
    if (CHAINS * TOKENS * REGISTERS <= FLOAT_SUMS) {
        for (int column = 0; column < columns; column += 4, values += 4 * TOKENS)
            for (int b = 0; b < BLOCKS; b++) {
                const uint8_t *block = weights + b * apart + (size_t)COLUMN_BYTES * column;
                f32x16 w[4];
                if (TOKENS > 1) prefetch_bytes(block + AHEAD_OF_USE, 4 * COLUMN_BYTES);
                $load_columns(w, block, 0);
                for (int i = 0; i < 4; i++)
                    for (int t = 0; t < TOKENS; t++)
                        sum[b][i % CHAINS][t] = multiply_add(w[i], splat(values[i * TOKENS + t]),
                                                             sum[b][i % CHAINS][t]);
            }
    } else {
        for (int column = 0; column < columns; column += PIECE, values += PIECE * TOKENS)
            for (int b = 0; b < BLOCKS; b++) {
                const int count = smaller(PIECE, columns - column);
                f32x16 w[PIECE];
                for (int i = 0; i < count; i += 4) {
                    const uint8_t *block =
                        weights + b * apart + (size_t)COLUMN_BYTES * (column + i);
                    prefetch_bytes(block + AHEAD_OF_USE, 4 * COLUMN_BYTES);
                    $load_columns(w + i, block, 0);
                }
                for (int chain = 0; chain < CHAINS; chain++)
                    add_columns(sum[b][chain], w + chain, values + chain * TOKENS, count, CHAINS,
                                TOKENS);
            }
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][0][t] + sum[b][1][t];
}

SHARED void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
