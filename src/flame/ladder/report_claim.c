/* Which files a report may write: none that is somebody else's. */
#include "report.h"

#include "file.h"
#include "words.h"

#include <string.h>
#include <sys/stat.h>

const char *flame_report_results(const char *directory, fs_arena *arena)
{
    return flame_path_join(directory, "ladder.json", arena);
}

/* ---- names ---- */

static void add_own_names(fs_text *names)
{
    fs_text_add(names, "ladder.json\nladder.md\nindex.html\n");
}

/* As flame_answer_file names the answers. */
static void add_rung_names(const char *slug, bool profile, size_t answers, fs_text *names)
{
    static const char *const endings[] = {".folded", ".svg", ".html"};
    for (size_t i = 0; profile && i < 3; i++) fs_text_format(names, "%s%s\n", slug, endings[i]);
    for (size_t i = 0; i < answers; i++) fs_text_format(names, "answers/%s-%zu.txt\n", slug, i + 1);
}

static bool has_name(const fs_text *names, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = fs_text_string(names); *at; at += strcspn(at, "\n") + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '\n') return true;
    return false;
}

/* The names that earlier reports have written into the directory. */
static fs_status names_so_far(const char *results, fs_text *names, fs_error *error)
{
    if (!flame_ladder_is_result(results)) return FS_OK;
    add_own_names(names);
    flame_ladder before;
    fs_error damaged;
    fs_status status = flame_ladder_read(results, &before, &damaged);
    if (status == FS_MEMORY) return fs_fail(error, status, "%s", damaged.message);
    if (status != FS_OK) return FS_OK;
    fs_text_add(names, before.files);
    /* Results of version 0.1 have no list. */
    for (size_t i = 0; i < before.rung_count && !before.files[0]; i++)
        add_rung_names(before.rungs[i].slug, true, before.rungs[i].answer_count, names);
    flame_ladder_fini(&before);
    return FS_OK;
}

/* ---- files ---- */

static fs_status check_name(const char *path, bool ours, const flame_report_input *inputs, size_t count,
                            fs_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (fs_output_same(path, inputs[i].path))
            return fs_fail(error, FS_ARGUMENT,
                           "the report would overwrite %s, '%s'; name another directory with -o",
                           inputs[i].what, inputs[i].path);
    struct stat info;
    if (!ours && lstat(path, &info) == 0)
        return fs_fail(error, FS_ARGUMENT,
                       "the report would overwrite '%s', which no climb has written; move it away, or name "
                       "another directory with -o",
                       path);
    return FS_OK;
}

/* The names that this report may write. */
static void add_names(const flame_ladder *ladder, const flame_plan *plan, bool profile, fs_text *names)
{
    add_own_names(names);
    for (size_t i = 0; i < plan->rung_count; i++) {
        const flame_rung_plan *rung = &plan->rungs[i];
        bool recorded = (profile && rung->profile != FLAME_PROFILE_OFF) || ladder->rungs[i].samples > 0;
        add_rung_names(rung->slug, recorded, plan->answer_count, names);
    }
}

fs_status flame_report_claim(flame_ladder *ladder, const flame_plan *plan, bool profile,
                             const char *directory, const flame_report_input *inputs, size_t count,
                             fs_error *error)
{
    fs_arena *arena = &ladder->arena;
    fs_text names, all; /* of this report; of earlier ones, then of both */
    fs_text_init(&names);
    fs_text_init(&all);
    add_names(ladder, plan, profile, &names);
    const char *results = flame_report_results(directory, arena);
    fs_status status = results ? names_so_far(results, &all, error) : FS_MEMORY;
    size_t length;
    for (const char *at = fs_text_string(&names); *at && status == FS_OK; at += length + 1) {
        length = strcspn(at, "\n");
        const char *name = fs_arena_strndup(arena, at, length);
        const char *path = name ? flame_path_join(directory, name, arena) : NULL;
        if (!path) {
            status = FS_MEMORY;
            break;
        }
        bool ours = has_name(&all, name);
        status = check_name(path, ours, inputs, count, error);
        if (!ours) fs_text_format(&all, "%s\n", name);
    }
    ladder->files = flame_text_keep(&all, arena);
    if (status == FS_MEMORY || names.failed || !ladder->files) {
        ladder->files = "";
        status = fs_fail_memory(error, "naming the files of the report", 0);
    }
    fs_text_fini(&names);
    return status;
}
