// dot[t] = a group of codes ($format) times row t's of a tile of STRIDE rows, for WIDTH registers of
// lanes from `r` on.
INLINE void $name(union i32_lanes *dot, const uint8_t *codes, const int8_t *x, int r,
                  const int WIDTH, const int TOKENS, const int STRIDE) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4, CHUNKS = GROUP / CHUNK };
    enum { TOGETHER = $together, UNROLLED = $unrolled };  // quads whose sums fit, and chunks
    const i32_register zero = {0};
    i32_register total[TOKENS_TOGETHER][REGISTERS];
    $sums_type sums[TOKENS_TOGETHER][REGISTERS];
    for (int t = 0; t < TOKENS; t++)
        for (int w = 0; w < WIDTH; w++) {
            if (UNROLLED < CHUNKS) total[t][w] = zero;
            sums[t][w] = ($sums_type){0};
        }
    int chunks = CHUNKS;
    if (UNROLLED < CHUNKS) KEEP_ROLLED(chunks);
    for (int first = 0; first < chunks; first += UNROLLED) {
        UNROLL
        for (int chunk = 0; chunk < UNROLLED; chunk++) {
            u32_register quads[REGISTERS][QUADS];
            for (int w = 0; w < WIDTH; w++)
                $unpack(quads[w], codes + (r + w) * REGISTER_BYTES, first + chunk, GROUP);
            UNROLL
            for (int q = 0; q < QUADS; q++, x += 4 * STRIDE) {
                const int done = chunk * QUADS + q + 1;
                const int begun = UNROLLED < CHUNKS || done > TOGETHER;
                for (int t = 0; t < TOKENS; t++) {
                    const u32_register four = splat_bytes(x + 4 * t);
                    for (int w = 0; w < WIDTH; w++)
                        sums[t][w] = $add(sums[t][w], quads[w][q], four);
                }
                if (done % TOGETHER) continue;
                for (int t = 0; t < TOKENS; t++)
                    for (int w = 0; w < WIDTH; w++) {
                        total[t][w] = $collect(begun ? total[t][w] : zero, sums[t][w]);
                        sums[t][w] = ($sums_type){0};
                        if (TOKENS * WIDTH == TOKENS_TOGETHER * REGISTERS && done < GROUP / 4)
                            set_aside(&total[t][w]);
                    }
            }
        }
    }
    for (int t = 0; t < TOKENS; t++)
        for (int w = 0; w < WIDTH; w++) dot[t].registers[r + w] = total[t][w];
}
