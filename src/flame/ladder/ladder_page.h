/*
 * ladder_page.h - the pieces of a report's index.html, and what they share.
 */
#ifndef FLAME_LADDER_PAGE_H
#define FLAME_LADDER_PAGE_H

#include "ladder.h"
#include "line_share.h"

#include "file.h"

typedef struct flame_page {
    const flame_ladder *ladder;
    const flame_plan *plan; /* the same rungs in the same order */
    flame_tree **trees;     /* of each rung; NULL where there is no profile */
    fs_output *output;
    fs_text scratch;
    fs_arena arena;
} flame_page;

/* Text as it is, text escaped, and a format whose result is escaped by the caller's care. */
void flame_page_raw(flame_page *page, const char *markup);
void flame_page_text(flame_page *page, const char *text);
void flame_page_bytes(flame_page *page, const char *bytes, size_t length);
void flame_page_format(flame_page *page, const char *format, ...) FS_PRINTF(2, 3);

/* "<bar> 12.3%" */
void flame_page_share(flame_page *page, double part);

/* Sections, in the order of the page. */
void flame_page_top(flame_page *page);
void flame_page_table(flame_page *page);
void flame_page_chart(flame_page *page);
FS_CHECK fs_status flame_page_rung(flame_page *page, size_t index, fs_error *error);
/* What changed from the rung before it in its job; nothing when either has no profile. */
FS_CHECK fs_status flame_page_difference(flame_page *page, size_t index, fs_error *error);
void flame_page_machine(flame_page *page);

/* page_source.c: hot lines with their text, and the sources below them. */
FS_CHECK fs_status flame_page_hot_lines(flame_page *page, size_t index, fs_error *error);

/* The rung before `index` in the same job, SIZE_MAX: none. */
size_t flame_page_before(const flame_page *page, size_t index);

#endif
