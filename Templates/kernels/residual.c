// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = $tensor, BLOCKS = $blocks, STRIDE = $stride, ROW = 16 * BLOCKS, PASS = $pass };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    $prepared
    const int first = share(BLOCKS, thread, threads), end = share(BLOCKS, thread + 1, threads);
    for (int pass = 0; pass < rows; pass += PASS)
        for (int block = first; block < end; block++)
            for (int row = pass; row < smaller(rows, pass + PASS); row += TILE) {
                const int tokens = tokens_in_tile(row, rows);
                float *to = shared_floats(c, $output) + (size_t)row * ROW + 16 * block;
                f32x16 y[TILE];
                $product(y, weights + MATRIX + (size_t)block * STRIDE, &$rows, row, tokens);
                $bias
                for (int t = 0; t < tokens; t++) store(to + t * ROW, load(to + t * ROW) + y[t]);
            }
}
