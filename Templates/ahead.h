// Memory answers fastest when it is read in AHEAD_STREAMS places at once, each in its order and for
// long. While a head of a page is read, those that come next are asked for in that way.
enum { AHEAD_STREAMS = 4, AHEAD_BYTES = 64 * AHEAD_STREAMS, AHEAD_ROOM = 128 << 10 };

// What comes next: AHEAD_STREAMS pieces of memory, `apart` from one another.
struct ahead {
    const uint8_t *from;
    size_t apart;
};

// How many rows of some bytes are read between two looks ahead.
#define AHEAD_ROWS(bytes) ((bytes) < AHEAD_BYTES ? AHEAD_BYTES / (bytes) : 1)

// `done` bytes have been read of what comes before it. NULL: nothing is asked for.
INLINE void look_ahead(const struct ahead *ahead, size_t done) {
    if (!ahead) return;
    for (int i = 0; i < AHEAD_STREAMS; i++)
        prefetch(ahead->from + i * ahead->apart + done / AHEAD_STREAMS);
}
