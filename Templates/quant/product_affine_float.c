// Blocks of 16 rows ($format), `apart` bytes from one to the next, times TOKENS rows of floats:
// y = sum over groups of scale * dot(code, x) + bias * x_sum. One function for all numbers of
// columns: they only count the groups.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { GROUP = $group, CODE_BYTES = $code_bytes, SCALE_BYTES = $scale_bytes };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const int groups = x->columns / GROUP;
    const float *rows = x->values + (size_t)row * x->padded;
    const float *sums = x->sums + (size_t)row * groups;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < groups; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            read_ahead(group, weights, apart, b, GROUP_BYTES, BLOCKS, TOKENS);
            union f32_lanes dot[TILE];
            if (4 * TOKENS <= FLOAT_SUMS) {
                const int together = TOKENS == 1 ? REGISTERS : 1;
                int registers = REGISTERS;
                if (REGISTERS > together) KEEP_ROLLED(registers);
                for (int r = 0; r < registers; r += together)
                    $dots(dot, group, rows, r, together, TOKENS);
            } else {
                union f32_lanes w[GROUP];
                $columns_of(w, group);
                dots_of_columns(&dot[0].vector, &w[0].vector, rows, GROUP, 4, TOKENS);
            }
            const f32x16 scale = $load_scales(group + CODE_BYTES);
            const f32x16 bias = $load_scales(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                sum[b][t] = multiply_add(scale, dot[t].vector, sum[b][t]);
                sum[b][t] = multiply_add(bias, splat(sums[t]), sum[b][t]);
            }
        }
        weights += GROUP_BYTES;
        rows += GROUP * TOKENS;
        sums += TOKENS;
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
