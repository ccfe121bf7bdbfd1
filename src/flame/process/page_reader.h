/*
 * page_reader.h - memory that does not change meanwhile (of a stopped process, or a core file), read by pages
 * that are kept: many small reads that lie close together cost a few system calls.
 */
#ifndef FLAME_PAGE_READER_H
#define FLAME_PAGE_READER_H

#include "process.h"

enum { PAGE_READER_PAGES = 512 };

typedef struct page_reader {
    flame_reader reader; /* to read with; `self` is this structure */
    const flame_reader *source;
    struct page_kept *pages;
    uint32_t asked[PAGE_READER_PAGES]; /* which of them, in this round */
    size_t asked_count;
    uint64_t round; /* of reading */
} page_reader;

/* Two megabytes, of which is used what is read; FS_MEMORY. `source` is borrowed; the structure must stay
 * where it is. */
FS_CHECK fs_status page_reader_init(page_reader *pages, const flame_reader *source, fs_error *error);
void page_reader_fini(page_reader *pages); /* also after a failed init, or zeroed */

/* The memory has changed since: read anew, in one call, the pages that were asked for since the last time. */
void page_reader_renew(page_reader *pages);

#endif
