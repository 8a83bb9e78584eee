// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = $tensor, BLOCKS = $blocks, STRIDE = $stride };
    enum { OUTPUTS = $outputs, PASS = $pass };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->step->logit_rows;
    $prepared
    const int first = share(BLOCKS, thread, threads), end = share(BLOCKS, thread + 1, threads);
    for (int pass = 0; pass < rows; pass += PASS)
        for (int block = first; block < end; block++)
            for (int row = pass; row < smaller(rows, pass + PASS); row += TILE) {
                const int tokens = tokens_in_tile(row, rows);
                float *to = c->step->logits + (size_t)row * OUTPUTS + 16 * block;
                f32x16 y[TILE];
                $product(y, weights + MATRIX + (size_t)block * STRIDE, &$rows, row, tokens);
                $bias
                for (int t = 0; t < tokens; t++, to += OUTPUTS) {
                    if (16 * block + 16 <= OUTPUTS)
                        store(to, y[t]);
                    else
                        for (int i = 0; i < OUTPUTS - 16 * block; i++) to[i] = y[t][i];
                }
            }
}
