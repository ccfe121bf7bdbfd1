#include "plan_reader.h"

#include "text.h"
#include "words.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MOST = 80, RUNGS_MOST = 200 };

static const char *const rung_keys[] = {"name",   "command",   "note",        "job",     "runs",
                                        "warmup", "shell",     "time_limit",  "profile", "sources",
                                        "values", "directory", "environment", NULL};

/* The name with what a file name should not have taken out, and a number when another rung has it or the
 * report, whose page is index.html. */
static fs_status make_slug(flame_plan_reader *reader, const char *name, size_t index, const char **out)
{
    fs_text slug;
    fs_text_init(&slug);
    for (const char *c = name; *c; c++) {
        char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        bool keep = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
        if (keep)
            fs_text_char(&slug, lower);
        else if (slug.length && slug.data[slug.length - 1] != '-')
            fs_text_char(&slug, '-');
    }
    while (slug.length && slug.data[slug.length - 1] == '-') slug.data[--slug.length] = '\0';
    if (slug.length == 0) fs_text_add(&slug, "rung");
    size_t stem = slug.length;
    for (int number = 2;; number++) {
        bool taken = strcmp(fs_text_string(&slug), "index") == 0;
        for (size_t i = 0; i < index && !taken; i++)
            taken = strcmp(reader->plan->rungs[i].slug, fs_text_string(&slug)) == 0;
        if (!taken) break;
        slug.length = stem;
        fs_text_format(&slug, "-%d", number);
    }
    *out = slug.failed ? NULL : fs_arena_strndup(&reader->plan->arena, fs_text_string(&slug), slug.length);
    fs_text_fini(&slug);
    return *out ? FS_OK : flame_plan_memory(reader);
}

static fs_status read_name(flame_plan_reader *reader, const cJSON *node, size_t index)
{
    flame_rung_plan *rung = &reader->plan->rungs[index];
    const cJSON *name = flame_plan_get(node, "name");
    if (!name) return FLAME_PLAN_FAIL(reader, node, "this rung has no \"name\"");
    fs_status status = flame_plan_string(reader, node, "name", &rung->name);
    if (status != FS_OK) return status;
    size_t length = strlen(rung->name);
    if (length == 0 || length > NAME_MOST)
        return FLAME_PLAN_FAIL(reader, name, "a rung's name has 1 to %d bytes, not %zu", NAME_MOST, length);
    for (const char *c = rung->name; *c; c++)
        if ((unsigned char)*c < ' ')
            return FLAME_PLAN_FAIL(reader, name, "a rung's name is one line without control characters");
    for (size_t i = 0; i < index; i++)
        if (strcmp(reader->plan->rungs[i].name, rung->name) == 0)
            return FLAME_PLAN_FAIL(
                reader, name, "two rungs have the name \"%s\" (rung %zu and rung %zu); each needs its own",
                rung->name, i + 1, index + 1);
    return make_slug(reader, rung->name, index, &rung->slug);
}

static fs_status read_profile(flame_plan_reader *reader, const cJSON *object, flame_profile_kind *out)
{
    static const char *const words[] = {"auto", "python", "native"};
    static const flame_profile_kind kinds[] = {FLAME_PROFILE_AUTO, FLAME_PROFILE_PYTHON,
                                               FLAME_PROFILE_NATIVE};
    const cJSON *node = flame_plan_get(object, "profile");
    if (!node) return FS_OK;
    if (cJSON_IsBool(node)) {
        *out = cJSON_IsTrue(node) ? FLAME_PROFILE_AUTO : FLAME_PROFILE_OFF;
        return FS_OK;
    }
    for (size_t i = 0; cJSON_IsString(node) && i < 3; i++) {
        if (strcmp(node->valuestring, words[i]) != 0) continue;
        *out = kinds[i];
        return FS_OK;
    }
    return FLAME_PLAN_FAIL(reader, node, "\"profile\" is true, false, \"python\", \"native\" or \"auto\"");
}

static fs_status read_directory(flame_plan_reader *reader, const cJSON *object,
                                const flame_pairs_list *values, const char **directory)
{
    const char *given = NULL;
    fs_status status = flame_plan_string(reader, object, "directory", &given);
    if (status != FS_OK || !given) return status;
    status = flame_plan_fill(reader, values, given, &given);
    if (status != FS_OK) return status;
    *directory = flame_path_join(reader->directory, given, &reader->plan->arena);
    if (!*directory) return flame_plan_memory(reader);
    struct stat info;
    if (stat(*directory, &info) != 0 || !S_ISDIR(info.st_mode))
        return FLAME_PLAN_FAIL(reader, flame_plan_get(object, "directory"), "there is no directory '%s'",
                               *directory);
    return FS_OK;
}

static fs_status read_sources(flame_plan_reader *reader, const cJSON *object, const flame_pairs_list *values,
                              flame_rung_plan *rung)
{
    fs_status status = flame_plan_strings(reader, object, "sources", &rung->sources, &rung->source_count);
    for (size_t i = 0; i < rung->source_count && status == FS_OK; i++) {
        status = flame_plan_fill(reader, values, rung->sources[i], &rung->sources[i]);
        if (status != FS_OK) break;
        const char *path = flame_path_join(rung->directory, rung->sources[i], &reader->plan->arena);
        if (!path) return flame_plan_memory(reader);
        if (access(path, R_OK) != 0)
            return FLAME_PLAN_FAIL(reader, flame_plan_get(object, "sources"),
                                   "cannot read the source file '%s'", path);
    }
    return status;
}

/* What a rung may say for itself, and the plan (or its quick form) for all of them. */
static fs_status read_settings(flame_plan_reader *reader, const cJSON *object, flame_rung_plan *rung)
{
    fs_status status = flame_plan_count(reader, object, "runs", 1, 1000, &rung->runs);
    if (status == FS_OK) status = flame_plan_count(reader, object, "warmup", 0, 100, &rung->warmup);
    if (status == FS_OK)
        status = flame_plan_number(reader, object, "time_limit", 0.01, 1e6, &rung->time_limit);
    if (status == FS_OK) status = flame_plan_pairs(reader, object, "environment", true, &rung->environment);
    if (status == FS_OK) status = read_profile(reader, object, &rung->profile);
    return status;
}

static fs_status read_rung(flame_plan_reader *reader, const cJSON *top, const cJSON *node, size_t index)
{
    flame_plan *plan = reader->plan;
    flame_rung_plan *rung = &plan->rungs[index];
    fs_status status = flame_plan_keys(reader, node, "a rung", rung_keys);
    if (status != FS_OK) return status;
    *rung = (flame_rung_plan){.job = "", .warmup = 1, .time_limit = 600, .directory = reader->directory};
    status = read_name(reader, node, index);
    if (status == FS_OK) status = flame_plan_string(reader, node, "note", &rung->note);
    if (status == FS_OK) status = flame_plan_string(reader, node, "job", &rung->job);

    /* From the general to the particular; the quick form has the last word. */
    if (status == FS_OK) status = read_settings(reader, top, rung);
    if (status == FS_OK) status = read_settings(reader, node, rung);
    if (status == FS_OK && reader->quick) status = read_settings(reader, reader->quick, rung);

    flame_pairs_list values = {0};
    for (size_t i = 0; i < reader->values.count && status == FS_OK; i++)
        status = flame_plan_pair(reader, &values, reader->values.names[i], reader->values.values[i]);
    if (status == FS_OK) status = flame_plan_pairs(reader, node, "values", false, &values);
    if (status == FS_OK) status = flame_plan_pair(reader, &values, "rung", rung->slug);
    if (status == FS_OK && rung->note) status = flame_plan_fill(reader, &values, rung->note, &rung->note);
    if (status == FS_OK) status = flame_plan_fill(reader, &values, rung->job, &rung->job);
    if (status != FS_OK) return status;
    status = read_directory(reader, top, &values, &rung->directory);
    if (status == FS_OK) status = read_directory(reader, node, &values, &rung->directory);
    if (status == FS_OK) status = read_sources(reader, node, &values, rung);
    if (status != FS_OK) return status;

    const cJSON *shell = flame_plan_get(node, "shell");
    if (shell && !cJSON_IsBool(shell))
        return FLAME_PLAN_FAIL(reader, shell, "\"shell\" is true or false, not %s", flame_json_kind(shell));
    const cJSON *command = flame_plan_get(node, "command");
    if (!command) return FLAME_PLAN_FAIL(reader, node, "rung \"%s\" has no \"command\"", rung->name);
    status = flame_plan_command(reader, command, cJSON_IsTrue(shell), &values, &rung->words);
    if (status != FS_OK) return status;
    rung->command = cJSON_IsTrue(shell) ? rung->words[2] : flame_words_join(rung->words, &plan->arena);
    return rung->command ? FS_OK : flame_plan_memory(reader);
}

fs_status flame_plan_read_rungs(flame_plan_reader *reader, const cJSON *top, const cJSON *list)
{
    flame_plan *plan = reader->plan;
    if (!list)
        return FLAME_PLAN_FAIL(reader, top, "the plan has no \"rungs\": the list of commands to compare");
    if (!cJSON_IsArray(list))
        return FLAME_PLAN_FAIL(reader, list, "\"rungs\" is a list in brackets, not %s",
                               flame_json_kind(list));
    size_t count = (size_t)cJSON_GetArraySize(list);
    if (count == 0) return FLAME_PLAN_FAIL(reader, list, "\"rungs\" is empty; a ladder needs at least one");
    if (count > RUNGS_MOST)
        return FLAME_PLAN_FAIL(reader, list, "%zu rungs are too many; %d at most", count, RUNGS_MOST);
    plan->rungs = fs_arena_alloc(&plan->arena, count, sizeof *plan->rungs);
    if (!plan->rungs) return flame_plan_memory(reader);
    for (const cJSON *node = list->child; node; node = node->next) {
        fs_status status = read_rung(reader, top, node, plan->rung_count);
        if (status != FS_OK) return status;
        plan->rung_count++;
    }
    return FS_OK;
}
