// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { QUERIES = $query_heads, KEYS = $key_value_heads, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = $pass };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    $prepared
    const int first = share(UNITS, thread, threads), end = share(UNITS, thread + 1, threads);
    for (int pass = 0; pass < rows; pass += PASS) {
        const int limit = smaller(rows, pass + PASS);
        $query(c, call, &$query_rows, smaller(first, QUERIES), smaller(end, QUERIES), pass, limit,
               rows);
        $key(c, call, &$key_rows, within(first - QUERIES, 0, KEYS), within(end - QUERIES, 0, KEYS),
             pass, limit, rows);
        $value(c, call, &$value_rows, within(first - QUERIES - KEYS, 0, KEYS),
               within(end - QUERIES - KEYS, 0, KEYS), pass, limit, rows);
    }
}
