#include "table.h"

#include "memory_limit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

fs_status mds_table_reserve(mds_table *table, size_t more, fs_error *error)
{
    size_t need;
    if (!fs_size_add(table->count, more, &need)) return fs_fail_memory(error, "reading a table", 0);
    if (need > table->capacity) {
        double grown = (double)(need - table->capacity) * sizeof *table->values;
        fs_status status =
            fs_memory_check(grown, "a table of as many numbers as have been read", 0, 1, error);
        if (status) return status;
    }
    if (!FS_GROW(table->values, table->capacity, need))
        return fs_fail_memory(error, "reading a table", table->count * sizeof(double));
    return FS_OK;
}

void mds_table_add_note(mds_table *table, mds_table_hint hint, const char *format, ...)
{
    if (table->note_count == MDS_TABLE_NOTES) return;
    mds_table_note *note = &table->notes[table->note_count++];
    note->hint = hint;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(note->text, sizeof note->text, format, arguments);
    va_end(arguments);
    for (const mds_table_note *other = table->notes; other < note; other++)
        if (strcmp(other->text, note->text) == 0) { /* two formats have looked at the same lines */
            table->note_count--;
            return;
        }
}

void mds_table_drop_notes(mds_table *table, mds_table_hint hint)
{
    size_t kept = 0;
    for (size_t k = 0; k < table->note_count; k++)
        if (table->notes[k].hint != hint) table->notes[kept++] = table->notes[k];
    table->note_count = kept;
}

void mds_table_fini(mds_table *table)
{
    fs_free(table->values);
    fs_free(table->pairs);
    fs_free(table->labels);
    fs_free(table->groups);
    fs_arena_fini(&table->names_arena);
    *table = (mds_table){.hint = table->hint};
}
