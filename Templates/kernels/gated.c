// $summary
SHARED void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { GATE = $gate, UP = $up, BLOCKS = $blocks, STRIDE = $stride };
    enum { ROW = 16 * BLOCKS, PASS = $pass, TOGETHER = $together };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    $prepared
    struct portion p = {0};
    while (next_portion(&p, c, BLOCKS, rows, PASS, thread, threads))
        for (int rest = 0; rest < 2; rest++) {
            const struct strip part = strip_of(c, p.first, p.end, rows, TOGETHER, rest);
            const size_t apart = (size_t)part.count * STRIDE;
            for (int block = part.first; block < part.first + part.count; block++)
                for (int row = p.row; row < smaller(rows, p.row + PASS); row += TILE) {
                    const int tokens = tokens_in_tile(row, rows);
                    f32x16 gates[PRODUCTS], ups[PRODUCTS], *gate = gates, *up = ups;
                    float *first = shared_floats(c, $output) + (size_t)row * ROW + 16 * block;
                    ask_for_lines(first, &part, ROW, tokens);
                    $gate_product(gate, weights + GATE + (size_t)block * STRIDE, apart, &$gate_rows,
                                  row, part.streams, tokens);
                    $up_product(up, weights + UP + (size_t)block * STRIDE, apart, &$up_rows, row,
                                part.streams, tokens);
                    for (int s = 0; s < part.streams; s++, gate += tokens, up += tokens) {
                        const int line = block + s * part.count;
                        float *to = first + 16 * (line - block);
                        $bias
                        for (int t = 0; t < tokens; t++)
                            store(to + t * ROW, $activation(gate[t]) * up[t]);
                    }
                }
        }
}
