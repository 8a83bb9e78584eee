// How the threads of a step wait for one another and divide work among themselves.
#include <stdatomic.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>

long syscall(long number, ...);  // unistd.h declares it for GNU's C only
#else
#include <sched.h>
#endif

// Where threads meet, on cache lines of their own. A waiting thread looks `patience` times before
// it sleeps; where that was too short once, as with more threads than cores, it is halved.
struct meeting {
    _Alignas(64) atomic_int arrived;
    atomic_int asleep, patience;
    _Alignas(64) atomic_int round;
    _Alignas(64) atomic_int taken;  // tickets for work since the last round
};

enum { MOST_PATIENCE = 4096, LEAST_PATIENCE = 16 };

INLINE void rest(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

static __attribute__((noinline, unused)) void sleep_through(struct meeting *m, int round) {
    const int patience = atomic_load_explicit(&m->patience, memory_order_relaxed);
    if (patience > LEAST_PATIENCE)
        atomic_store_explicit(&m->patience, patience / 2, memory_order_relaxed);
    atomic_fetch_add(&m->asleep, 1);
    while (atomic_load(&m->round) == round) {
#ifdef __linux__
        syscall(SYS_futex, &m->round, FUTEX_WAIT_PRIVATE, round, NULL, NULL, 0);
#else
        sched_yield();
#endif
    }
    atomic_fetch_sub(&m->asleep, 1);
}

// Waits until all threads have come here.
static __attribute__((noinline, unused)) void meet(struct meeting *m, int threads) {
    const int round = atomic_load_explicit(&m->round, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&m->arrived, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&m->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&m->taken, 0, memory_order_relaxed);
        atomic_store(&m->round, round + 1);
#ifdef __linux__
        if (atomic_load(&m->asleep))
            syscall(SYS_futex, &m->round, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
#endif
        return;
    }
    for (int i = atomic_load_explicit(&m->patience, memory_order_relaxed); i > 0; i--) {
        if (atomic_load_explicit(&m->round, memory_order_acquire) != round) return;
        rest();
    }
    sleep_through(m, round);
}

// Each ticket is given out once between two meetings: 0, 1, 2, …
INLINE int next_ticket(struct meeting *m) {
    return atomic_fetch_add_explicit(&m->taken, 1, memory_order_relaxed);
}
