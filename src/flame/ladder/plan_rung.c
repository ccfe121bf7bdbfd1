#include "plan_reader.h"

#include "text.h"
#include "words.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_MOST = 80, RUNGS_MOST = 200 };

static const char *const rung_keys[] = {"name",   "command",   "note",        "job",     "runs",
                                        "warmup", "shell",     "time_limit",  "profile", "sources",
                                        "values", "directory", "environment", "answer",  NULL};

/* The name with what a file name should not have taken out, and a number when another rung has it or the
 * report, whose page is index.html. */
static const char *make_slug(flame_plan_reader *reader, const char *name, size_t index)
{
    fs_text slug;
    fs_text_init(&slug);
    for (const char *c = name; *c; c++) {
        char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        bool kept = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
        if (kept)
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
    return flame_fields_keep(&reader->fields, flame_text_keep(&slug, reader->fields.arena));
}

static void read_name(flame_plan_reader *reader, const cJSON *node, size_t index)
{
    flame_fields *fields = &reader->fields;
    flame_rung_plan *rung = &reader->plan->rungs[index];
    const cJSON *name = flame_field(node, "name");
    if (!name) flame_fields_fail(fields, node, "this rung has no \"name\"");
    rung->name = flame_field_string(fields, node, "name", "");
    if (fields->status != FS_OK) return;
    size_t length = strlen(rung->name);
    if (length == 0 || length > NAME_MOST)
        flame_fields_fail(fields, name, "a rung's name has 1 to %d bytes, not %zu", NAME_MOST, length);
    for (const char *c = rung->name; *c; c++)
        if ((unsigned char)*c < ' ')
            flame_fields_fail(fields, name, "a rung's name is one line without control characters");
    for (size_t i = 0; i < index; i++)
        if (strcmp(reader->plan->rungs[i].name, rung->name) == 0)
            flame_fields_fail(fields, name,
                              "two rungs have the name \"%s\" (rung %zu and rung %zu); each needs its own",
                              rung->name, i + 1, index + 1);
    rung->slug = make_slug(reader, rung->name, index);
}

static flame_profile_kind read_profile(flame_fields *fields, const cJSON *object,
                                       flame_profile_kind otherwise)
{
    static const struct {
        const char *word;
        flame_profile_kind kind;
    } words[] = {
        {"auto", FLAME_PROFILE_AUTO}, {"python", FLAME_PROFILE_PYTHON}, {"native", FLAME_PROFILE_NATIVE}};
    const cJSON *node = flame_field(object, "profile");
    if (!node) return otherwise;
    if (cJSON_IsBool(node)) return cJSON_IsTrue(node) ? FLAME_PROFILE_AUTO : FLAME_PROFILE_OFF;
    for (size_t i = 0; cJSON_IsString(node) && i < sizeof words / sizeof *words; i++)
        if (strcmp(node->valuestring, words[i].word) == 0) return words[i].kind;
    flame_fields_fail(fields, node, "\"profile\" is true, false, \"python\", \"native\" or \"auto\"");
    return otherwise;
}

static void read_directory(flame_plan_reader *reader, const cJSON *object, const flame_pairs_list *values,
                           const char **directory)
{
    flame_fields *fields = &reader->fields;
    const char *given = flame_field_string(fields, object, "directory", NULL);
    given = flame_plan_fill(reader, values, given);
    if (!given) return;
    *directory = flame_fields_keep(fields, flame_path_join(reader->directory, given, fields->arena));
    struct stat info;
    if (stat(*directory, &info) != 0 || !S_ISDIR(info.st_mode))
        flame_fields_fail(fields, flame_field(object, "directory"), "there is no directory '%s'", *directory);
}

static void read_sources(flame_plan_reader *reader, const cJSON *object, const flame_pairs_list *values,
                         flame_rung_plan *rung)
{
    flame_fields *fields = &reader->fields;
    flame_field_strings(fields, object, "sources", &rung->sources, &rung->source_count);
    for (size_t i = 0; i < rung->source_count && fields->status == FS_OK; i++) {
        rung->sources[i] = flame_plan_fill(reader, values, rung->sources[i]);
        const char *path =
            flame_fields_keep(fields, flame_path_join(rung->directory, rung->sources[i], fields->arena));
        if (access(path, R_OK) != 0)
            flame_fields_fail(fields, flame_field(object, "sources"), "cannot read the source file '%s'",
                              path);
    }
}

/* What a rung may say for itself, and the plan (or its quick form) for all of them. */
static void read_settings(flame_fields *fields, const cJSON *object, flame_rung_plan *rung)
{
    rung->runs = flame_field_count(fields, object, "runs", 1, 1000, rung->runs);
    rung->warmup = flame_field_count(fields, object, "warmup", 0, 100, rung->warmup);
    rung->time_limit = flame_field_number(fields, object, "time_limit", 0.01, 1e6, rung->time_limit);
    flame_field_pairs(fields, object, "environment", true, &rung->environment);
    rung->profile = read_profile(fields, object, rung->profile);
}

static void read_command(flame_plan_reader *reader, const cJSON *node, const flame_pairs_list *values,
                         flame_rung_plan *rung)
{
    flame_fields *fields = &reader->fields;
    const cJSON *shell = flame_field(node, "shell"), *command = flame_field(node, "command");
    if (shell && !cJSON_IsBool(shell))
        flame_fields_fail(fields, shell, "\"shell\" is true or false, not %s", flame_json_kind(shell));
    if (!command) {
        flame_fields_fail(fields, node, "rung \"%s\" has no \"command\"", rung->name);
        return;
    }
    rung->words = flame_plan_command(reader, command, cJSON_IsTrue(shell), values);
    if (!rung->words) return;
    rung->command = cJSON_IsTrue(shell)
                        ? rung->words[2]
                        : flame_fields_keep(fields, flame_words_join(rung->words, fields->arena));
}

/* The plan's rules, which stand first, unless the rung has some of its own. */
static void read_rung_answers(flame_plan_reader *reader, const cJSON *node, size_t index, size_t plan_count)
{
    flame_plan *plan = reader->plan;
    flame_rung_plan *rung = &plan->rungs[index];
    rung->answer_count = plan_count;
    const cJSON *own = flame_field(node, "answer");
    if (!own) return;
    rung->own_answer = true;
    rung->answer_first = plan->answer_count;
    flame_plan_read_answers(reader, node);
    rung->answer_count = plan->answer_count - rung->answer_first;
    for (size_t i = 0; i < index; i++)
        if (strcmp(plan->rungs[i].job, rung->job) == 0) return;
    flame_fields_fail_key(&reader->fields, own,
                          "the others are held against the first rung, so its \"answer\" is the plan's");
}

static void read_rung(flame_plan_reader *reader, const cJSON *top, const cJSON *node, size_t index,
                      size_t plan_answers)
{
    flame_fields *fields = &reader->fields;
    flame_rung_plan *rung = &reader->plan->rungs[index];
    *rung = (flame_rung_plan){.warmup = 1, .time_limit = 600, .directory = reader->directory};
    flame_fields_known(fields, node, "a rung", rung_keys);
    read_name(reader, node, index);
    if (fields->status != FS_OK) return;
    rung->note = flame_field_string(fields, node, "note", NULL);
    rung->job = flame_field_string(fields, node, "job", "");

    /* From the general to the particular; the quick form has the last word. */
    read_settings(fields, top, rung);
    read_settings(fields, node, rung);
    if (reader->quick) read_settings(fields, reader->quick, rung);

    flame_pairs_list values = {0};
    for (size_t i = 0; i < reader->values.count; i++)
        flame_fields_pair(fields, &values, reader->values.names[i], reader->values.values[i]);
    flame_field_pairs(fields, node, "values", false, &values);
    flame_fields_pair(fields, &values, "rung", rung->slug);
    rung->note = flame_plan_fill(reader, &values, rung->note);
    rung->job = flame_plan_fill(reader, &values, rung->job);
    read_directory(reader, top, &values, &rung->directory);
    read_directory(reader, node, &values, &rung->directory);
    read_sources(reader, node, &values, rung);
    read_command(reader, node, &values, rung);
    read_rung_answers(reader, node, index, plan_answers);
}

void flame_plan_read_rungs(flame_plan_reader *reader, const cJSON *top, const cJSON *list)
{
    flame_fields *fields = &reader->fields;
    flame_plan *plan = reader->plan;
    size_t count = (size_t)cJSON_GetArraySize(list);
    if (!list)
        flame_fields_fail(fields, top, "the plan has no \"rungs\": the list of commands to compare");
    else if (!cJSON_IsArray(list))
        flame_fields_fail(fields, list, "\"rungs\" is a list in brackets, not %s", flame_json_kind(list));
    else if (count == 0)
        flame_fields_fail(fields, list, "\"rungs\" is empty; a ladder needs at least one");
    else if (count > RUNGS_MOST)
        flame_fields_fail(fields, list, "%zu rungs are too many; %d at most", count, RUNGS_MOST);
    plan->rungs = flame_fields_alloc(fields, count, sizeof *plan->rungs);
    if (!plan->rungs || !list) return;
    size_t plan_answers = plan->answer_count;
    for (const cJSON *node = list->child; node && fields->status == FS_OK; node = node->next)
        read_rung(reader, top, node, plan->rung_count++, plan_answers);
}
