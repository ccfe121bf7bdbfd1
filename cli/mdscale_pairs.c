/* From a long list of pairs to a problem of sparse pairs: nothing is as large as n^2. */
#include "mdscale_input.h"

#include "text.h"

#include <math.h>
#include <stdio.h>

static const char *name_of(const input_data *data, size_t i)
{
    return data->table.labels[i]; /* a list always has them */
}

static int check_values(const char *path, const input_data *data)
{
    double largest = 0;
    for (size_t k = 0; k < data->pair_count; k++) {
        const mds_pair *pair = &data->pairs[k];
        largest = fmax(largest, pair->delta);
        if (pair->delta >= 0) continue;
        command_complain("%s: the pair of %.60s and %.60s is %g; dissimilarities are not below 0", path,
                         name_of(data, pair->i), name_of(data, pair->j), pair->delta);
        return COMMAND_FAILED;
    }
    if (largest == 0 && !input.quiet)
        command_complain("%s: all dissimilarities are zero: every object stands in the same place", path);
    return COMMAND_OK;
}

/* The object that stands for all that are joined to object i; ways there are halved on the way. */
static uint32_t root_of(uint32_t *parent, uint32_t i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

/* The library would say so by number. */
static int check_joined(const char *path, const input_data *data)
{
    size_t n = data->n, parts = n, apart = 0;
    uint32_t *parent = fs_alloc(n, sizeof *parent);
    if (!parent) return command_fail_memory();
    for (size_t i = 0; i < n; i++) parent[i] = (uint32_t)i;
    for (size_t k = 0; k < data->pair_count; k++) {
        uint32_t a = root_of(parent, (uint32_t)data->pairs[k].i),
                 b = root_of(parent, (uint32_t)data->pairs[k].j);
        if (a == b) continue;
        parent[a > b ? a : b] = a > b ? b : a;
        parts--;
    }
    while (apart + 1 < n && root_of(parent, (uint32_t)apart) == 0) apart++;
    fs_free(parent);
    if (parts == 1) return COMMAND_OK;
    command_complain(
        "%s: the pairs leave %zu parts of the objects unconnected: no chain of pairs joins %.60s to "
        "%.60s. Fit the parts by themselves, or add pairs between them",
        path, parts, name_of(data, apart), name_of(data, 0));
    return COMMAND_FAILED;
}

int input_take_pairs(const char *path, input_data *data)
{
    mds_table *t = &data->table;
    data->n = t->rows;
    data->pair_count = t->pair_count;
    data->pairs = fs_alloc(t->pair_count, sizeof *data->pairs);
    if (!data->pairs) return command_fail_memory();
    for (size_t k = 0; k < t->pair_count; k++)
        data->pairs[k] =
            (mds_pair){.i = t->pairs[k].from, .j = t->pairs[k].to, .delta = t->pairs[k].value, .weight = 1};
    fs_free(t->pairs);
    t->pairs = NULL;
    t->pair_count = 0;
    char objects[FS_NUMBER_SIZE], pairs[FS_NUMBER_SIZE];
    fs_number_grouped(data->n, objects);
    fs_number_grouped(data->pair_count, pairs);
    snprintf(data->taken, sizeof data->taken, "%s pairs of %s objects (%s), %s", pairs, objects, t->form,
             t->labelled);
    input_tell_notes(path, t);
    int status = input_check_names(path, data);
    if (status == COMMAND_OK) status = check_values(path, data);
    return status == COMMAND_OK ? check_joined(path, data) : status;
}
