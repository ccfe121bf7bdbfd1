#include "mdscale_checkpoint.h"

#include "file.h"
#include "mdscale_ranks.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

checkpoint_settings checkpoint_setting;

/* "30s", "5m", "1.5h", or a number of seconds. */
static bool parse_time(const char *text, double *seconds)
{
    static const struct {
        const char *unit;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};
    char *end;
    double number = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].unit) == 0) *seconds = number * units[i].seconds;
    return end != text && *seconds > 0 && *seconds <= 1e9;
}

int checkpoint_begin(checkpoint_file *file, double *seconds)
{
    const checkpoint_settings *s = &checkpoint_setting;
    fs_error error;
    fs_output *output;
    *seconds = 0;
    if (s->every && !s->path)
        return command_usage("--every says how often --checkpoint is written, which is not there");
    if (s->every && !parse_time(s->every, seconds))
        return command_usage("--every takes a time, such as 30s, 5m or 1h, not '%s'", s->every);
    if (s->resume && fs_file_read(s->resume, 0, &file->resumed, &file->resumed_bytes, &error) != FS_OK)
        return command_fail(&error);
    if (!s->path || !ranks_first()) return COMMAND_OK;
    if (fs_output_open(s->path, &output, &error) != FS_OK) return command_fail(&error);
    bool whole = fs_output_replaces(output);
    fs_output_discard(output);
    if (!whole) return command_usage("--checkpoint takes a file, which %s is not", s->path);
    return COMMAND_OK;
}

bool checkpoint_write(checkpoint_file *file, const void *bytes, size_t count)
{
    fs_output *output;
    fs_status status = fs_output_open(checkpoint_setting.path, &output, &file->error);
    if (!status) {
        fs_output_write(output, bytes, count);
        status = fs_output_commit(output, &file->error);
    }
    if (status)
        file->failed++;
    else
        file->written++;
    return file->written > 0;
}

int checkpoint_end(checkpoint_file *file)
{
    fs_free(file->resumed);
    file->resumed = NULL;
    if (file->failed == 0) return COMMAND_OK;
    if (file->written == 0) return command_fail(&file->error);
    command_complain("%u of %u checkpoints could not be written: %s", file->failed,
                     file->failed + file->written, file->error.message);
    return COMMAND_OK;
}
