// $summary
SHARED void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { QUERIES = $query_heads, KEYS = $key_value_heads, UNITS = QUERIES + 2 * KEYS };
    enum { PASS = $pass };
    const uint8_t *weights = c->weights + call->weights;
    const int rows = c->rows;
    $prepared
    struct portion p = {0};
    while (next_portion(&p, c, UNITS, rows, PASS, thread, threads)) {
        const int limit = smaller(rows, p.row + PASS), keys = QUERIES, values = QUERIES + KEYS;
        $query(c, call, &$query_rows, smaller(p.first, keys), smaller(p.end, keys), p.row, limit,
               rows);
        $key(c, call, &$key_rows, within(p.first - keys, 0, KEYS), within(p.end - keys, 0, KEYS),
             p.row, limit, rows);
        $value(c, call, &$value_rows, within(p.first - values, 0, KEYS),
               within(p.end - values, 0, KEYS), p.row, limit, rows);
    }
}
