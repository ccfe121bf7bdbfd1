#include "flame_record_output.h"

#include "command.h"
#include "flame_watch.h"
#include "recording_output.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* {pid} and {time} in the name; false when it gets too long. */
static bool expand(const char *pattern, long long pid, uint64_t start, char out[PATH_MAX])
{
    char when[32];
    struct tm local;
    const time_t seconds = (time_t)(start / 1000000000u);
    size_t used = 0;
    if (!localtime_r(&seconds, &local) || !strftime(when, sizeof when, "%Y%m%d-%H%M%S", &local)) return false;
    while (*pattern) {
        char number[32], one[2] = {*pattern, '\0'};
        const char *put = one;
        size_t taken = 1;
        snprintf(number, sizeof number, "%lld", pid);
        if (strncmp(pattern, "{pid}", 5) == 0) {
            put = number;
            taken = 5;
        } else if (strncmp(pattern, "{time}", 6) == 0) {
            put = when;
            taken = 6;
        }
        if (used + strlen(put) >= PATH_MAX) return false;
        strcpy(out + used, put);
        used += strlen(put);
        pattern += taken;
    }
    out[used] = '\0';
    return true;
}

static int choose_append(record_output *wanted)
{
    if (wanted->path) return command_usage("give either --output or --append-to, not both");
    if (strcmp(wanted->append, "-") == 0) return command_usage("--append-to needs the name of a file");
    const bool folded = wanted->format_given ? wanted->form == FLAME_OUTPUT_FOLDED
                                             : flame_output_form_of(wanted->append) == FLAME_OUTPUT_FOLDED;
    if (!folded)
        return command_usage(
            "--append-to %s: only folded stacks can be added to; let it end in .folded, or say "
            "--format folded",
            wanted->append);
    wanted->form = FLAME_OUTPUT_FOLDED;
    wanted->path = wanted->append;
    return COMMAND_OK;
}

int record_output_choose(record_output *wanted, long long pid)
{
    static char expanded[PATH_MAX];
    wanted->named = wanted->path || wanted->append;
    wanted->start = (uint64_t)time(NULL) * 1000000000u;
    if (wanted->format_given) wanted->form = (flame_output_form)(FLAME_OUTPUT_SVG + wanted->format);
    if (wanted->append && choose_append(wanted) != COMMAND_OK) return COMMAND_USAGE;
    if (!wanted->path) {
        if (!wanted->format_given) wanted->form = FLAME_OUTPUT_SVG;
        snprintf(expanded, sizeof expanded, "flame-%lld%s", pid,
                 flame_output_format_of(wanted->form)->endings[0]);
        wanted->path = expanded;
        return COMMAND_OK;
    }
    if (!expand(wanted->path, pid, wanted->start, expanded))
        return command_usage("the name of the output is too long: %s", wanted->path);
    wanted->path = expanded;
    if (!wanted->format_given && !wanted->append)
        wanted->form =
            strcmp(wanted->path, "-") == 0 ? FLAME_OUTPUT_FOLDED : flame_output_form_of(wanted->path);
    if (wanted->form != FLAME_OUTPUT_UNKNOWN) return COMMAND_OK;
    char endings[FLAME_ENDINGS_SIZE];
    return command_usage("-o %s: the ending chooses the form: %s (or say --format NAME)", wanted->path,
                         flame_output_endings(FLAME_OUTPUT_SVG, FLAME_OUTPUT_LAST_FILE, endings));
}

fs_status record_output_open(const record_output *wanted, fs_output **output, fs_error *error)
{
    if (wanted->append) return fs_output_open_append(wanted->path, output, error);
    return wanted->named ? fs_output_open(wanted->path, output, error)
                         : fs_output_open_new(wanted->path, output, error);
}

void record_output_counts(const flame_statistics *measured, char *text, size_t room)
{
    char samples[FS_NUMBER_SIZE], ticks[FS_NUMBER_SIZE];
    fs_number_grouped(measured->samples, samples);
    fs_number_grouped(measured->taken, ticks);
    snprintf(text, room, "%s samples for %s ticks", samples, ticks);
}

fs_status record_output_write(const record_output *wanted, const flame_recorder *recorder, fs_output *output,
                              fs_error *error)
{
    flame_layers layers = {.only = -1, .imports = wanted->imports};
    if (wanted->threads) layers.threads = wanted->split ? FLAME_LAYER_SHOW : FLAME_LAYER_HIDE;
    flame_tree *tree;
    flame_statistics measured;
    flame_recorder_statistics(recorder, &measured);
    const bool in_time = flame_output_format_of(wanted->form)->in_time;
    fs_status status = in_time ? flame_recorder_timeline(recorder, wanted->imports, &tree, error)
                               : flame_recorder_tree(recorder, &layers, &tree, error);
    if (status) return status;
    char counts[96], subtitle[200];
    record_output_counts(&measured, counts, sizeof counts);
    snprintf(subtitle, sizeof subtitle, "%s in %.1f s at %g Hz%s", counts, measured.seconds, measured.rate,
             watch_setting.gil    ? ", holders of the interpreter lock"
             : watch_setting.cpu  ? ", running threads"
             : watch_setting.idle ? ", sleeping threads too"
                                  : "");
    flame_recording_info info = {.title = wanted->title ? wanted->title : flame_recorder_title(recorder),
                                 .subtitle = subtitle,
                                 .note = counts,
                                 .period = 1e9 / measured.rate,
                                 .start = wanted->start,
                                 .threads = in_time};
    status = flame_recording_write(tree, wanted->form, &info, output, error);
    flame_tree_destroy(tree);
    return status;
}

void record_output_snapshot(const record_output *wanted, flame_recorder *recorder, const fs_output *output,
                            bool quiet)
{
    fs_error error;
    fs_output *now = NULL;
    flame_statistics measured;
    char counts[96];
    flame_recorder_statistics(recorder, &measured);
    record_output_counts(&measured, counts, sizeof counts);
    if (!fs_output_replaces(output)) {
        command_complain("SIGUSR1: only a file can be written before the end (-o FILE)");
        return;
    }
    if (!measured.taken) {
        command_complain("SIGUSR1: there is no sample yet, nothing was written");
        return;
    }
    flame_recorder_pause(recorder);
    fs_status status = record_output_open(wanted, &now, &error);
    if (!status) status = record_output_write(wanted, recorder, now, &error);
    if (!status) {
        status = fs_output_commit(now, &error);
        now = NULL;
    }
    fs_output_discard(now);
    if (status)
        command_fail(&error);
    else if (!quiet)
        command_complain("wrote %s: %s so far", wanted->path, counts);
}
