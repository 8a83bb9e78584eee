// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { QUERIES = $query_heads, KEYS = $key_value_heads, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = $pass };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    $prepared
    const int first = share(UNITS, thread, threads), end = share(UNITS, thread + 1, threads);
    for (int pass = 0; pass < rows; pass += PASS)
        for (int unit = first; unit < end; unit++)
            for (int row = pass; row < smaller(rows, pass + PASS); row += TILE) {
                const int tokens = tokens_in_tile(row, rows);
                if (unit < QUERIES)
                    $query(c, call, &$query_rows, unit, row, tokens);
                else if (unit < QUERIES + KEYS)
                    $key(c, call, &$key_rows, unit - QUERIES, row, tokens);
                else
                    $value(c, call, &$value_rows, unit - QUERIES - KEYS, row, tokens);
            }
}
