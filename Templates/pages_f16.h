// Keys and values of earlier positions as float16.
typedef uint16_t page_element;

INLINE f32x16 load_page(const page_element *p) { return load_f16(p); }

INLINE void store_page(page_element *p, f32x16 v) { store_f16(p, v); }
