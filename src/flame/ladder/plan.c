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
static const char *const answer_keys[] = {"json",      "regex",    "file",   "output",
                                          "tolerance", "absolute", "better", NULL};

/* ---- answers ---- */

/* What an answer of this kind says under its key. */
static void read_kind(flame_plan_reader *reader, const cJSON *node, const cJSON *value,
                      flame_answer_rule *rule)
{
    flame_fields *fields = &reader->fields;
    fs_error why;
    switch (rule->kind) {
    case FLAME_ANSWER_JSON:
        flame_field_strings(fields, node, "json", &rule->keys, &rule->key_count);
        if (rule->key_count == 0)
            flame_fields_fail(fields, value, "\"json\" lists the keys that are the answer; it is empty");
        break;
    case FLAME_ANSWER_REGEX:
        rule->text = flame_field_string(fields, node, "regex", "");
        if (fields->status == FS_OK && flame_answer_pattern(rule->text, &why) != FS_OK)
            flame_fields_fail(fields, value, "%s", why.message);
        break;
    case FLAME_ANSWER_FILE:
        rule->text = flame_field_string(fields, node, "file", "");
        rule->text = flame_plan_fill(reader, &reader->values, rule->text);
        if (rule->text[0] == '\0')
            flame_fields_fail(fields, value, "\"file\" names the file that holds the answer; it is empty");
        break;
    case FLAME_ANSWER_OUTPUT:
        if (!cJSON_IsTrue(value)) flame_fields_fail(fields, value, "\"output\" is true, or is left out");
        break;
    }
}

static void read_better(flame_fields *fields, const cJSON *node, flame_answer_rule *rule)
{
    const cJSON *better = flame_field(node, "better");
    const char *word = flame_field_string(fields, node, "better", "");
    if (!better) return;
    rule->better = strcmp(word, "lower") == 0 ? FLAME_BETTER_LOWER : FLAME_BETTER_HIGHER;
    if (rule->better == FLAME_BETTER_HIGHER && strcmp(word, "higher") != 0)
        flame_fields_fail(fields, better, "\"better\" is \"lower\" or \"higher\"");
    else if (rule->kind != FLAME_ANSWER_REGEX && (rule->kind != FLAME_ANSWER_JSON || rule->key_count != 1))
        flame_fields_fail_key(
            fields, better,
            "\"better\" is said of one number: of a \"regex\", or of a \"json\" with one key");
}

static void read_answer(flame_plan_reader *reader, const cJSON *node, flame_answer_rule *rule)
{
    flame_fields *fields = &reader->fields;
    static const char *const kinds[] = {"json", "regex", "file", "output"};
    int found = 0;
    const cJSON *value = NULL;
    flame_fields_known(fields, node, "an answer", answer_keys);
    for (int kind = 0; kind < 4; kind++) {
        const cJSON *item = flame_field(node, kinds[kind]);
        if (!item) continue;
        value = item;
        rule->kind = (flame_answer_kind)kind;
        found++;
    }
    if (found != 1) {
        flame_fields_fail(fields, node,
                          "an answer has one of \"json\", \"regex\", \"file\" and \"output\"; this has %s",
                          found == 0 ? "none" : "several (write a list of answers)");
        return;
    }
    read_kind(reader, node, value, rule);
    rule->tolerance = flame_field_number(fields, node, "tolerance", 0, 1, 1e-9);
    rule->absolute = flame_field_number(fields, node, "absolute", 0, 1e300, 1e-12);
    rule->whole_exact = !flame_field(node, "tolerance") && !flame_field(node, "absolute");
    read_better(fields, node, rule);
}

void flame_plan_read_answers(flame_plan_reader *reader, const cJSON *object)
{
    const cJSON *node = flame_field(object, "answer");
    if (!node) return;
    flame_plan *plan = reader->plan;
    bool list = cJSON_IsArray(node);
    size_t count = plan->answer_count + (list ? (size_t)cJSON_GetArraySize(node) : 1);
    if (count > FLAME_ANSWERS_MOST)
        flame_fields_fail(&reader->fields, node,
                          "%zu answers are too many; %d at most, those of rungs included", count,
                          FLAME_ANSWERS_MOST);
    if (!plan->answers)
        plan->answers = flame_fields_alloc(&reader->fields, FLAME_ANSWERS_MOST, sizeof *plan->answers);
    if (!plan->answers || reader->fields.status != FS_OK) return;
    for (const cJSON *item = list ? node->child : node; item && plan->answer_count < count; item = item->next)
        read_answer(reader, item, &plan->answers[plan->answer_count++]);
}

/* ---- the rest of a plan ---- */

/* A list of commands under `key`. */
static void read_commands(flame_plan_reader *reader, const cJSON *top, const char *key, const char ****out,
                          size_t *count)
{
    const cJSON *list = flame_field(top, key);
    if (!list) return;
    if (!cJSON_IsArray(list))
        flame_fields_fail(&reader->fields, list, "\"%s\" is a list of commands, not %s", key,
                          flame_json_kind(list));
    *out = flame_fields_alloc(&reader->fields, (size_t)cJSON_GetArraySize(list), sizeof **out);
    for (const cJSON *item = list->child; item && *out; item = item->next)
        (*out)[(*count)++] = flame_plan_command(reader, item, false, &reader->values);
}

/* What the command line says takes the place of the plan's values. */
static void override_values(flame_plan_reader *reader, const flame_pairs_list *overrides)
{
    flame_fields *fields = &reader->fields;
    flame_pairs_list *values = &reader->values;
    for (size_t i = 0; i < overrides->count && fields->status == FS_OK; i++) {
        const char *name = overrides->names[i], *value = overrides->values[i];
        size_t k = 0;
        while (k < values->count && strcmp(values->names[k], name) != 0) k++;
        if (k == values->count) {
            const char *near = fs_nearest(name, values->names, values->count);
            fields->status =
                fs_fail(fields->error, FS_ARGUMENT, "%s has no value \"%s\" to set%s%s%s", fields->json.name,
                        name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
            return;
        }
        values->values[k] = flame_fields_copy(fields, value);
    }
}

static void read_values(flame_plan_reader *reader, const cJSON *top, const flame_pairs_list *overrides)
{
    flame_fields *fields = &reader->fields;
    flame_field_pairs(fields, top, "values", false, &reader->values);
    if (reader->quick) flame_field_pairs(fields, reader->quick, "values", false, &reader->values);
    if (overrides) override_values(reader, overrides);
    for (size_t i = 0; i < reader->values.count; i++) {
        const char *name = reader->values.names[i];
        if (strcmp(name, "rung") == 0 || strcmp(name, "scratch") == 0)
            flame_fields_fail(fields, flame_field(top, "values"),
                              "the value \"%s\" has a meaning of its own; choose another name", name);
    }
}

static void read_plan(flame_plan_reader *reader, const flame_pairs_list *overrides)
{
    flame_plan *plan = reader->plan;
    flame_fields *fields = &reader->fields;
    const cJSON *top = fields->json.root;
    flame_fields_known(fields, top, "a plan", plan_keys);
    const cJSON *quick = flame_field(top, "quick");
    if (quick && fields->status == FS_OK) flame_fields_known(fields, quick, "\"quick\"", quick_keys);
    if (plan->quick) reader->quick = quick;
    plan->title = flame_field_string(fields, top, "title", fs_path_base(plan->path));
    plan->note = flame_field_string(fields, top, "note", NULL);
    plan->time_given = flame_field(top, "time") != NULL;
    plan->time = flame_field_string(fields, top, "time", "seconds");
    read_values(reader, top, overrides);
    plan->title = flame_plan_fill(reader, &reader->values, plan->title);
    plan->note = flame_plan_fill(reader, &reader->values, plan->note);
    flame_plan_read_answers(reader, top);
    read_commands(reader, top, "prepare", &plan->prepare, &plan->prepare_count);
    read_commands(reader, top, "versions", &plan->versions, &plan->version_count);
    flame_plan_read_rungs(reader, top, flame_field(top, "rungs"));
    if (plan->quick && !quick)
        for (size_t i = 0; i < plan->rung_count; i++) plan->rungs[i].runs = 3;
}

fs_status flame_plan_read(const char *path, bool quick, const flame_pairs_list *overrides, flame_plan **plan,
                          fs_error *error)
{
    *plan = NULL;
    flame_plan_reader reader = {.fields = {.error = error}};
    fs_status status = flame_json_read(path, &reader.fields.json, error);
    if (status != FS_OK) return status;
    flame_plan *made = fs_alloc_0(1, sizeof *made);
    if (!made) {
        flame_json_fini(&reader.fields.json);
        return fs_fail_memory(error, "reading the plan", sizeof *made);
    }
    fs_arena_init(&made->arena);
    reader.fields.arena = &made->arena;
    reader.plan = made;
    made->quick = quick;
    made->path = flame_fields_copy(&reader.fields, path);
    size_t above = (size_t)(fs_path_base(path) - path);
    if (above > 1) above--; /* without the slash, unless it is the root */
    made->directory = above ? fs_arena_strndup(&made->arena, path, above) : ".";
    made->directory = flame_fields_keep(&reader.fields, made->directory);
    reader.directory = made->directory;
    read_plan(&reader, overrides);
    flame_json_fini(&reader.fields.json);
    if (reader.fields.status == FS_OK)
        *plan = made;
    else
        flame_plan_destroy(made);
    return reader.fields.status;
}

void flame_plan_destroy(flame_plan *plan)
{
    if (!plan) return;
    fs_arena_fini(&plan->arena);
    fs_free(plan);
}
