// dot[t] = a group of codes ($format) times row t's, for the lanes of register `r`.
INLINE void $name(union i32_lanes *dot, const uint8_t *codes, const int8_t *x, int r,
                  const int TOKENS) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4 };
    enum { TOGETHER = $together, RUN = $run };  // quads, and chunks, whose sums fit
    i32_register total[TILE] = {{0}};
    int chunks = GROUP / CHUNK;
    if (REGISTERS > 1 && TOKENS > 1) KEEP_ROLLED(chunks);
    for (int run = 0; run < chunks; run += RUN) {
        $sums_type sums[TILE] = {{0}};
        for (int chunk = run; chunk < run + RUN; chunk++) {
            u32_register quads[QUADS];
            $unpack(quads, codes + r * REGISTER_BYTES, chunk, GROUP);
            for (int q = 0; q < QUADS; q++, x += 4 * TOKENS)
                for (int t = 0; t < TOKENS; t++) {
                    sums[t] = $add(sums[t], quads[q], splat_bytes(x + 4 * t));
                    if (TOGETHER < QUADS && (q + 1) % TOGETHER == 0) {
                        total[t] = $collect(total[t], sums[t]);
                        sums[t] = ($sums_type){0};
                    }
                }
        }
        if (TOGETHER >= QUADS)
            for (int t = 0; t < TOKENS; t++) total[t] = $collect(total[t], sums[t]);
    }
    for (int t = 0; t < TOKENS; t++) dot[t].registers[r] = total[t];
}
