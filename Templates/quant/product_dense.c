// Blocks of 16 rows of $columns columns ($format), `apart` bytes from one to the next, times TOKENS
// rows of floats, in CHAINS sums that each take every CHAINS-th column.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { COLUMNS = $columns, ROW = $padded, CHAINS = 2 };
    const float *values = x->values + (size_t)row * ROW;
    f32x16 sum[STREAMS][TILE][CHAINS] = {{{{0}}}};
    for (int column = 0; column < COLUMNS; column += 4, values += 4 * TOKENS)
        for (int b = 0; b < BLOCKS; b++) {
            f32x16 w[4];
            $load_columns(w, weights + b * apart, column);
            for (int i = 0; i < 4; i++)
                for (int t = 0; t < TOKENS; t++)
                    sum[b][t][i % CHAINS] =
                        multiply_add(w[i], splat(values[i * TOKENS + t]), sum[b][t][i % CHAINS]);
        }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t][0] + sum[b][t][1];
}

SHARED void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
