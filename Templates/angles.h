// Cosine and sine of an angle of up to a million radians, to float32 accuracy.
//
// The angle less the nearest multiple of pi / 2, which is subtracted in two parts (33 bits, so that
// the product is exact, and the rest), then Taylor polynomials on |r| <= pi / 4.
INLINE void cosine_and_sine(double angle, float magnitude, float *cosine, float *sine) {
    const double shifter = 0x1.8p52;
    const double shifted = angle * 0.63661977236758134 + shifter;
    const double multiple = shifted - shifter;
    const double r = angle - multiple * 0x1.921fb544p0 - multiple * 0x1.0b4611a626331p-34;
    const double s = r * r;
    const double sin_r =
        r * (1 + s * (-1.0 / 6 + s * (1.0 / 120 + s * (-1.0 / 5040 + s * (1.0 / 362880 -
                                                                         s / 39916800)))));
    const double cos_r =
        1 + s * (-0.5 + s * (1.0 / 24 + s * (-1.0 / 720 + s * (1.0 / 40320 - s / 3628800))));
    const int64_t quarter = (int64_t)multiple;
    const double c = quarter & 1 ? sin_r : cos_r, d = quarter & 1 ? cos_r : sin_r;
    *cosine = magnitude * (float)((quarter + 1) & 2 ? -c : c);
    *sine = magnitude * (float)(quarter & 2 ? -d : d);
}
