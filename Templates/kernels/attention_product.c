// Products of up to ATTENTION_QUERIES queries with $width vectors of a page.
KERNEL void $name(float *y, int y_stride, const float *factors, const float *a, int a_stride,
                  const page_element *b, int b_stride, int depth, int queries) {
    switch (queries) {
        $cases
    }
}
