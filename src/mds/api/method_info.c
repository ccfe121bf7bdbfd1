/* The table of methods as the public header shows it. */
#include "method.h"

/* The row of a method that a caller got from here; NULL for anything else. */
static const mds_method *row_of(const mds_method_info *info)
{
    for (size_t i = 0; mds_method_row(i); i++)
        if (&mds_method_row(i)->info == info) return mds_method_row(i);
    return NULL;
}

const mds_method_info *mds_method_at(size_t index)
{
    const mds_method *method = mds_method_row(index);
    return method ? &method->info : NULL;
}

const mds_method_info *mds_method_find(const char *name)
{
    const mds_method *method = mds_method_named(name);
    return method ? &method->info : NULL;
}

const mds_option_info *mds_method_option(const mds_method_info *info, size_t index)
{
    const mds_method *method = row_of(info);
    return method && index < method->options_count ? &method->options[index] : NULL;
}

const mds_option_info *mds_method_statistic(const mds_method_info *info, size_t index)
{
    const mds_method *method = row_of(info);
    return method && index < method->statistics_count ? &method->statistics[index] : NULL;
}

const mds_method_info *mds_method_auto(size_t n, size_t p)
{
    (void)n, (void)p;
    return &mds_method_named(NULL)->info;
}
