// The text of every template, embedded so that a compiler binary carries its own.
#ifndef TEMPLATES_H
#define TEMPLATES_H

#include <stddef.h>

typedef struct template_file {
    const char *name;           // path inside Templates/: "kernels/embed.c"
    const unsigned char *text;  // UTF-8, not terminated
    size_t length;
} template_file;

extern const template_file *const template_files;  // (template_file_count)
extern const size_t template_file_count;

#endif
