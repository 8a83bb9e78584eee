// Every file of the page, embedded. A new one is its file, two lines here and one in Page.swift.
#include "page.h"

// clang has had #embed for C11 since version 19, and says each time that C23 brought it.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char index_html[] = {
#embed "index.html"
};
static const unsigned char page_css[] = {
#embed "page.css"
};
static const unsigned char page_js[] = {
#embed "page.js"
};
static const unsigned char markdown_js[] = {
#embed "markdown.js"
};

static const page_file files[] = {
    {"index.html", index_html, sizeof index_html},
    {"page.css", page_css, sizeof page_css},
    {"page.js", page_js, sizeof page_js},
    {"markdown.js", markdown_js, sizeof markdown_js},
};
const page_file *const page_files = files;
const size_t page_file_count = sizeof files / sizeof *files;
