/*
 * pair_list.h - pairs of named objects with a value each, and the square matrix they make.
 */
#ifndef MDS_PAIR_LIST_H
#define MDS_PAIR_LIST_H

#include "hash_map.h"
#include "table.h"

/* All zero is an empty list. */
typedef struct mds_pair_list {
    mds_table_pair *pairs; /* objects by first appearance; NaN: missing */
    size_t count, capacity;
    struct mds_pair_name {
        const char *text; /* in the arena */
        size_t length;
        bool doubled; /* "" stands for " */
    } * names;
    size_t name_count, name_capacity;
    fs_map map;
    uint32_t last[2]; /* the objects of the pair before: most often they or their next come again */
} mds_pair_list;

void mds_pair_list_fini(mds_pair_list *list);

/* The object named so, new or not; `side` 0: from, 1: to. UINT32_MAX: no memory. Cost: O(1). */
uint32_t mds_pair_object(mds_pair_list *list, unsigned side, const char *text, size_t length, bool doubled,
                         fs_arena *arena);
FS_CHECK fs_status mds_pair_add(mds_pair_list *list, uint32_t from, uint32_t to, double value,
                                fs_error *error);

/* Whether all names are whole numbers without leading zeros; and whether all are numbers of any kind. */
bool mds_pair_list_numbered(const mds_pair_list *list);
bool mds_pair_list_numeric(const mds_pair_list *list);

/* What the pairs are like, as far as they are known. */
typedef struct mds_pair_facts {
    size_t different; /* unordered pairs of two objects */
    bool once;        /* none was given twice with different values, in either direction */
    bool own_zero;    /* an object's with itself is 0 or missing */
    bool ordered;     /* in the order of a matrix, by rows or columns */
    bool joined;      /* some object stands on both sides */
} mds_pair_facts;
FS_CHECK fs_status mds_pair_list_facts(const mds_pair_list *list, mds_pair_facts *facts, fs_error *error);

/*
 * Fill the empty parts of `table` with the square, in both directions where one was given, and the names as
 * labels; numbered objects are put in the order of their numbers. Pairs that were not given are missing.
 * `name` is the file's. Errors: FS_DATA (a pair given twice with different values), FS_MEMORY.
 */
FS_CHECK fs_status mds_pair_list_square(const mds_pair_list *list, const char *name, mds_table *table,
                                        fs_error *error);

/*
 * Instead: hand the pairs themselves to the table, each once (from < to) and in the order of a matrix,
 * without those that are missing and those of an object and itself; memory: 16 bytes a pair, as many while
 * they are ordered. What is given in both directions may differ by rounding, and with `means` by anything;
 * then it is the mean. Errors: as above, and FS_DATA where the directions differ, or an object's own value is
 * not 0. The list is empty afterwards but for its names.
 */
FS_CHECK fs_status mds_pair_list_keep(mds_pair_list *list, const char *name, bool means, mds_table *table,
                                      fs_error *error);

#endif
