// One row of a table of $columns columns ($format).
KERNEL void $name(float *y, const uint8_t *table, int row) {
    enum { COLUMNS = $columns, GROUP = $group, GROUPS = COLUMNS / GROUP };
    enum { CODE_BYTES = $code_bytes, SCALE_BYTES = $scale_bytes };
    enum { GROUP_BYTES = CODE_BYTES + 2 * SCALE_BYTES };
    const uint8_t *weights = table + (size_t)(row / 16) * GROUPS * GROUP_BYTES;
    const int lane = row % 16;
    for (int g = 0; g < GROUPS; g++, weights += GROUP_BYTES, y += GROUP) {
        const float scale = $load_scales(weights + CODE_BYTES)[lane];
        const float bias = $load_scales(weights + CODE_BYTES + SCALE_BYTES)[lane];
        for (int i = 0; i < GROUP; i++)
            y[i] = __builtin_fmaf(scale, (float)$code(weights, lane, i, GROUP), bias);
    }
}
