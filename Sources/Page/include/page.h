// The files of the chat page, embedded so that a server binary carries its own.
#ifndef PAGE_H
#define PAGE_H

#include <stddef.h>

typedef struct page_file {
    const char *name;           // "index.html"
    const unsigned char *text;  // UTF-8, not terminated
    size_t length;
} page_file;

extern const page_file *const page_files;  // (page_file_count)
extern const size_t page_file_count;

#endif
