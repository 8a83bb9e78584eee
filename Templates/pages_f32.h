// Keys and values of earlier positions as float32.
typedef float page_element;

INLINE f32x16 load_page(const page_element *p) { return load(p); }

INLINE void store_page(page_element *p, f32x16 v) { store(p, v); }
