/* The files of a report. */
#include "report.h"

#include "file.h"
#include "words.h"

static fs_status write_markdown(const flame_ladder *ladder, const char *path, fs_error *error)
{
    fs_output *output = NULL;
    fs_text text;
    fs_text_init(&text);
    fs_status status = flame_report_markdown(ladder, &text, error);
    if (status == FS_OK) status = fs_output_open(path, &output, error);
    if (status == FS_OK) {
        fs_output_write(output, text.data, text.length);
        status = fs_output_commit(output, error);
    }
    fs_text_fini(&text);
    return status;
}

fs_status flame_report_write(const flame_ladder *ladder, const flame_plan *plan, const char *directory,
                             fs_error *error)
{
    (void)plan;
    fs_arena arena;
    fs_arena_init(&arena);
    fs_status status = FS_OK;
    const char *json = flame_path_join(directory, "ladder.json", &arena);
    const char *markdown = flame_path_join(directory, "ladder.md", &arena);
    if (!json || !markdown) status = fs_fail_memory(error, "naming a file", 0);
    if (status == FS_OK) status = flame_ladder_write(ladder, json, error);
    if (status == FS_OK) status = write_markdown(ladder, markdown, error);
    fs_arena_fini(&arena);
    return status;
}
