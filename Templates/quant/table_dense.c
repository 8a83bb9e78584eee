// One row of a table of $columns columns ($format).
KERNEL void $name(float *y, const uint8_t *table, int row) {
    enum { COLUMNS = $columns, BLOCK_BYTES = $block_bytes };
    const uint8_t *weights = table + (size_t)(row / 16) * BLOCK_BYTES;
    for (int i = 0; i < COLUMNS; i++) y[i] = $element(weights, row % 16, i);
}
