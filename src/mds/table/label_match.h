/*
 * label_match.h - which object of one file is which of another, by their labels.
 */
#ifndef MDS_LABEL_MATCH_H
#define MDS_LABEL_MATCH_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum mds_match_kind {
    MDS_MATCH_SAME,      /* the same labels in the same order, repeated or not */
    MDS_MATCH_ORDER,     /* the same, each once, in another order */
    MDS_MATCH_DIFFERENT, /* some that the other does not have */
    MDS_MATCH_REPEATED   /* another order, and a label that stands for several objects */
} mds_match_kind;

typedef struct mds_label_match {
    mds_match_kind kind;
    /* DIFFERENT: the first label of each that the other does not have; NULL: none. REPEATED: the first that
     * is repeated, in the one or the other. */
    const char *one, *other;
} mds_label_match;

/* Match `count` labels with `other_count`. order[i] (count of them) is which of the others label i is, when
 * the kind is SAME or ORDER. Cost: O(count + other_count). Errors: FS_MEMORY. */
FS_CHECK fs_status mds_labels_match(char *const *labels, size_t count, char *const *others,
                                    size_t other_count, size_t *order, mds_label_match *match,
                                    fs_error *error);

/* The hash of a label, for maps of them. */
uint64_t mds_label_hash(const char *text, size_t length);

/* Whether the labels are 0, 1, 2, ... or 1, 2, 3, ...: numbers that programs give to what has no name. */
bool mds_labels_count(char *const *labels, size_t count);

#endif
