// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { PAIRS = $pairs, FREQUENCIES = $tensor, LIMIT = $limit };
    const float *frequencies = (const float *)(c->weights + call->weights + FREQUENCIES);
    for (int row = thread; row < c->rows; row += threads) {
        float *cosines = shared_floats(c, $output) + (size_t)row * 2 * PAIRS;
        float *sines = cosines + PAIRS;
        const double position = c->step->positions[row];
        // Past LIMIT positions the base grows by growth^(d / (d - 2)), so frequency i of d / 2
        // shrinks by growth^(2 i / (d - 2)).
        const double length = position + 1;
        const double growth = length > LIMIT ? $factor * length / LIMIT - ($factor - 1) : 1;
        const double ratio = __builtin_pow(growth, -1.0 / (PAIRS - 1));
        double shrink = 1;
        for (int i = 0; i < PAIRS; i++, shrink *= ratio)
            cosine_and_sine(position * frequencies[i] * shrink, $magnitude, cosines + i, sines + i);
    }
}
