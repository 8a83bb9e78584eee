// 16 rows of $columns columns ($format) times TOKENS rows of floats, in CHAINS sums that each take
// every CHAINS-th column.
INLINE void $tile(f32x16 *y, const uint8_t *weights, const struct float_rows *x, int row,
                  const int TOKENS) {
    enum { COLUMNS = $columns, ROW = $padded, CHAINS = 2 };
    const float *values = x->values + (size_t)row * ROW;
    f32x16 sum[TILE][CHAINS] = {{{0}}};
    for (int column = 0; column < COLUMNS; column += 4) {
        f32x16 w[4];
        $load_columns(w, weights, column);
        for (int i = 0; i < 4; i++, values += TOKENS)
            for (int t = 0; t < TOKENS; t++)
                sum[t][i % CHAINS] = multiply_add(w[i], splat(values[t]), sum[t][i % CHAINS]);
    }
    for (int t = 0; t < TOKENS; t++) y[t] = sum[t][0] + sum[t][1];
}

KERNEL void $name(f32x16 *y, const uint8_t *weights, const struct float_rows *x, int row,
                  int tokens) {
    switch (tokens) {
        $cases
    }
}
