#include "row_loops.h"

#include <math.h>
#include <string.h>

// Fused multiply-adds on some processors alone would make their results differ.
#pragma STDC FP_CONTRACT OFF

// The loader chooses among clones before a sanitizer is ready.
#if defined(__has_feature)
#define SANITIZED (__has_feature(thread_sanitizer) || __has_feature(address_sanitizer))
#else
#define SANITIZED 0
#endif

#if defined(__x86_64__) && defined(__linux__) && !SANITIZED
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };
typedef float floats __attribute__((vector_size(LANES * 4)));
typedef int32_t integers __attribute__((vector_size(LANES * 4)));

// exp of less is 0 in float32, or nearly; less likely entries count as exp(-87).
#define SMALLEST_EXPONENT (-87.0f)

INLINE void load(floats *block, const float *values, int32_t left, float padding) {
    if (left >= LANES) {
        memcpy(block, values, sizeof *block);
        return;
    }
    for (int lane = 0; lane < LANES; lane++) (*block)[lane] = lane < left ? values[lane] : padding;
}

// Takes lanes of `a` where the mask is all ones, of `b` elsewhere.
INLINE void choose(floats *result, const integers *mask, const floats *a, const floats *b) {
    *result = (floats)((*mask & (integers)*a) | (~*mask & (integers)*b));
}

INLINE int any(const integers *mask) {
    int32_t all = 0;
    for (int lane = 0; lane < LANES; lane++) all |= (*mask)[lane];
    return all != 0;
}

// (value - maximum) * scale, at least SMALLEST_EXPONENT but for minus infinity.
INLINE void exponents(floats *result, const floats *block, float maximum, float scale) {
    const floats raw = (*block - maximum) * scale;
    const floats smallest = (floats){} + SMALLEST_EXPONENT;
    const integers tiny = (raw < SMALLEST_EXPONENT) & (*block > -INFINITY);
    choose(result, &tiny, &smallest, &raw);
}

// exp for exponents of -87 to 0, and 0 for less: 2^n times a polynomial, relative error below 3e-7.
INLINE void exponential(floats *result, const floats *exponent) {
    const floats x = *exponent;
    const float to_integer = 0x1.8p23f;
    const floats shifted = x * 1.44269504f + to_integer;
    const floats whole = shifted - to_integer;
    // x - whole * ln 2, with ln 2 in two parts, is exact enough for the polynomial.
    const floats r = (x - whole * 0.693359375f) + whole * 2.1219444e-4f;
    floats series = r * 1.98756915e-4f + 1.39819995e-3f;
    series = series * r + 8.333452e-3f;
    series = series * r + 4.1665796e-2f;
    series = series * r + 1.66666651e-1f;
    series = series * r + 5.00000012e-1f;
    series = series * r * r + r + 1.0f;
    const integers bits = (integers)series + ((integers)shifted << 23);
    const integers counts = x >= SMALLEST_EXPONENT;
    *result = (floats)(bits & counts);
}

FOR_EVERY_PROCESSOR
int row_scan(const float *values, int32_t count, float *run_maxima) {
    integers unordered = {};
    for (int32_t start = 0; start < count; start += ROW_SCAN_RUN) {
        const int32_t end = count - start < ROW_SCAN_RUN ? count : start + ROW_SCAN_RUN;
        floats largest = (floats){} - INFINITY;
        for (int32_t index = start; index < end; index += LANES) {
            floats block;
            load(&block, values + index, end - index, -INFINITY);
            const integers larger = block > largest;
            choose(&largest, &larger, &block, &largest);
            unordered |= block != block;
        }
        float maximum = -INFINITY;
        for (int lane = 0; lane < LANES; lane++) maximum = fmaxf(maximum, largest[lane]);
        run_maxima[start / ROW_SCAN_RUN] = maximum;
    }
    return !any(&unordered);
}

INLINE void distances(floats *result, const floats *exponent, float center) {
    const floats difference = *exponent - center;
    *result = (floats)((integers)difference & 0x7fffffff);
}

// All ones for the lanes in a region; `index` is the first lane's.
INLINE void inside(integers *mask, const floats *exponent, const row_region *region,
                   int32_t index) {
    floats distance;
    distances(&distance, exponent, region->center);
    const integers lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    *mask = (distance < region->edge) |
            ((distance == region->edge) & (lanes + index <= region->last_tie));
}

FOR_EVERY_PROCESSOR
double row_mass(const float *values, int32_t count, float maximum, float scale,
                const row_region *region, double *runs) {
    double weighted_sum = 0;
    for (int32_t start = 0; start < count; start += ROW_MASS_RUN) {
        const int32_t end = count - start < ROW_MASS_RUN ? count : start + ROW_MASS_RUN;
        floats weights = {}, weighted = {};
        for (int32_t index = start; index < end; index += LANES) {
            floats block, exponent, weight;
            integers mask;
            load(&block, values + index, end - index, -INFINITY);
            exponents(&exponent, &block, maximum, scale);
            exponential(&weight, &exponent);
            inside(&mask, &exponent, region, index);
            weight = (floats)((integers)weight & mask);
            weights += weight;
            // Minus infinity times no weight would be no number.
            const integers counts = weight > 0;
            weighted += weight * (floats)((integers)exponent & counts);
        }
        double run = 0;
        for (int lane = 0; lane < LANES; lane++) {
            run += weights[lane];
            weighted_sum += weighted[lane];
        }
        runs[start / ROW_MASS_RUN] = run;
    }
    return weighted_sum;
}

FOR_EVERY_PROCESSOR
void row_histogram(const float *values, int32_t count, float maximum, float scale, float center,
                   float per_unit, int counts, double *bins) {
    // Neighbouring entries often share a bin: in copies they need not wait for each other.
    enum { COPIES = 4 };
    double sums[COPIES][ROW_BINS] = {};
    const floats last = (floats){} + (ROW_BINS - 1), one = (floats){} + 1;
    const integers all = (integers){} - (counts != 0);
    for (int32_t index = 0; index < count; index += LANES) {
        floats block, exponent, weight, distance;
        load(&block, values + index, count - index, -INFINITY);
        exponents(&exponent, &block, maximum, scale);
        exponential(&weight, &exponent);
        choose(&weight, &all, &one, &weight);
        weight = (floats)((integers)weight & (block > -INFINITY));
        distances(&distance, &exponent, center);
        distance *= per_unit;
        const integers beyond = distance > last;
        choose(&distance, &beyond, &last, &distance);
        int32_t places[LANES];
        float amounts[LANES];
        const integers truncated = __builtin_convertvector(distance, integers);
        memcpy(places, &truncated, sizeof places);
        memcpy(amounts, &weight, sizeof amounts);
        for (int lane = 0; lane < LANES; lane++) {
            sums[lane % COPIES][places[lane]] += (double)amounts[lane];
        }
    }
    for (int bin = 0; bin < ROW_BINS; bin++) {
        bins[bin] = sums[0][bin] + sums[1][bin] + sums[2][bin] + sums[3][bin];
    }
}

FOR_EVERY_PROCESSOR
int32_t row_collect(const float *values, int32_t count, const float *run_maxima, float maximum,
                    float scale, float center, float lower, float upper, row_candidate *found,
                    int32_t room) {
    int32_t number = 0;
    for (int32_t start = 0; start < count; start += ROW_SCAN_RUN) {
        // No entry of a run is nearer to the largest of all than the run's largest.
        const float nearest = (maximum - run_maxima[start / ROW_SCAN_RUN]) * scale;
        if (center == 0 && nearest > upper && upper < -SMALLEST_EXPONENT) continue;
        const int32_t end = count - start < ROW_SCAN_RUN ? count : start + ROW_SCAN_RUN;
        for (int32_t index = start; index < end; index += LANES) {
            floats block, exponent, distance, weight;
            load(&block, values + index, end - index, -INFINITY);
            exponents(&exponent, &block, maximum, scale);
            distances(&distance, &exponent, center);
            const integers near = (distance >= lower) & (distance <= upper) & (block > -INFINITY);
            if (!any(&near)) continue;
            exponential(&weight, &exponent);
            for (int lane = 0; lane < LANES; lane++) {
                if (!near[lane]) continue;
                if (number == room) return room + 1;
                found[number++] = (row_candidate){index + lane, exponent[lane], weight[lane]};
            }
        }
    }
    return number;
}

FOR_EVERY_PROCESSOR
int32_t row_draw(const float *values, int32_t count, float maximum, float scale,
                 const row_region *region, double target) {
    double sum = 0;
    int32_t last = -1;
    for (int32_t index = 0; index < count; index += LANES) {
        floats block, exponent, weight;
        integers mask;
        load(&block, values + index, count - index, -INFINITY);
        exponents(&exponent, &block, maximum, scale);
        exponential(&weight, &exponent);
        inside(&mask, &exponent, region, index);
        mask &= block > -INFINITY;
        for (int lane = 0; lane < LANES; lane++) {
            if (!mask[lane]) continue;
            sum += weight[lane];
            last = index + lane;
            if (sum > target) return last;
        }
    }
    return last;
}
