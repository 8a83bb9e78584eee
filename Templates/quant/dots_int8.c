// dot[t] = a group of codes ($format) times row t's of a tile of STRIDE rows, for WIDTH registers of
// lanes from `r` on.
INLINE void $name(union i32_lanes *dot, const uint8_t *codes, const int8_t *x, int r,
                  const int WIDTH, const int TOKENS, const int STRIDE) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4 };
    enum { TOGETHER = $together, RUN = $run };  // quads, and chunks, whose sums fit
    i32_register total[TOKENS_TOGETHER][REGISTERS] = {{{0}}};
    int chunks = GROUP / CHUNK;
    if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(chunks);
    for (int run = 0; run < chunks; run += RUN) {
        $sums_type sums[TOKENS_TOGETHER][REGISTERS] = {{{0}}};
        for (int chunk = run; chunk < run + RUN; chunk++) {
            u32_register quads[REGISTERS][QUADS];
            for (int w = 0; w < WIDTH; w++)
                $unpack(quads[w], codes + (r + w) * REGISTER_BYTES, chunk, GROUP);
            for (int q = 0; q < QUADS; q++, x += 4 * STRIDE)
                for (int t = 0; t < TOKENS; t++) {
                    const u32_register four = splat_bytes(x + 4 * t);
                    for (int w = 0; w < WIDTH; w++) {
                        sums[t][w] = $add(sums[t][w], quads[w][q], four);
                        if (TOGETHER < QUADS && (q + 1) % TOGETHER == 0) {
                            total[t][w] = $collect(total[t][w], sums[t][w]);
                            sums[t][w] = ($sums_type){0};
                        }
                    }
                }
        }
        if (TOGETHER >= QUADS)
            for (int t = 0; t < TOKENS; t++)
                for (int w = 0; w < WIDTH; w++)
                    total[t][w] = $collect(total[t][w], sums[t][w]);
    }
    for (int t = 0; t < TOKENS; t++)
        for (int w = 0; w < WIDTH; w++) dot[t].registers[r + w] = total[t][w];
}
