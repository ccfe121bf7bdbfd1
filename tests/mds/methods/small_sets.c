#include "small_sets.h"

#include "dissimilarity.h"
#include "published_sets.h"
#include "table_read.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    double best;
} files[] = {{"us_cities_road", 0.0139912091},
             {"us_cities_air", 0.0016893011},
             {"ekman", 0.1311992636},
             {"eurodist", 0.0721612825}};

enum { FILES = sizeof files / sizeof *files };

static bool load_file(size_t index, small_set *set)
{
    char path[1000];
    mds_table table;
    mds_read_options read = {.layout = MDS_LAYOUT_AUTO};
    fs_error error;
    snprintf(path, sizeof path, FLAMESCALE_DATA "/%s.csv", files[index].name);
    if (mds_table_read(path, &read, &table, &error) != FS_OK ||
        mds_table_to_square(&table, path, 0, &error) != FS_OK || table.rows > SMALL_SET_MOST) {
        fprintf(stderr, "%s\n", error.message);
        return false;
    }
    set->name = files[index].name;
    set->best = files[index].best;
    set->problem.n = table.rows;
    memcpy(set->delta, table.values, table.rows * table.rows * sizeof *set->delta);
    mds_table_fini(&table);
    return true;
}

static void load_published(const struct published_set *from, small_set *set)
{
    size_t n = from->n, at = 0;
    set->name = from->name;
    set->best = from->best;
    set->problem.n = n;
    for (size_t i = 0; i < n; i++) {
        set->delta[i * n + i] = 0;
        for (size_t j = 0; j < i; j++) set->delta[i * n + j] = set->delta[j * n + i] = from->triangle[at++];
    }
}

size_t small_sets_count(void)
{
    return FILES + PUBLISHED_SETS;
}

bool small_set_load(size_t index, small_set *set)
{
    set->problem = (mds_problem){.size = sizeof set->problem, .delta = set->delta};
    if (index < FILES && !load_file(index, set)) return false;
    if (index >= FILES) load_published(&published_sets[index - FILES], set);
    set->problem.ld = set->problem.n;
    return true;
}
