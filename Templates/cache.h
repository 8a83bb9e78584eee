// Where keys and values of a position are. For each head of a layer a page holds keys with a row
// for each channel, (dimension, PAGE_POSITIONS), then values with a row for each position,
// (PAGE_POSITIONS, padded).

INLINE page_element *keys_of(const struct context *c, const struct call *call, int row,
                             int position, int head, int dimension, int padded) {
    page_element *layer = (page_element *)(page_of(c, row, position) + call->cache);
    return layer + (size_t)head * (dimension + padded) * PAGE_POSITIONS;
}

INLINE void store_key(const struct context *c, const struct call *call, const float *x, int row,
                      int head, int dimension, int padded) {
    const int position = c->step->positions[row];
    page_element *keys = keys_of(c, call, row, position, head, dimension, padded);
    for (int i = 0; i < dimension; i += 16)
        scatter_page(keys + (size_t)i * PAGE_POSITIONS + position % PAGE_POSITIONS, PAGE_POSITIONS,
                     load(x + i), smaller(16, dimension - i));
}

INLINE void store_value(const struct context *c, const struct call *call, const float *x, int row,
                        int head, int dimension, int padded) {
    const int position = c->step->positions[row];
    page_element *values = keys_of(c, call, row, position, head, dimension, padded) +
                           (size_t)dimension * PAGE_POSITIONS +
                           (size_t)(position % PAGE_POSITIONS) * padded;
    for (int i = 0; i < padded; i += 16) store_page(values + i, load(x + i));
}
