/*
 * report.h - a climb as a table for the terminal, as Markdown, and as a page with everything in it.
 */
#ifndef FLAME_LADDER_REPORT_H
#define FLAME_LADDER_REPORT_H

#include "ladder.h"

/* The table with what went wrong below it. `colour` allows escape sequences. */
FS_CHECK fs_status flame_report_table(const flame_ladder *ladder, bool colour, fs_text *out, fs_error *error);

/* The same as a table for a README, with the machine named. */
FS_CHECK fs_status flame_report_markdown(const flame_ladder *ladder, fs_text *out, fs_error *error);

/* How many rungs were compared, and how many of them got slower beyond the spread or broke. */
typedef struct flame_check {
    size_t compared, worse;
} flame_check;

/* One line about each rung against an earlier climb. */
FS_CHECK fs_status flame_report_check(const flame_ladder *before, const flame_ladder *now, double margin,
                                      bool colour, fs_text *out, flame_check *check, fs_error *error);

/* Everything into `directory`: ladder.json, ladder.md, index.html, each recorded rung's .svg and .html beside
 * its .folded, and the long answers of first rungs. All of it appears together, ladder.json last, or nothing
 * does. `plan` tells where the sources are. */
FS_CHECK fs_status flame_report_write(const flame_ladder *ladder, const flame_plan *plan,
                                      const char *directory, fs_error *error);

/* A file that a climb reads, and what it is: "the plan". */
typedef struct flame_report_input {
    const char *path, *what;
} flame_report_input;

/* Before anything runs: whether what the report will write into `directory` is free, or was written there by
 * earlier reports (whose names are carried on in ladder->files). FS_ARGUMENT, with what to do, when a file of
 * somebody else's, or one of `inputs`, would be overwritten. */
FS_CHECK fs_status flame_report_claim(flame_ladder *ladder, const flame_plan *plan, bool profile,
                                      const char *directory, const flame_report_input *inputs, size_t count,
                                      fs_error *error);

/* The file in `directory` that holds the results. NULL: out of memory. */
const char *flame_report_results(const char *directory, fs_arena *arena);

#endif
