// $summary
KERNEL void $name(const struct context *c, const struct call *call, int thread, int threads) {
    enum { PAIRS = $pairs, FREQUENCIES = $tensor };
    const float *frequencies = (const float *)(c->weights + call->weights + FREQUENCIES);
    for (int row = thread; row < c->rows; row += threads) {
        float *cosines = shared_floats(c, $output) + (size_t)row * 2 * PAIRS;
        float *sines = cosines + PAIRS;
        const double position = c->step->positions[row];
        for (int i = 0; i < PAIRS; i++)
            cosine_and_sine(position * frequencies[i], $magnitude, cosines + i, sines + i);
    }
}
