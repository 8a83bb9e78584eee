// 16 rows of $columns columns ($format) times TOKENS rows of floats:
// y = sum over groups of scale * dot(value, x).
INLINE void $tile(f32x16 *y, const uint8_t *weights, const struct float_rows *x, int row,
                  const int TOKENS) {
    enum { COLUMNS = $columns, GROUP = $group, GROUPS = COLUMNS / GROUP, CHUNK = $chunk };
    enum { SCALE_BYTES = $scale_bytes, CHUNKS = GROUP / CHUNK };
    const uint8_t *codes = weights + SCALE_BYTES;
    const float *values = x->values + (size_t)row * COLUMNS;
    f32x16 sum[TILE];
    for (int t = 0; t < TOKENS; t++) sum[t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        f32x16 dot[TILE][2] = {{{0}}};
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            f32x16 w[CHUNK];
            $load_columns(w, codes, g * CHUNKS + chunk);
            for (int i = 0; i < CHUNK; i++, values += TOKENS)
                for (int t = 0; t < TOKENS; t++)
                    dot[t][i % 2] = multiply_add(w[i], splat(values[t]), dot[t][i % 2]);
        }
        const f32x16 scale = $load_scales(weights + 16 * g);
        for (int t = 0; t < TOKENS; t++)
            sum[t] = multiply_add(scale, dot[t][0] + dot[t][1], sum[t]);
    }
    for (int t = 0; t < TOKENS; t++) y[t] = sum[t];
}

KERNEL void $name(f32x16 *y, const uint8_t *weights, const struct float_rows *x, int row,
                  int tokens) {
    switch (tokens) {
        $cases
    }
}
