// dot[b][t] = a group of codes ($format) of BLOCKS blocks, `apart` bytes from one to the next, times
// row t's of a tile of STRIDE rows, for WIDTH registers of lanes from `r` on. All these registers are
// multiplied with what is read of a row once.
INLINE void $name(union i32_lanes (*dot)[TOKENS_TOGETHER], const uint8_t *codes, size_t apart,
                  const int8_t *x, int r, const int BLOCKS, const int WIDTH, const int TOKENS,
                  const int STRIDE) {
    enum { GROUP = $group, CHUNK = $chunk, QUADS = CHUNK / 4, CHUNKS = GROUP / CHUNK };
    enum { TOGETHER = $together, UNROLLED = $unrolled };  // quads whose sums fit, and chunks
    enum { MOST = REGISTERS * BLOCKS_TOGETHER };
    const int COUNT = BLOCKS * WIDTH;  // registers
    // A large chunk's codes come out of two planes, late; one row has registers left for more sums.
    const int CHAINS = TOKENS == 1 && QUADS >= 8 && CHUNKS > 1 ? CHAINS_OF_ONE_ROW : 1;
    const i32_register zero = {0};
    i32_register total[TOKENS_TOGETHER][MOST];
    $sums_type sums[TOKENS_TOGETHER][MOST];
    for (int t = 0; t < TOKENS * CHAINS; t++)
        for (int i = 0; i < COUNT; i++) {
            if (UNROLLED < CHUNKS) total[t][i] = zero;
            sums[t][i] = ($sums_type){0};
        }
    int chunks = CHUNKS;
    if (UNROLLED < CHUNKS) KEEP_ROLLED(chunks);
    for (int first = 0; first < chunks; first += UNROLLED) {
        UNROLL
        for (int chunk = 0; chunk < UNROLLED; chunk++) {
            u32_register quads[MOST][QUADS];
            for (int i = 0; i < COUNT; i++) {
                const uint8_t *from = codes + i / WIDTH * apart;
                $unpack(quads[i], from + (r + i % WIDTH) * REGISTER_BYTES, first + chunk, GROUP);
            }
            UNROLL
            for (int q = 0; q < QUADS; q++, x += 4 * STRIDE) {
                const int done = chunk * QUADS + q + 1;
                const int begun = UNROLLED < CHUNKS || done > TOGETHER;
                for (int t = 0; t < TOKENS; t++) {
                    const u32_register four = splat_bytes(x + 4 * t);
                    const int chain = t + q % CHAINS;
                    for (int i = 0; i < COUNT; i++)
                        sums[chain][i] = $add(sums[chain][i], quads[i][q], four);
                }
                if (done % TOGETHER) continue;
                for (int t = 0; t < TOKENS; t++)
                    for (int i = 0; i < COUNT; i++) {
                        total[t][i] = $collect(begun ? total[t][i] : zero, sums[t][i]);
                        sums[t][i] = ($sums_type){0};
                        for (int chain = 1; chain < CHAINS; chain++) {
                            total[t][i] = $collect(total[t][i], sums[t + chain][i]);
                            sums[t + chain][i] = ($sums_type){0};
                        }
                        if (TOKENS * WIDTH == TOKENS_TOGETHER * REGISTERS && done < GROUP / 4)
                            set_aside(&total[t][i]);
                    }
            }
        }
    }
    for (int t = 0; t < TOKENS; t++)
        for (int i = 0; i < COUNT; i++) dot[i / WIDTH][t].registers[r + i % WIDTH] = total[t][i];
}
