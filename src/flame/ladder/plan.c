#include "plan.h"

#include "answer.h"
#include "file.h"
#include "plan_reader.h"
#include "text.h"

#include <string.h>

static const char *const plan_keys[] = {
    "title",    "note", "environment", "directory",  "values",  "prepare", "answer", "time",
    "versions", "runs", "warmup",      "time_limit", "profile", "quick",   "rungs",  NULL};
static const char *const quick_keys[] = {"values",     "environment", "runs", "warmup",
                                         "time_limit", "profile",     NULL};
static const char *const answer_keys[] = {"json", "regex", "file", "output", "tolerance", "absolute", NULL};

static fs_status read_answer(flame_plan_reader *reader, const cJSON *node, flame_answer_rule *rule)
{
    fs_status status = flame_plan_keys(reader, node, "an answer", answer_keys);
    if (status != FS_OK) return status;
    static const char *const kinds[] = {"json", "regex", "file", "output"};
    int found = 0;
    const cJSON *value = NULL;
    *rule = (flame_answer_rule){.tolerance = 1e-9, .absolute = 1e-12};
    rule->whole_exact = !flame_plan_get(node, "tolerance") && !flame_plan_get(node, "absolute");
    for (int kind = 0; kind < 4; kind++) {
        const cJSON *item = flame_plan_get(node, kinds[kind]);
        if (!item) continue;
        value = item;
        rule->kind = (flame_answer_kind)kind;
        found++;
    }
    if (found != 1)
        return FLAME_PLAN_FAIL(
            reader, node, "an answer has one of \"json\", \"regex\", \"file\" and \"output\"; this has %s",
            found == 0 ? "none" : "several (write a list of answers)");
    switch (rule->kind) {
    case FLAME_ANSWER_JSON:
        status = flame_plan_strings(reader, node, "json", &rule->keys, &rule->key_count);
        if (status == FS_OK && rule->key_count == 0)
            status =
                FLAME_PLAN_FAIL(reader, value, "\"json\" lists the keys that are the answer; it is empty");
        break;
    case FLAME_ANSWER_REGEX:
        status = flame_plan_string(reader, node, "regex", &rule->text);
        if (status == FS_OK) {
            fs_error why;
            if (flame_answer_pattern(rule->text, &why) != FS_OK)
                status = FLAME_PLAN_FAIL(reader, value, "%s", why.message);
        }
        break;
    case FLAME_ANSWER_FILE:
        status = flame_plan_string(reader, node, "file", &rule->text);
        if (status == FS_OK) status = flame_plan_fill(reader, &reader->values, rule->text, &rule->text);
        if (status == FS_OK && rule->text[0] == '\0')
            status =
                FLAME_PLAN_FAIL(reader, value, "\"file\" names the file that holds the answer; it is empty");
        break;
    case FLAME_ANSWER_OUTPUT:
        if (!cJSON_IsTrue(value))
            status = FLAME_PLAN_FAIL(reader, value, "\"output\" is true, or is left out");
        break;
    }
    if (status == FS_OK) status = flame_plan_number(reader, node, "tolerance", 0, 1, &rule->tolerance);
    if (status == FS_OK) status = flame_plan_number(reader, node, "absolute", 0, 1e300, &rule->absolute);
    return status;
}

static fs_status read_answers(flame_plan_reader *reader, const cJSON *node)
{
    if (!node) return FS_OK;
    flame_plan *plan = reader->plan;
    bool list = cJSON_IsArray(node);
    size_t count = list ? (size_t)cJSON_GetArraySize(node) : 1;
    if (count > FLAME_ANSWERS_MOST)
        return FLAME_PLAN_FAIL(reader, node, "%zu answers are too many; %d at most", count,
                               FLAME_ANSWERS_MOST);
    plan->answers = fs_arena_alloc(&plan->arena, count, sizeof *plan->answers);
    if (!plan->answers) return flame_plan_memory(reader);
    for (const cJSON *item = list ? node->child : node; item && plan->answer_count < count;
         item = item->next) {
        fs_status status = read_answer(reader, item, &plan->answers[plan->answer_count]);
        if (status != FS_OK) return status;
        plan->answer_count++;
    }
    return FS_OK;
}

/* A list of commands under `key`. */
static fs_status read_commands(flame_plan_reader *reader, const cJSON *top, const char *key,
                               const char ****out, size_t *count)
{
    const cJSON *list = flame_plan_get(top, key);
    if (!list) return FS_OK;
    if (!cJSON_IsArray(list))
        return FLAME_PLAN_FAIL(reader, list, "\"%s\" is a list of commands, not %s", key,
                               flame_json_kind(list));
    size_t most = (size_t)cJSON_GetArraySize(list);
    const char ***commands = fs_arena_alloc(&reader->plan->arena, most, sizeof *commands);
    if (!commands) return flame_plan_memory(reader);
    for (const cJSON *item = list->child; item && *count < most; item = item->next) {
        fs_status status = flame_plan_command(reader, item, false, &reader->values, &commands[*count]);
        if (status != FS_OK) return status;
        ++*count;
    }
    *out = commands;
    return FS_OK;
}

static fs_status read_values(flame_plan_reader *reader, const cJSON *top, const flame_pairs_list *overrides)
{
    fs_status status = flame_plan_pairs(reader, top, "values", false, &reader->values);
    if (status == FS_OK && reader->quick)
        status = flame_plan_pairs(reader, reader->quick, "values", false, &reader->values);
    for (size_t i = 0; overrides && i < overrides->count && status == FS_OK; i++) {
        size_t k = 0;
        while (k < reader->values.count && strcmp(reader->values.names[k], overrides->names[i]) != 0) k++;
        if (k == reader->values.count) {
            const char *near = fs_nearest(overrides->names[i], reader->values.names, reader->values.count);
            return fs_fail(reader->error, FS_ARGUMENT, "%s has no value \"%s\" to set%s%s%s",
                           reader->json.name, overrides->names[i], near ? "; did you mean \"" : "",
                           near ? near : "", near ? "\"?" : "");
        }
        fs_arena *arena = &reader->plan->arena;
        char *value = fs_arena_strndup(arena, overrides->values[i], strlen(overrides->values[i]));
        if (!value) return flame_plan_memory(reader);
        reader->values.values[k] = value;
    }
    for (size_t i = 0; i < reader->values.count && status == FS_OK; i++) {
        const char *name = reader->values.names[i];
        if (strcmp(name, "rung") == 0 || strcmp(name, "scratch") == 0)
            return FLAME_PLAN_FAIL(reader, flame_plan_get(top, "values"),
                                   "the value \"%s\" has a meaning of its own; choose another name", name);
    }
    return status;
}

static fs_status read_plan(flame_plan_reader *reader, const flame_pairs_list *overrides)
{
    flame_plan *plan = reader->plan;
    const cJSON *top = reader->json.root;
    fs_status status = flame_plan_keys(reader, top, "a plan", plan_keys);
    if (status != FS_OK) return status;
    const cJSON *quick = flame_plan_get(top, "quick");
    if (quick) status = flame_plan_keys(reader, quick, "\"quick\"", quick_keys);
    if (plan->quick) reader->quick = quick;
    plan->title = fs_path_base(plan->path);
    if (status == FS_OK) status = flame_plan_string(reader, top, "title", &plan->title);
    if (status == FS_OK) status = flame_plan_string(reader, top, "note", &plan->note);
    if (status == FS_OK) status = flame_plan_string(reader, top, "time", &plan->time);
    plan->time_given = plan->time != NULL;
    if (!plan->time) plan->time = "seconds";
    if (status == FS_OK) status = read_values(reader, top, overrides);
    if (status == FS_OK) status = flame_plan_fill(reader, &reader->values, plan->title, &plan->title);
    if (status == FS_OK && plan->note)
        status = flame_plan_fill(reader, &reader->values, plan->note, &plan->note);
    if (status == FS_OK) status = read_answers(reader, flame_plan_get(top, "answer"));
    if (status == FS_OK) status = read_commands(reader, top, "prepare", &plan->prepare, &plan->prepare_count);
    if (status == FS_OK)
        status = read_commands(reader, top, "versions", &plan->versions, &plan->version_count);
    if (status == FS_OK) status = flame_plan_read_rungs(reader, top, flame_plan_get(top, "rungs"));
    if (status == FS_OK && plan->quick && !quick)
        for (size_t i = 0; i < plan->rung_count; i++) plan->rungs[i].runs = 3;
    return status;
}

fs_status flame_plan_read(const char *path, bool quick, const flame_pairs_list *overrides, flame_plan **plan,
                          fs_error *error)
{
    *plan = NULL;
    flame_plan_reader reader = {.error = error};
    fs_status status = flame_json_read(path, &reader.json, error);
    if (status != FS_OK) return status;
    flame_plan *made = fs_alloc_0(1, sizeof *made);
    if (!made) {
        status = fs_fail_memory(error, "reading the plan", sizeof *made);
        goto cleanup;
    }
    fs_arena_init(&made->arena);
    reader.plan = made;
    made->quick = quick;
    made->path = fs_arena_strndup(&made->arena, path, strlen(path));
    size_t above = (size_t)(fs_path_base(path) - path);
    reader.directory = above == 0 ? "." : fs_arena_strndup(&made->arena, path, above == 1 ? 1 : above - 1);
    made->directory = reader.directory;
    status = made->path && reader.directory ? read_plan(&reader, overrides)
                                            : fs_fail_memory(error, "reading the plan", 0);
    if (status != FS_OK) goto cleanup;
    *plan = made;
    made = NULL;
cleanup:
    flame_plan_destroy(made);
    flame_json_fini(&reader.json);
    return status;
}

void flame_plan_destroy(flame_plan *plan)
{
    if (!plan) return;
    fs_arena_fini(&plan->arena);
    fs_free(plan);
}

const flame_rung_plan *flame_plan_rung(const flame_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->rung_count; i++)
        if (strcmp(plan->rungs[i].name, name) == 0) return &plan->rungs[i];
    return NULL;
}
