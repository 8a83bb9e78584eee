// Blocks of 16 rows of $columns columns ($format), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(value, x).
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { COLUMNS = $columns, GROUP = $group, GROUPS = COLUMNS / GROUP, CHUNK = $chunk };
    enum { SCALE_BYTES = $scale_bytes, CHUNKS = GROUP / CHUNK };
    const float *values = x->values + (size_t)row * COLUMNS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++, values += GROUP * TOKENS)
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *block = weights + b * apart;
            const float *column = values;
            f32x16 dot[TILE][2] = {{{0}}};
            for (int chunk = 0; chunk < CHUNKS; chunk++) {
                f32x16 w[CHUNK];
                $load_columns(w, block + SCALE_BYTES, g * CHUNKS + chunk);
                for (int i = 0; i < CHUNK; i++, column += TOKENS)
                    for (int t = 0; t < TOKENS; t++)
                        dot[t][i % 2] = multiply_add(w[i], splat(column[t]), dot[t][i % 2]);
            }
            const f32x16 scale = $load_scales(block + 16 * g);
            for (int t = 0; t < TOKENS; t++)
                sum[b][t] = multiply_add(scale, dot[t][0] + dot[t][1], sum[b][t]);
        }
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) y[b * TOKENS + t] = sum[b][t];
}

SHARED void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
