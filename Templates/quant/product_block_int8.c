// Blocks of 16 rows ($format), `apart` bytes from one to the next, times TOKENS rows of bytes, by
// twice the codes' values above ZERO:
// 2 y = sum over groups of scale * (x_scale * dot(code, x_code) - ZERO * x_sum).
// One function for all numbers of columns: they only count the groups.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct int8_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { GROUP = $group, CODE_BYTES = $code_bytes };
    const int SIDE = blocks_together(BLOCKS, TOKENS), groups = x->columns / GROUP;
    const int8_t *codes = x->codes + (size_t)row * x->columns;
    const float *scales = x->scales + (size_t)row * groups;
    const float *sums = x->sums + (size_t)row * groups;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    const uint8_t *first = codes_of(weights, groups);
    read_over_scales(weights, groups, BLOCKS, TOKENS);
    for (int g = 0; g < groups; g++, first += CODE_BYTES) {
        for (int b = 0; b < BLOCKS; b += SIDE) {
            const uint8_t *scale = weights + b * apart + 16 * g, *group = first + b * apart;
            for (int s = 0; s < SIDE; s++)
                read_ahead(group + s * apart, first, apart, b + s, CODE_BYTES, BLOCKS, TOKENS);
            int whole = TOKENS / TOKENS_TOGETHER * TOKENS_TOGETHER, t = 0;
            if (whole > TOKENS_TOGETHER) KEEP_ROLLED(whole);
            for (; t < whole; t += TOKENS_TOGETHER)
                $group_product(sum[b] + t, group, scale, apart, codes + 4 * t, scales + t, sums + t,
                      SIDE, TOKENS_TOGETHER, TOKENS);
            if (TOKENS % TOKENS_TOGETHER)
                $group_product(sum[b] + t, group, scale, apart, codes + 4 * t, scales + t, sums + t,
                      SIDE, TOKENS % TOKENS_TOGETHER, TOKENS);
        }
        codes += GROUP * TOKENS;
        scales += TOKENS;
        sums += TOKENS;
    }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t] * 0.5f;
}

SHARED void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct int8_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
