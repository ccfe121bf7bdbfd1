/*
 * name_change.h - names that are changed while stacks are read, so that those that become equal merge.
 */
#ifndef FLAME_NAME_CHANGE_H
#define FLAME_NAME_CHANGE_H

#include "text.h"
#include "tree.h"

typedef struct flame_name_options {
    bool demangle;            /* what C++ and Rust made of names is undone (demangle.h) */
    bool shorten;             /* short_name.h; files by their last part */
    const char *const *merge; /* regular expressions (PCRE2): what matches is shown as the expression */
    size_t merge_count;
} flame_name_options;

typedef struct flame_name_change flame_name_change;

/* NULL in *change when nothing is asked for. FS_ARGUMENT when a regular expression is none; the message says
 * where. Destroy it after the tree no longer uses it; destroy(NULL) is legal. */
FS_CHECK fs_status flame_name_change_create(const flame_name_options *options, flame_name_change **change,
                                            fs_error *error);
void flame_name_change_destroy(flame_name_change *change);

/* The new name, in `out`, which is cleared: a flame_rename (tree.h) whose context is the change. */
FS_CHECK fs_status flame_name_change_apply(void *change, const char *name, size_t length, struct fs_text *out,
                                           fs_error *error);

#endif
