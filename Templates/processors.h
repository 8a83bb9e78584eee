// Where the threads of a step run.
#include <stdatomic.h>
#ifdef __linux__
#include <sys/syscall.h>

int sched_getcpu(void);  // sched.h and unistd.h declare them for GNU's C only
long syscall(long number, ...);
#endif

enum { MOST_PROCESSORS = 1024, PROCESSOR_WORDS = MOST_PROCESSORS / 64 };

// Those on which a thread of a step is, bit by bit.
struct processors {
    _Atomic(uint64_t) taken[PROCESSOR_WORDS];
};

// Whether another thread was there before.
INLINE int take_processor(struct processors *p, int processor) {
    const uint64_t bit = (uint64_t)1 << processor % 64;
    return (atomic_fetch_or(&p->taken[processor / 64], bit) & bit) != 0;
}

// Parts threads that begin on one processor while others are free. A system may wake a thread beside
// the one that woke it, since its own processor was busy for a moment, and leave them there for many
// steps, each of which takes twice as long. What the thread may run on stays as it is.
static __attribute__((noinline, unused)) void spread(struct processors *p) {
#ifdef __linux__
    const int here = sched_getcpu();
    if (here < 0 || here >= MOST_PROCESSORS || !take_processor(p, here)) return;
    uint64_t allowed[PROCESSOR_WORDS] = {0}, others[PROCESSOR_WORDS], any = 0;
    if (syscall(SYS_sched_getaffinity, 0, sizeof allowed, allowed) < 0) return;
    for (int i = 0; i < PROCESSOR_WORDS; i++) {
        others[i] = allowed[i] & ~atomic_load(&p->taken[i]);
        any |= others[i];
    }
    if (!any || syscall(SYS_sched_setaffinity, 0, sizeof others, others) < 0) return;
    const int there = sched_getcpu();
    if (there >= 0 && there < MOST_PROCESSORS) take_processor(p, there);
    syscall(SYS_sched_setaffinity, 0, sizeof allowed, allowed);
#else
    (void)p;
#endif
}
