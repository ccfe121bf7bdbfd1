#include "map_groups.h"

#include "memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct member {
    const char *name;
    size_t index;
    double number;
    bool numeric;
} member;

/* Numbers before words, by value; words by bytes; equal names in the order they came. */
static int compare_members(const void *left, const void *right)
{
    const member *a = left, *b = right;
    if (a->numeric != b->numeric) return a->numeric ? -1 : 1;
    if (a->numeric && a->number != b->number) return a->number < b->number ? -1 : 1;
    int order = strcmp(a->name, b->name);
    return order ? order : (a->index > b->index) - (a->index < b->index);
}

fs_status mds_groups_init(mds_groups *groups, const char *const *names, size_t n, fs_error *error)
{
    *groups = (mds_groups){0};
    member *members = fs_alloc(n, sizeof *members);
    groups->names = fs_alloc(n, sizeof *groups->names);
    groups->sizes = fs_alloc_0(n, sizeof *groups->sizes);
    groups->of = fs_alloc(n, sizeof *groups->of);
    if (!members || !groups->names || !groups->sizes || !groups->of) {
        fs_free(members);
        mds_groups_fini(groups);
        return fs_fail_memory(error, "grouping the objects", n * sizeof *members);
    }
    for (size_t i = 0; i < n; i++) {
        char *end;
        double number = strtod(names[i], &end);
        members[i] = (member){.name = names[i], .index = i};
        members[i].numeric = end != names[i] && *end == '\0' && number == number;
        members[i].number = members[i].numeric ? number : 0;
    }
    qsort(members, n, sizeof *members, compare_members);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(members[i].name, members[i - 1].name) != 0)
            groups->names[groups->count++] = members[i].name;
        groups->of[members[i].index] = groups->count - 1;
        groups->sizes[groups->count - 1]++;
    }
    fs_free(members);
    return FS_OK;
}

void mds_groups_fini(mds_groups *groups)
{
    fs_free(groups->names);
    fs_free(groups->sizes);
    fs_free(groups->of);
    *groups = (mds_groups){0};
}
