/* ladder.json: written with our own JSON writer, read back with cJSON. */
#include "ladder.h"

#include "file.h"
#include "json_fields.h"
#include "json_writer.h"
#include "words.h"

#include <math.h>
#include <string.h>

static const char format_name[] = "flame ladder 1";
static const char *const state_words[] = {"waiting", "done", "wrong", "failed"};
static const char *const source_words[] = {"wall", "cpu", "own"};

enum { ITEMS_MOST = 100000 };

/* ---- writing ---- */

/* What is empty is left out. */
static void write_given(fs_json *json, const char *key, const char *text)
{
    if (text[0]) fs_json_key_string(json, key, text);
}

static void write_machine(fs_json *json, const flame_machine *machine)
{
    fs_json_key_object(json, "machine");
    fs_json_key_string(json, "cpu", machine->cpu);
    fs_json_key_integer(json, "cores", machine->cores);
    fs_json_key_integer(json, "memory", (int64_t)machine->memory);
    fs_json_key_string(json, "kernel", machine->kernel);
    fs_json_key_string(json, "system", machine->system);
    fs_json_key_array(json, "versions");
    for (size_t i = 0; i < machine->version_count; i++) {
        fs_json_object(json);
        fs_json_key_string(json, "command", machine->versions[i].command);
        fs_json_key_string(json, "line", machine->versions[i].line);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
    fs_json_end_object(json);
}

static void write_figures(fs_json *json, const flame_rung *rung)
{
    const flame_figures *f = &rung->figures;
    fs_json_key_string(json, "time_source", source_words[rung->source]);
    fs_json_key_number(json, "seconds", f->time);
    fs_json_key_number(json, "spread", f->spread);
    fs_json_key_number(json, "first_quartile", f->low);
    fs_json_key_number(json, "third_quartile", f->high);
    fs_json_key_number(json, "least", f->least);
    fs_json_key_number(json, "most", f->most);
    fs_json_key_number(json, "cpu_seconds", f->cpu);
    fs_json_key_integer(json, "peak_memory", (int64_t)f->peak_memory);
    if (f->over_first > 0) fs_json_key_number(json, "times_faster_than_first", f->over_first);
    if (f->over_previous > 0) fs_json_key_number(json, "times_faster_than_previous", f->over_previous);
}

static void write_answers(fs_json *json, const flame_rung *rung)
{
    fs_json_key_array(json, "answers");
    for (size_t i = 0; i < rung->answer_count; i++) {
        const flame_answer *answer = &rung->answers[i];
        fs_json_object(json);
        fs_json_key_string(json, "summary", answer->summary ? answer->summary : "");
        if (answer->text && answer->length <= FLAME_ANSWER_SHORT &&
            fs_utf8_valid(answer->text, answer->length)) {
            fs_json_key(json, "text");
            fs_json_bytes(json, answer->text, answer->length);
        }
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

static void write_runs(fs_json *json, const flame_rung *rung)
{
    fs_json_key_array(json, "runs");
    for (size_t i = 0; i < rung->run_count; i++) {
        const flame_run *run = &rung->runs[i];
        fs_json_object(json);
        fs_json_key_number(json, "seconds", run->time);
        fs_json_key_number(json, "wall", run->wall);
        fs_json_key_number(json, "user", run->user);
        fs_json_key_number(json, "system", run->system);
        fs_json_key_integer(json, "peak_memory", (int64_t)run->peak_memory);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

static void write_rung(fs_json *json, const flame_rung *rung)
{
    fs_json_object(json);
    fs_json_key_string(json, "name", rung->name);
    fs_json_key_string(json, "slug", rung->slug);
    write_given(json, "job", rung->job);
    write_given(json, "note", rung->note);
    fs_json_key_string(json, "command", rung->command);
    fs_json_key_string(json, "state", state_words[rung->state]);
    fs_json_key_bool(json, "finished", rung->finished);
    write_given(json, "problem", fs_text_string(&rung->problem));
    write_given(json, "errors", fs_text_string(&rung->errors));
    write_given(json, "another_answer", fs_text_string(&rung->better));
    if (rung->run_count) write_figures(json, rung);
    write_answers(json, rung);
    write_runs(json, rung);
    if (rung->samples > 0) {
        fs_json_key_number(json, "samples", rung->samples);
        fs_json_key_string(json, "recorder", fs_text_string(&rung->recorder));
    }
    write_given(json, "no_profile", fs_text_string(&rung->no_profile));
    fs_json_end_object(json);
}

void flame_ladder_write_to(const flame_ladder *ladder, fs_output *output)
{
    fs_json json;
    fs_json_init(&json, output, true);
    fs_json_object(&json);
    fs_json_key_string(&json, "format", format_name);
    fs_json_key_string(&json, "flame", FLAMESCALE_VERSION);
    fs_json_key_string(&json, "title", ladder->title);
    write_given(&json, "note", ladder->note);
    fs_json_key_string(&json, "started", ladder->started);
    fs_json_key_bool(&json, "quick", ladder->quick);
    fs_json_key_bool(&json, "interrupted", ladder->interrupted);
    fs_json_key_bool(&json, "compares_answers", ladder->compares);
    write_machine(&json, &ladder->machine);
    fs_json_key_array(&json, "files");
    for (const char *name = ladder->files; *name; name += strcspn(name, "\n") + 1)
        fs_json_bytes(&json, name, strcspn(name, "\n"));
    fs_json_end_array(&json);
    fs_json_key_array(&json, "rungs");
    for (size_t i = 0; i < ladder->rung_count; i++) write_rung(&json, &ladder->rungs[i]);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    fs_json_fini(&json);
}

fs_status flame_ladder_write(const flame_ladder *ladder, const char *path, fs_error *error)
{
    fs_output *output;
    fs_status status = fs_output_open(path, &output, error);
    if (status != FS_OK) return status;
    flame_ladder_write_to(ladder, output);
    return fs_output_commit(output, error);
}

/* ---- reading ---- */

/* A string that has to be there. */
static const char *read_text(flame_fields *fields, const cJSON *object, const char *key)
{
    if (!flame_field(object, key)) flame_fields_fail(fields, object, "there is no \"%s\"", key);
    return flame_field_string(fields, object, key, "");
}

/* A number from 0 on that has to be there. */
static double read_number(flame_fields *fields, const cJSON *object, const char *key)
{
    if (!flame_field(object, key)) flame_fields_fail(fields, object, "there is no \"%s\"", key);
    return flame_field_number(fields, object, key, 0, 1e18, 0);
}

static void read_given(flame_fields *fields, const cJSON *object, const char *key, fs_text *out)
{
    if (!fs_text_add(out, flame_field_string(fields, object, key, ""))) flame_fields_memory(fields);
}

static int read_word(flame_fields *fields, const cJSON *object, const char *key, const char *const *words,
                     int count)
{
    const char *word = read_text(fields, object, key);
    for (int i = 0; i < count; i++)
        if (strcmp(word, words[i]) == 0) return i;
    flame_fields_fail(fields, flame_field(object, key),
                      "\"%s\" is none of the words that flame ladder writes", key);
    return 0;
}

/* The first item of a list; *count: how many there are. */
static const cJSON *read_list(flame_fields *fields, const cJSON *object, const char *key, size_t *count)
{
    const cJSON *list = flame_field(object, key);
    *count = (size_t)cJSON_GetArraySize(list);
    if (cJSON_IsArray(list) && *count <= ITEMS_MOST) return list->child;
    flame_fields_fail(fields, list ? list : object, "\"%s\" is not a list of at most %d", key, ITEMS_MOST);
    return NULL;
}

static void read_machine(flame_fields *fields, const cJSON *object, flame_machine *machine)
{
    machine->cpu = read_text(fields, object, "cpu");
    machine->kernel = read_text(fields, object, "kernel");
    machine->system = read_text(fields, object, "system");
    machine->cores = (int)fmin(read_number(fields, object, "cores"), 1e6);
    machine->memory = (uint64_t)read_number(fields, object, "memory");
    size_t count = 0;
    const cJSON *item =
        flame_field(object, "versions") ? read_list(fields, object, "versions", &count) : NULL;
    machine->versions = flame_fields_alloc(fields, count, sizeof *machine->versions);
    for (; item && machine->versions; item = item->next)
        machine->versions[machine->version_count++] =
            (flame_version){read_text(fields, item, "command"), read_text(fields, item, "line")};
}

static const char *read_files(flame_fields *fields, const cJSON *top)
{
    fs_text names;
    fs_text_init(&names);
    const cJSON *list = flame_field(top, "files");
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        if (cJSON_IsString(item) && !strchr(item->valuestring, '\n'))
            fs_text_format(&names, "%s\n", item->valuestring);
        else
            flame_fields_fail(fields, item, "\"files\" is not a list of names");
    }
    return flame_fields_keep(fields, flame_text_keep(&names, fields->arena));
}

static void read_answers(flame_fields *fields, const cJSON *object, flame_rung *rung)
{
    size_t count = 0;
    const cJSON *item = flame_field(object, "answers") ? read_list(fields, object, "answers", &count) : NULL;
    if (fields->status != FS_OK || count == 0) return;
    rung->answers = fs_alloc_0(count, sizeof *rung->answers);
    if (!rung->answers) flame_fields_memory(fields);
    for (; item && fields->status == FS_OK; item = item->next) {
        flame_answer *answer = &rung->answers[rung->answer_count++];
        const char *text = flame_field_string(fields, item, "text", NULL); /* NULL: it was too long */
        answer->summary = fs_strdup(read_text(fields, item, "summary"));
        answer->text = text ? fs_strdup(text) : NULL;
        answer->length = answer->text ? strlen(text) : 0;
        if (!answer->summary || (text && !answer->text)) flame_fields_memory(fields);
    }
}

static void read_runs(flame_fields *fields, const cJSON *object, flame_rung *rung)
{
    size_t count;
    for (const cJSON *item = read_list(fields, object, "runs", &count); item; item = item->next) {
        flame_run run = {.time = read_number(fields, item, "seconds"),
                         .wall = read_number(fields, item, "wall"),
                         .user = read_number(fields, item, "user"),
                         .system = read_number(fields, item, "system"),
                         .peak_memory = (uint64_t)read_number(fields, item, "peak_memory")};
        if (fields->status == FS_OK) fields->status = flame_rung_add(rung, &run, fields->error);
    }
}

static void read_rung(flame_fields *fields, const cJSON *object, flame_rung *rung)
{
    rung->name = read_text(fields, object, "name");
    rung->slug = read_text(fields, object, "slug");
    rung->job = flame_field_string(fields, object, "job", "");
    rung->note = flame_field_string(fields, object, "note", "");
    rung->command = read_text(fields, object, "command");
    read_given(fields, object, "problem", &rung->problem);
    read_given(fields, object, "errors", &rung->errors);
    read_given(fields, object, "another_answer", &rung->better);
    read_given(fields, object, "recorder", &rung->recorder);
    read_given(fields, object, "no_profile", &rung->no_profile);
    rung->state = (flame_rung_state)read_word(fields, object, "state", state_words, 4);
    rung->finished = cJSON_IsTrue(flame_field(object, "finished"));
    rung->samples = flame_field_number(fields, object, "samples", 0, 1e18, 0);
    read_answers(fields, object, rung);
    read_runs(fields, object, rung);
    if (rung->run_count > 0)
        rung->source = (flame_time_source)read_word(fields, object, "time_source", source_words, 3);
    /* A slug names files: nothing but what make_slug makes. */
    if (rung->slug[strspn(rung->slug, "abcdefghijklmnopqrstuvwxyz0123456789-_")] != '\0')
        flame_fields_fail(fields, flame_field(object, "slug"), "\"slug\" has small letters, digits and -");
}

bool flame_ladder_is_result(const char *path)
{
    flame_json json;
    fs_error ignored;
    if (flame_json_read(path, &json, &ignored) != FS_OK) return false;
    const cJSON *format = flame_field(json.root, "format");
    bool result = cJSON_IsString(format) && strncmp(format->valuestring, "flame ladder", 12) == 0;
    flame_json_fini(&json);
    return result;
}

static void read_ladder(flame_fields *fields, flame_ladder *ladder)
{
    const cJSON *top = fields->json.root;
    ladder->title = read_text(fields, top, "title");
    ladder->note = flame_field_string(fields, top, "note", "");
    ladder->started = read_text(fields, top, "started");
    ladder->quick = cJSON_IsTrue(flame_field(top, "quick"));
    ladder->interrupted = cJSON_IsTrue(flame_field(top, "interrupted"));
    ladder->compares = cJSON_IsTrue(flame_field(top, "compares_answers"));
    read_machine(fields, flame_field(top, "machine"), &ladder->machine);
    ladder->files = read_files(fields, top);
    size_t count;
    const cJSON *item = read_list(fields, top, "rungs", &count);
    ladder->rungs = flame_fields_alloc(fields, count, sizeof *ladder->rungs);
    for (; item && fields->status == FS_OK; item = item->next)
        read_rung(fields, item, &ladder->rungs[ladder->rung_count++]);
    if (fields->status == FS_OK) flame_ladder_reckon(ladder);
}

fs_status flame_ladder_read(const char *path, flame_ladder *ladder, fs_error *error)
{
    *ladder = (flame_ladder){0};
    fs_arena_init(&ladder->arena);
    flame_fields fields = {.arena = &ladder->arena, .error = error};
    fs_status status = flame_json_read(path, &fields.json, error);
    if (status != FS_OK) return status;
    const cJSON *format = flame_field(fields.json.root, "format");
    if (cJSON_IsString(format) && strcmp(format->valuestring, format_name) == 0)
        read_ladder(&fields, ladder);
    else
        fields.status = fs_fail(
            error, FS_FORMAT, "%s: these are not the results of a climb (report/ladder.json has them)", path);
    flame_json_fini(&fields.json);
    if (fields.status != FS_OK) flame_ladder_fini(ladder);
    return fields.status;
}
