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
    fs_output *output;      /* everything is written there with fs_output_format */
    fs_arena arena;
    fs_text scratch;
    bool failed; /* out of memory: the page is not whole */
} flame_page;

/* Text escaped for XML, which lives as long as the page; and bytes, until the next call of either. */
const char *flame_page_text(flame_page *page, const char *text);
const char *flame_page_bytes(flame_page *page, const char *bytes, size_t length);

/* The whole page. */
FS_CHECK fs_status flame_page_write(flame_page *page, fs_error *error);

/* Sections (page_rung.c): of a rung; of what changed from the rung before it in its job, which is nothing
 * when either has no profile. */
FS_CHECK fs_status flame_page_rung(flame_page *page, size_t index, fs_error *error);
FS_CHECK fs_status flame_page_difference(flame_page *page, size_t index, fs_error *error);

/* page_source.c: hot lines with their text, and the sources below them. */
FS_CHECK fs_status flame_page_hot_lines(flame_page *page, size_t index, fs_error *error);

#endif
