// $summary
KERNEL void $name(const struct context *c, const uint8_t *weights, int row, int rows, int from,
                  int end, $outputs) {
    enum { COLUMNS = $columns, ROW = $row_floats };
    const float *source = shared_floats(c, $source) + (size_t)$source_row * ROW;
    $normalise
    $store
}
