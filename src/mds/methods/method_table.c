#include "method.h"

#include "classical.h"
#include "lbfgs.h"
#include "pattern.h"
#include "sgd.h"
#include "smacof.h"
#include "unidimensional.h"

#include <string.h>

static const mds_method automatic = {
    .info = {.size = sizeof(mds_method_info),
             .name = "auto",
             .title = "the method that suits the problem",
             .summary = "Chooses by the number of objects and dimensions; so far always pattern.",
             .abilities = MDS_ABILITY_WEIGHTS | MDS_ABILITY_MISSING,
             .losses = 1u << MDS_LOSS_SQUARED | 1u << MDS_LOSS_ABSOLUTE,
             .levels = 1u << MDS_LEVEL_RATIO,
             .starts = 1u << MDS_START_DEFAULT | 1u << MDS_START_RANDOM | 1u << MDS_START_GIVEN |
                       1u << MDS_START_CLASSICAL,
             .iteration = "iteration",
             .step = "step",
             .tolerance_help = "What the method that runs says.",
             .stop_help = "the method's own criterion was met"},
};

static const mds_method *const table[] = {
    &automatic,      &mds_classical_method, &mds_smacof_method,        &mds_lbfgs_method,
    &mds_sgd_method, &mds_pattern_method,   &mds_unidimensional_method};

const mds_method *mds_method_row(size_t index)
{
    return index < sizeof table / sizeof *table ? table[index] : NULL;
}

const mds_method *mds_method_named(const char *name)
{
    if (!name) return &automatic;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->info.name, name) == 0) return table[i];
    return NULL;
}

const mds_method *mds_method_choose(size_t n, size_t p)
{
    (void)n;
    (void)p;
    return &mds_pattern_method;
}
