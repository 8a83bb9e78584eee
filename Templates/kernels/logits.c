// $summary
SHARED void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { MATRIX = $tensor, BLOCKS = $blocks, STRIDE = $stride };
    enum { OUTPUTS = $outputs, PASS = $pass, TOGETHER = $together };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->step->logit_rows;
    $prepared
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 products[PRODUCTS], *y = products;
                    $product(y, weights + MATRIX + (size_t)block * STRIDE, apart, &$rows, row,
                             part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, y += tokens) {
                        const int line = block + s * part.count;
                        float *to = c->step->logits + (size_t)row * OUTPUTS + 16 * line;
                        $finish
                        for (int t = 0; t < tokens; t++, to += OUTPUTS) {
                            if (16 * line + 16 <= OUTPUTS)
                                store(to, y[t]);
                            else
                                for (int i = 0; i < OUTPUTS - 16 * line; i++) to[i] = y[t][i];
                        }
                    }
                }
        }
}
