#include "table_read.h"

#include "file.h"
#include "table_formats.h"
#include "text_sample.h"

/* In the order in which they are asked. */
static const mds_table_format *const formats[] = {&mds_table_npy, &mds_table_npz, &mds_table_counted,
                                                  &mds_table_pairs, &mds_table_csv};

static fs_status read_format(mds_byte_source *source, mds_table *table, fs_error *error)
{
    bool begun = false;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const mds_table_format *format = formats[i];
        fs_status status = FS_OK;
        bool yes = true;
        if (format->text && !begun) status = mds_text_begin(source, error);
        begun = format->text;
        if (status == FS_OK && format->looks_like) status = format->looks_like(source, table, &yes, error);
        if (status) return status;
        if (yes) return format->read(source, table, error);
    }
    return FS_OK; /* the last format takes everything */
}

static fs_status read_values(const char *path, const mds_read_options *options, mds_table *table,
                             fs_error *error)
{
    fs_input *input = NULL;
    mds_byte_source source = {0};
    fs_status status = fs_input_open(path, &input, error);
    if (status) return status;
    fs_input_max_unpacked(input, options->max_unpacked);
    status = mds_byte_source_init(&source, input, options, error);
    while (status == FS_OK && !source.at_end && source.end - source.start < MDS_TABLE_MAGIC)
        status = mds_byte_source_fill(&source, error);
    if (status) goto cleanup;
    if (source.end == source.start)
        status = fs_fail(error, FS_DATA, "%s is empty", fs_input_name(input));
    else
        status = read_format(&source, table, error);
cleanup:
    mds_byte_source_fini(&source);
    fs_input_close(input);
    return status;
}

fs_status mds_table_read(const char *path, const mds_read_options *options, mds_table *table, fs_error *error)
{
    *table = (mds_table){0};
    fs_arena_init(&table->names_arena);
    fs_status status = read_values(path, options, table, error);
    if (status == FS_OK && options->layout == MDS_LAYOUT_CONDENSED) table->layout = MDS_LAYOUT_CONDENSED;
    if (status) mds_table_fini(table);
    return status;
}
