// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { COLUMNS = $columns, ROW = $row };
    for (int row = thread; row < c->rows; row += threads) {
        float *y = shared_floats(c, $output) + (size_t)row * ROW;
        $table(y, c->weights + call->weights, c->step->tokens[row]);
        for (int i = COLUMNS; i < ROW; i++) y[i] = 0;
        $finish
    }
}
