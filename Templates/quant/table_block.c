// One row of a table of $columns columns ($format).
KERNEL void $name(float *y, const uint8_t *table, int row) {
    enum { COLUMNS = $columns, GROUP = $group, GROUPS = COLUMNS / GROUP };
    enum { SCALE_BYTES = $scale_bytes, BLOCK_BYTES = $block_bytes };
    const uint8_t *weights = table + (size_t)(row / 16) * BLOCK_BYTES;
    const int lane = row % 16;
    for (int g = 0; g < GROUPS; g++) {
        const float scale = $load_scales(weights + 16 * g)[lane];
        for (int i = g * GROUP; i < (g + 1) * GROUP; i++)
            y[i] = scale * $element(weights + SCALE_BYTES, lane, i);
    }
}
