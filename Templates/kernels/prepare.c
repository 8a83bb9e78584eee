// $summary
KERNEL void $name(const struct context *c, const uint8_t *weights, int row, int rows,
                  $outputs) {
    enum { COLUMNS = $columns, ROW = $row_floats };
    const float *source = shared_floats(c, $source) + (size_t)$source_row * ROW;
    float x[ROW] __attribute__((aligned(64)));
    $normalise
    $store
}
