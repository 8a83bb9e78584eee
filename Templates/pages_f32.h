// Keys and values of earlier positions as float32.
typedef float page_element;

INLINE f32x16 load_page(const page_element *p) { return load(p); }

INLINE void store_page(page_element *p, f32x16 v) { store(p, v); }

// 16 channels of one position, each to the row of its channel.
INLINE void scatter_page(page_element *p, size_t stride, f32x16 v, int count) {
    for (int i = 0; i < count; i++) p[i * stride] = v[i];
}
