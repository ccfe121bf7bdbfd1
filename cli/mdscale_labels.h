/*
 * mdscale_labels.h - maps and tables of several files of one command, matched by the names of their objects.
 */
#ifndef CLI_MDSCALE_LABELS_H
#define CLI_MDSCALE_LABELS_H

#include "mdscale_input.h"

/* Read a table of numbers with its labels: the column that is headed "label", as mdscale writes it, else the
 * one column of text, if any. A "map" that lacks a coordinate, or is a square of dissimilarities, is refused.
 * COMMAND_OK, or the exit status after complaining. Free with mds_table_fini. */
int labels_read(const char *path, const char *what, mds_table *table);

/* The table is a square that mirrors itself around zeros, as no map does: dissimilarities. */
bool labels_dissimilarities(const mds_table *table);

/* Names of objects of one file; NULL names: they go by their number. */
typedef struct label_list {
    const char *path;
    char *const *names;
    size_t count;
} label_list;

/*
 * For each object of `to` the object of `from` that is the same: where[i], to.count of them. By label where
 * both have labels, of which none repeats; else (and where the labels are the same, one after the other) by
 * position. Objects that the other file lacks are an error that names the first of each. COMMAND_OK, or the
 * exit status after complaining.
 */
int labels_match(const label_list *to, const label_list *from, size_t *where);

label_list labels_of(const char *path, const mds_table *table);

#endif
