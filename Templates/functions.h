// Functions of whole vectors, the same polynomials on every machine.

INLINE f32x16 add(f32x16 a, f32x16 b) { return a + b; }

INLINE float sum_of_lanes(f32x16 v) {
    REDUCE(v, add);
    return v[0];
}

INLINE float maximum_of_lanes(f32x16 v) {
    REDUCE(v, maximum);
    return v[0];
}

// The largest magnitude of some floats.
INLINE float largest_of(const float *x, int count) {
    f32x16 most = splat(0);
    for (int i = 0; i < count; i += 16) most = maximum(most, absolute(load(x + i)));
    return maximum_of_lanes(most);
}

// The square root of the sum of their squares.
INLINE float norm_of(const float *x, int count) {
    f32x16 total = splat(0);
    for (int i = 0; i < count; i += 16) total = multiply_add(load(x + i), load(x + i), total);
    return __builtin_sqrtf(sum_of_lanes(total));
}

// e^x within 2 units in the last place for x of -87 to 88, zero at -88.
// x = n ln 2 + r; e^r by its Taylor polynomial, whose next term is below 2^-27 for |r| <= ln 2 / 2.
INLINE f32x16 exponential_within(f32x16 x) {
    const i32x16 n = nearest(x * 1.44269504f);
    const f32x16 whole = to_float(n);
    f32x16 r = multiply_add(whole, splat(-0.693359375f), x);
    r = multiply_add(whole, splat(2.12194440e-4f), r);
    f32x16 p = splat(1.0f / 5040);
    p = multiply_add(p, r, splat(1.0f / 720));
    p = multiply_add(p, r, splat(1.0f / 120));
    p = multiply_add(p, r, splat(1.0f / 24));
    p = multiply_add(p, r, splat(1.0f / 6));
    p = multiply_add(p, r, splat(0.5f));
    p = multiply_add(p, r, splat(1.0f));
    p = multiply_add(p, r, splat(1.0f));
    return p * (f32x16)((n + 127) << 23);
}

// The same for all x: beyond, the value at that end.
INLINE f32x16 exponential(f32x16 x) {
    return exponential_within(minimum(maximum(x, splat(-87.0f)), splat(88.0f)));
}

// The same where x is at most 0; zero where it is -88 or less.
INLINE f32x16 exponential_below(f32x16 x) { return exponential_within(maximum(x, splat(-88.0f))); }

INLINE f32x16 silu(f32x16 x) { return x / (1.0f + exponential(-x)); }

INLINE f32x16 relu(f32x16 x) { return maximum(x, splat(0)); }

// x * (1 + tanh(u)) / 2 = x / (1 + e^-2u), u = sqrt(2 / pi) * (x + 0.044715 x^3).
INLINE f32x16 gelu_tanh(f32x16 x) {
    const f32x16 u = 0.797884561f * multiply_add(0.044715f * x * x, x, x);
    return x / (1.0f + exponential(-2.0f * u));
}

// x * (1 + erf(x / sqrt 2)) / 2 with erf by Abramowitz and Stegun 7.1.26, within 2e-7.
INLINE f32x16 gelu(f32x16 x) {
    const f32x16 z = absolute(x) * 0.707106781f;
    const f32x16 t = 1.0f / multiply_add(z, splat(0.3275911f), splat(1.0f));
    f32x16 p = splat(1.061405429f);
    p = multiply_add(p, t, splat(-1.453152027f));
    p = multiply_add(p, t, splat(1.421413741f));
    p = multiply_add(p, t, splat(-0.284496736f));
    p = multiply_add(p, t, splat(0.254829592f));
    const f32x16 tail = p * t * exponential(-z * z);
    return 0.5f * x * choose(x < 0.0f, tail, 2.0f - tail);
}

// limit * tanh(x / limit), tanh u = 1 - 2 / (1 + e^2u).
INLINE f32x16 soft_cap(f32x16 x, float limit) {
    return limit * (1.0f - 2.0f / (1.0f + exponential(x * (2.0f / limit))));
}
