// Keys and values of earlier positions as float16.
typedef uint16_t page_element;

INLINE f32x16 load_page(const page_element *p) { return load_f16(p); }

INLINE void store_page(page_element *p, f32x16 v) { store_f16(p, v); }

// 16 channels of one position, each to the row of its channel.
INLINE void scatter_page(page_element *p, size_t stride, f32x16 v, int count) {
    page_element halves[16];
    store_f16(halves, v);
    for (int i = 0; i < count; i++) p[i * stride] = halves[i];
}
