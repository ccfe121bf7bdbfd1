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

/* One line about each rung against an earlier climb, and whether any got slower beyond the spread or broke.
 */
FS_CHECK fs_status flame_report_check(const flame_ladder *before, const flame_ladder *now, double margin,
                                      bool colour, fs_text *out, bool *worse, fs_error *error);

/* Everything into `directory`: ladder.json, ladder.md, index.html, and each recorded rung's .svg and .html
 * beside its .folded. `plan` tells where the sources are. */
FS_CHECK fs_status flame_report_write(const flame_ladder *ladder, const flame_plan *plan,
                                      const char *directory, fs_error *error);

#endif
