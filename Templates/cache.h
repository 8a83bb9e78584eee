// Where keys and values of a position are: a page holds, layer by layer, what pages.h says of each
// head.

INLINE uint8_t *head_of(const struct context *c, const struct call *call, int row, int position,
                        int head, int dimension, int padded) {
    return page_of(c, row, position) + call->cache + head * HEAD_BYTES(dimension, padded);
}

INLINE void store_key(const struct context *c, const struct call *call, const float *x, int row,
                      int head, int dimension, int padded) {
    const int position = c->step->positions[row];
    put_key(head_of(c, call, row, position, head, dimension, padded), x, position % PAGE_POSITIONS,
            dimension, padded);
}

INLINE void store_value(const struct context *c, const struct call *call, const float *x, int row,
                        int head, int dimension, int padded) {
    const int position = c->step->positions[row];
    put_value(head_of(c, call, row, position, head, dimension, padded), x,
              position % PAGE_POSITIONS, dimension, padded);
}
