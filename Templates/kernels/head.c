// $summary
KERNEL void $name(const struct context *c, const struct call *call, const struct $rows_type *x,
                  int first, int end, int row, int limit, int rows) {
    enum { HEADS = $heads, DIMENSION = $dimension, PADDED = $padded, BLOCKS = PADDED / 16 };
    enum { MATRIX = $tensor, STRIDE = $stride, TOGETHER = $together };
    const uint8_t *weights = c->weights + call->weights;
    float channels[PRODUCTS][PADDED] __attribute__((aligned(64)));
    for (int rest = 0; rest < 2; rest++) {
        const struct strip part = strip_of(c, first, end, rows, TOGETHER, rest);
        const size_t apart = (size_t)part.count * BLOCKS * STRIDE;
        for (int unit = part.first; unit < part.first + part.count; unit++)
            for (int from = row; from < limit; from += TILE) {
                const int tokens = tokens_in_tile(from, rows);
                for (int block = 0; block < BLOCKS; block++) {
                    f32x16 y[PRODUCTS];
                    $product(y, weights + MATRIX + (size_t)(unit * BLOCKS + block) * STRIDE, apart,
                             x, from, part.streams, tokens);
                    for (int i = 0; i < part.streams * tokens; i++)
                        store(channels[i] + 16 * block, y[i]);
                }
                for (int i = 0; i < part.streams * tokens; i++) {
                    const int head = unit + i / tokens * part.count, token = from + i % tokens;
                    float *channel = channels[i];
                    $finish
                }
            }
    }
}
