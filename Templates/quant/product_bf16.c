// Blocks of 16 rows ($format), `apart` bytes from one to the next, times TOKENS rows of bfloat16,
// two columns at once, in CHAINS sums that each take every CHAINS-th pair. One function for all
// numbers of columns: they only count the pairs.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct bf16_rows *x, int row,
                  const int BLOCKS, const int TOKENS) {
    enum { CHAINS = 2 };
    const uint32_t *pairs = x->pairs + (size_t)row * pairs_of(x->columns);
    f32x16 sum[STREAMS][TILE][CHAINS] = {{{{0}}}};
    for (int column = 0; column < x->columns; column += 2 * CHAINS, pairs += CHAINS * TOKENS)
        for (int b = 0; b < BLOCKS; b++)
            for (int i = 0; i < CHAINS; i++) {
                const u32x16 w = pair_bf16(weights + b * apart, column + 2 * i);
                for (int t = 0; t < TOKENS; t++)
                    sum[b][t][i] = dot_bf16(sum[b][t][i], w, splat_word(pairs + i * TOKENS + t));
            }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t][0] + sum[b][t][1];
}

SHARED void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct bf16_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
