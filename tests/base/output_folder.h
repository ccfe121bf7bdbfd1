/*
 * output_folder.h - a folder for the tests of outputs, with files that have no name until they are complete
 * or as on file systems that have none such. Link with --wrap=openat,--wrap=renameat.
 */
#ifndef FLAMESCALE_OUTPUT_FOLDER_H
#define FLAMESCALE_OUTPUT_FOLDER_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

extern bool has_unnamed;

/* Renames that came, and what was there at the first of them; with `die_at` the process ends instead of that
 * rename, 1 being the first. */
extern int renames, complete_at_first, die_at;

extern char top[]; /* that folder, once it is made */

/* For cmocka: an empty folder as the current one, and the folder of all of them. */
int with_unnamed(void **state);
int without_unnamed(void **state);
int make_top(void **state);
int remove_top(void **state);

/* Entries of the folder whose name begins so. */
int count(const char *path, const char *beginning);

void make_file(const char *path, const char *content);
void assert_content(const char *path, const char *content);
void write_to(const char *path, const char *content); /* by fs_output */
mode_t mode_of(const char *path);

/* A test on either kind of file system. */
#define EACH(test)                                                                                           \
    {#test, test, with_unnamed, NULL, NULL},                                                                 \
    {                                                                                                        \
#test " (named)", test, without_unnamed, NULL, NULL                                                  \
    }

#endif
