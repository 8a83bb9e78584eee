// $summary
KERNEL void $name(const struct context *c, const struct call *call, const struct $rows_type *x,
                  int head, int row, int tokens) {
    enum { HEADS = $heads, DIMENSION = $dimension, PADDED = $padded, BLOCKS = PADDED / 16 };
    enum { MATRIX = $tensor, STRIDE = $stride };
    const uint8_t *weights = c->weights + call->weights;
    float channels[TILE][PADDED] __attribute__((aligned(64)));
    for (int block = 0; block < BLOCKS; block++) {
        const int line = head * BLOCKS + block;
        f32x16 y[TILE];
        $product(y, weights + MATRIX + (size_t)line * STRIDE, x, row, tokens);
        $bias
        for (int t = 0; t < tokens; t++) store(channels[t] + 16 * block, y[t]);
    }
    for (int t = 0; t < tokens; t++) {
        $finish
    }
}
