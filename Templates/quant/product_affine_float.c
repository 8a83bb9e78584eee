// Blocks of 16 rows of $columns columns ($format), `apart` bytes from one to the next, times TOKENS
// rows of floats: y = sum over groups of scale * dot(code, x) + bias * x_sum.
INLINE void $tile(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, const int BLOCKS, const int TOKENS) {
    enum { COLUMNS = $columns, GROUP = $group, GROUPS = COLUMNS / GROUP, CHUNK = $chunk };
    enum { CODE_BYTES = $code_bytes, SCALE_BYTES = $scale_bytes };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const float *rows = x->values + (size_t)row * COLUMNS;
    const float *sums = x->sums + (size_t)row * GROUPS;
    f32x16 sum[STREAMS][TILE];
    for (int b = 0; b < BLOCKS; b++)
        for (int t = 0; t < TOKENS; t++) sum[b][t] = splat(0);
    for (int g = 0; g < GROUPS; g++) {
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *group = weights + b * apart;
            const float *values = rows;
            f32x16 dot[TILE][4] = {{{0}}};
            for (int chunk = 0; chunk < GROUP / CHUNK; chunk++) {
                u32x16 quads[CHUNK / 4];
                $unpack(quads, group, chunk, GROUP);
                for (int q = 0; q < CHUNK / 4; q++)
                    for (int j = 0; j < 4; j++, values += TOKENS) {
                        const f32x16 code = to_float((i32x16)(quads[q] >> (8 * j) & 255u));
                        for (int t = 0; t < TOKENS; t++)
                            dot[t][j] = multiply_add(code, splat(values[t]), dot[t][j]);
                    }
            }
            const f32x16 scale = $load_scales(group + CODE_BYTES);
            const f32x16 bias = $load_scales(group + CODE_BYTES + SCALE_BYTES);
            for (int t = 0; t < TOKENS; t++) {
                const f32x16 total = (dot[t][0] + dot[t][1]) + (dot[t][2] + dot[t][3]);
                sum[b][t] = multiply_add(scale, total, sum[b][t]);
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

KERNEL void $name(f32x16 *y, const uint8_t *weights, size_t apart, const struct float_rows *x,
                  int row, int blocks, int tokens) {
    switch (blocks * TILE + tokens) {
        $cases
    }
}
