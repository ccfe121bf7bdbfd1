#include "table.h"

fs_status mds_table_reserve(mds_table *table, size_t more, fs_error *error)
{
    size_t need;
    if (!fs_size_add(table->count, more, &need) || !FS_GROW(table->values, table->capacity, need))
        return fs_fail_memory(error, "reading a table", table->count * sizeof(double));
    return FS_OK;
}

void mds_table_fini(mds_table *table)
{
    fs_free(table->values);
    fs_free(table->labels);
    fs_free(table->groups);
    fs_arena_fini(&table->names_arena);
    *table = (mds_table){.hint = table->hint};
}
