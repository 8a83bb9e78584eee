// Blocks of 16 rows ($format), `apart` bytes from one to the next, times TOKENS rows of floats:
// y = sum over groups of scale * dot(value, x). One function for all numbers of columns: they only
// count the groups.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { GROUP = $group, CHUNK = $chunk, CHUNKS = GROUP / CHUNK };
    enum { CODE_BYTES = $code_bytes };
    const int groups = x->columns / GROUP;
    const float *values = x->values + (size_t)row * x->padded;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    const uint8_t *first = codes_of(weights, groups);
    read_over_scales(weights, groups, BLOCKS, TOKENS);
    for (int g = 0; g < groups; g++, first += CODE_BYTES, values += GROUP * TOKENS)
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *block = weights + b * apart, *codes = first + b * apart;
            read_ahead(codes, first, apart, b, CODE_BYTES, BLOCKS, TOKENS);
            f32x16 dot[TILE];
            if (2 * TOKENS * REGISTERS <= FLOAT_SUMS) {
                const float *column = values;
                f32x16 sums[TILE][2] = {{{0}}};
                for (int chunk = 0; chunk < CHUNKS; chunk++, column += CHUNK * TOKENS) {
                    f32x16 w[CHUNK];
                    $load_columns(w, codes, chunk);
                    for (int i = 0; i < CHUNK; i++)
                        for (int t = 0; t < TOKENS; t++)
                            sums[t][i % 2] =
                                multiply_add(w[i], splat(column[i * TOKENS + t]), sums[t][i % 2]);
                }
                for (int t = 0; t < TOKENS; t++) dot[t] = sums[t][0] + sums[t][1];
            } else {
                f32x16 w[GROUP];
                for (int chunk = 0; chunk < CHUNKS; chunk++)
                    $load_columns(w + chunk * CHUNK, codes, chunk);
                dots_of_columns(dot, w, values, GROUP, 2, TOKENS);
            }
            const f32x16 scale = $load_scales(block + 16 * g);
            for (int t = 0; t < TOKENS; t++) sum[b][t] = multiply_add(scale, dot[t], sum[b][t]);
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
