// Products of columns, which are floats by now, with the rows of a tile.

// sum[t] += w[i] * x[i][t] for every STEP-th of `count` columns, TOKENS of a tile of STRIDE rows.
INLINE void add_columns_once(f32x16 *sum, const f32x16 *w, const float *x, int count,
                             const int STEP, const int TOKENS, const int STRIDE) {
    f32x16 sums[TOKENS_TOGETHER];
    for (int t = 0; t < TOKENS; t++) sums[t] = sum[t];
    UNROLL_BY_4
    for (int i = 0; i < count; i += STEP)
        for (int t = 0; t < TOKENS; t++)
            sums[t] = multiply_add(w[i], splat(x[i * STRIDE + t]), sums[t]);
    for (int t = 0; t < TOKENS; t++) sum[t] = sums[t];
}

// The same for a tile of TOKENS rows: as many at once as fit the registers.
INLINE void add_columns(f32x16 *sum, const f32x16 *w, const float *x, int count, const int STEP,
                        const int TOKENS) {
    int whole = TOKENS / TOKENS_TOGETHER * TOKENS_TOGETHER, t = 0;
    if (whole > TOKENS_TOGETHER) KEEP_ROLLED(whole);
    for (; t < whole; t += TOKENS_TOGETHER)
        add_columns_once(sum + t, w, x + t, count, STEP, TOKENS_TOGETHER, TOKENS);
    if (TOKENS % TOKENS_TOGETHER)
        add_columns_once(sum + t, w, x + t, count, STEP, TOKENS % TOKENS_TOGETHER, TOKENS);
}

// dot[t] = sum of w[i] * x[i][t] over COUNT columns, in CHAINS sums, 2 or 4, that each take every
// CHAINS-th column: one after the other, since all together don't fit the registers.
INLINE void dots_of_columns(f32x16 *dot, const f32x16 *w, const float *x, const int COUNT,
                            const int CHAINS, const int TOKENS) {
    f32x16 sums[4][TILE] = {{{0}}};
    DONT_UNROLL
    for (int chain = 0; chain < CHAINS; chain++)
        add_columns(sums[chain], w + chain, x + chain * TOKENS, COUNT, CHAINS, TOKENS);
    for (int t = 0; t < TOKENS; t++) {
        dot[t] = sums[0][t] + sums[1][t];
        if (CHAINS == 4) dot[t] += sums[2][t] + sums[3][t];
    }
}
