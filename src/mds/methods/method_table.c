#include "method.h"

#include "auto.h"
#include "classical.h"
#include "lbfgs.h"
#include "pattern.h"
#include "sgd.h"
#include "smacof.h"
#include "unidimensional.h"

#include <string.h>

static const mds_method *const table[] = {
    &mds_auto_method, &mds_classical_method, &mds_smacof_method,        &mds_lbfgs_method,
    &mds_sgd_method,  &mds_pattern_method,   &mds_unidimensional_method};

const mds_method *mds_method_row(size_t index)
{
    return index < sizeof table / sizeof *table ? table[index] : NULL;
}

const mds_method *mds_method_named(const char *name)
{
    if (!name) return &mds_auto_method;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->info.name, name) == 0) return table[i];
    return NULL;
}
