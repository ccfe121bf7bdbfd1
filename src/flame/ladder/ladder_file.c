/* ladder.json: written with our own JSON writer, read back with cJSON. */
#include "ladder.h"

#include "file.h"
#include "json_place.h"
#include "json_writer.h"

#include <math.h>
#include <string.h>

static const char format_name[] = "flame ladder 1";
static const char *const state_words[] = {"waiting", "done", "wrong", "failed"};
static const char *const source_words[] = {"wall", "cpu", "own"};

enum { TEXT_MOST = 400, RUNS_MOST = 100000 };

/* ---- writing ---- */

static void write_text(fs_json *json, const char *key, const fs_text *text)
{
    fs_json_key(json, key);
    fs_json_bytes(json, fs_text_string(text), text->length);
}

static void write_number(fs_json *json, const char *key, double value)
{
    fs_json_key(json, key);
    fs_json_number(json, value);
}

static void write_machine(fs_json *json, const flame_machine *machine)
{
    fs_json_key(json, "machine");
    fs_json_object(json);
    write_text(json, "cpu", &machine->cpu);
    fs_json_key(json, "cores");
    fs_json_integer(json, machine->cores);
    fs_json_key(json, "memory");
    fs_json_integer(json, (int64_t)machine->memory);
    write_text(json, "kernel", &machine->kernel);
    write_text(json, "system", &machine->system);
    fs_json_key(json, "versions");
    fs_json_array(json);
    for (size_t i = 0; i < machine->version_count; i++) {
        fs_json_object(json);
        write_text(json, "command", &machine->versions[i].command);
        write_text(json, "line", &machine->versions[i].line);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
    fs_json_end_object(json);
}

static void write_answers(fs_json *json, const flame_rung *rung)
{
    fs_json_key(json, "answers");
    fs_json_array(json);
    for (size_t i = 0; i < rung->answer_count; i++) {
        const flame_answer *answer = &rung->answers[i];
        fs_json_object(json);
        fs_json_key(json, "summary");
        fs_json_string(json, answer->summary);
        if (answer->length <= TEXT_MOST && fs_utf8_valid(answer->text, answer->length)) {
            fs_json_key(json, "text");
            fs_json_bytes(json, answer->text, answer->length);
        }
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
}

static void write_rung(fs_json *json, const flame_rung *rung)
{
    const flame_figures *f = &rung->figures;
    fs_json_object(json);
    write_text(json, "name", &rung->name);
    write_text(json, "slug", &rung->slug);
    if (rung->job.length) write_text(json, "job", &rung->job);
    if (rung->note.length) write_text(json, "note", &rung->note);
    write_text(json, "command", &rung->command);
    fs_json_key(json, "state");
    fs_json_string(json, state_words[rung->state]);
    fs_json_key(json, "finished");
    fs_json_bool(json, rung->finished);
    if (rung->problem.length) write_text(json, "problem", &rung->problem);
    if (rung->errors.length) write_text(json, "errors", &rung->errors);
    if (rung->run_count) {
        fs_json_key(json, "time_source");
        fs_json_string(json, source_words[rung->source]);
        write_number(json, "seconds", f->time);
        write_number(json, "spread", f->spread);
        write_number(json, "first_quartile", f->low);
        write_number(json, "third_quartile", f->high);
        write_number(json, "least", f->least);
        write_number(json, "most", f->most);
        write_number(json, "cpu_seconds", f->cpu);
        fs_json_key(json, "peak_memory");
        fs_json_integer(json, (int64_t)f->peak_memory);
        if (f->over_first > 0) write_number(json, "times_faster_than_first", f->over_first);
        if (f->over_previous > 0) write_number(json, "times_faster_than_previous", f->over_previous);
    }
    write_answers(json, rung);
    fs_json_key(json, "runs");
    fs_json_array(json);
    for (size_t i = 0; i < rung->run_count; i++) {
        const flame_run *run = &rung->runs[i];
        fs_json_object(json);
        write_number(json, "seconds", run->time);
        write_number(json, "wall", run->wall);
        write_number(json, "user", run->user);
        write_number(json, "system", run->system);
        fs_json_key(json, "peak_memory");
        fs_json_integer(json, (int64_t)run->peak_memory);
        fs_json_end_object(json);
    }
    fs_json_end_array(json);
    if (rung->samples > 0) {
        write_number(json, "samples", rung->samples);
        write_text(json, "recorder", &rung->recorder);
    }
    if (rung->no_profile.length) write_text(json, "no_profile", &rung->no_profile);
    fs_json_end_object(json);
}

static void write_files(fs_json *json, const char *names)
{
    fs_json_key(json, "files");
    fs_json_array(json);
    for (size_t length; *names; names += length + 1) {
        length = strcspn(names, "\n");
        fs_json_bytes(json, names, length);
    }
    fs_json_end_array(json);
}

fs_status flame_ladder_write(const flame_ladder *ladder, const char *path, fs_error *error)
{
    fs_output *output;
    fs_status status = fs_output_open(path, &output, error);
    if (status != FS_OK) return status;
    fs_json json;
    fs_json_init(&json, output, true);
    fs_json_object(&json);
    fs_json_key(&json, "format");
    fs_json_string(&json, format_name);
    fs_json_key(&json, "flame");
    fs_json_string(&json, FLAMESCALE_VERSION);
    write_text(&json, "title", &ladder->title);
    if (ladder->note.length) write_text(&json, "note", &ladder->note);
    write_text(&json, "started", &ladder->started);
    fs_json_key(&json, "quick");
    fs_json_bool(&json, ladder->quick);
    fs_json_key(&json, "interrupted");
    fs_json_bool(&json, ladder->interrupted);
    fs_json_key(&json, "compares_answers");
    fs_json_bool(&json, ladder->compares);
    write_machine(&json, &ladder->machine);
    write_files(&json, fs_text_string(&ladder->files));
    fs_json_key(&json, "rungs");
    fs_json_array(&json);
    for (size_t i = 0; i < ladder->rung_count; i++) write_rung(&json, &ladder->rungs[i]);
    fs_json_end_array(&json);
    fs_json_end_object(&json);
    fs_json_fini(&json);
    return fs_output_commit(output, error);
}

/* ---- reading ---- */

typedef struct reader {
    flame_json json;
    fs_error *error;
    fs_status status; /* the first failure; later reads do nothing */
} reader;

static void fail_once(reader *r, const cJSON *node, const char *key, const char *what)
{
    if (r->status == FS_OK)
        r->status = flame_json_fail(&r->json, node, false, r->error, "\"%s\" should be %s", key, what);
}

static const cJSON *get(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void read_text(reader *r, const cJSON *object, const char *key, fs_text *out, bool needed)
{
    const cJSON *node = get(object, key);
    if (!node && !needed) return;
    if (!node || !cJSON_IsString(node)) {
        fail_once(r, node ? node : object, key, "a string");
        return;
    }
    fs_text_add(out, node->valuestring);
    if (out->failed && r->status == FS_OK) r->status = fs_fail_memory(r->error, "reading the results", 0);
}

/* A number from 0 on. */
static double read_number(reader *r, const cJSON *object, const char *key, bool needed)
{
    const cJSON *node = get(object, key);
    if (!node && !needed) return 0;
    if (!node || !cJSON_IsNumber(node) || !(node->valuedouble >= 0) || !(node->valuedouble < 1e18)) {
        fail_once(r, node ? node : object, key, "a number from 0 on");
        return 0;
    }
    return node->valuedouble;
}

static int read_word(reader *r, const cJSON *object, const char *key, const char *const *words, int count)
{
    const cJSON *node = get(object, key);
    for (int i = 0; cJSON_IsString(node) && i < count; i++)
        if (strcmp(node->valuestring, words[i]) == 0) return i;
    fail_once(r, node ? node : object, key, "one of the words that flame ladder writes");
    return 0;
}

static void read_machine(reader *r, const cJSON *object, flame_machine *machine)
{
    if (!cJSON_IsObject(object)) {
        fail_once(r, r->json.root, "machine", "an object");
        return;
    }
    read_text(r, object, "cpu", &machine->cpu, true);
    read_text(r, object, "kernel", &machine->kernel, true);
    read_text(r, object, "system", &machine->system, true);
    machine->cores = (int)fmin(read_number(r, object, "cores", true), 1e6);
    machine->memory = (uint64_t)read_number(r, object, "memory", true);
    const cJSON *list = get(object, "versions");
    int count = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || r->status != FS_OK) return;
    machine->versions = fs_alloc_0((size_t)count + 1, sizeof *machine->versions);
    if (!machine->versions) {
        r->status = fs_fail_memory(r->error, "reading the results", 0);
        return;
    }
    for (const cJSON *item = list->child; item && r->status == FS_OK; item = item->next) {
        flame_version *version = &machine->versions[machine->version_count++];
        read_text(r, item, "command", &version->command, true);
        read_text(r, item, "line", &version->line, true);
    }
}

static void read_files(reader *r, const cJSON *list, fs_text *files)
{
    for (const cJSON *item = list ? list->child : NULL; item && r->status == FS_OK; item = item->next) {
        if (!cJSON_IsString(item) || strchr(item->valuestring, '\n')) {
            fail_once(r, item, "files", "a list of names");
            return;
        }
        fs_text_format(files, "%s\n", item->valuestring);
        if (files->failed) r->status = fs_fail_memory(r->error, "reading the results", 0);
    }
}

static void read_answers(reader *r, const cJSON *object, flame_rung *rung)
{
    const cJSON *list = get(object, "answers");
    int count = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || count == 0 || r->status != FS_OK) return;
    rung->answers = fs_alloc_0((size_t)count, sizeof *rung->answers);
    if (!rung->answers) {
        r->status = fs_fail_memory(r->error, "reading the results", 0);
        return;
    }
    for (const cJSON *item = list->child; item && r->status == FS_OK; item = item->next) {
        flame_answer *answer = &rung->answers[rung->answer_count++];
        fs_text summary, text;
        fs_text_init(&summary);
        fs_text_init(&text);
        fs_text_add(&summary, "");
        read_text(r, item, "summary", &summary, true);
        read_text(r, item, "text", &text, false);
        answer->summary = summary.data;
        answer->text = text.data; /* NULL: too long to stand in the file */
        answer->length = text.length;
    }
}

static void read_runs(reader *r, const cJSON *object, flame_rung *rung)
{
    const cJSON *list = get(object, "runs");
    if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) > RUNS_MOST) {
        fail_once(r, list ? list : object, "runs", "a list");
        return;
    }
    for (const cJSON *item = list->child; item && r->status == FS_OK; item = item->next) {
        flame_run run = {.time = read_number(r, item, "seconds", true),
                         .wall = read_number(r, item, "wall", true),
                         .user = read_number(r, item, "user", true),
                         .system = read_number(r, item, "system", true),
                         .peak_memory = (uint64_t)read_number(r, item, "peak_memory", true)};
        if (r->status == FS_OK) r->status = flame_rung_add(rung, &run, r->error);
    }
}

static void read_rung(reader *r, const cJSON *object, flame_rung *rung)
{
    read_text(r, object, "name", &rung->name, true);
    read_text(r, object, "slug", &rung->slug, true);
    read_text(r, object, "job", &rung->job, false);
    read_text(r, object, "note", &rung->note, false);
    read_text(r, object, "command", &rung->command, true);
    read_text(r, object, "problem", &rung->problem, false);
    read_text(r, object, "errors", &rung->errors, false);
    read_text(r, object, "recorder", &rung->recorder, false);
    read_text(r, object, "no_profile", &rung->no_profile, false);
    rung->state = (flame_rung_state)read_word(r, object, "state", state_words, 4);
    rung->finished = cJSON_IsTrue(get(object, "finished"));
    rung->samples = read_number(r, object, "samples", false);
    read_answers(r, object, rung);
    read_runs(r, object, rung);
    if (rung->run_count > 0 && r->status == FS_OK)
        rung->source = (flame_time_source)read_word(r, object, "time_source", source_words, 3);
    /* A slug names files: nothing but what make_slug makes. */
    const char *slug = fs_text_string(&rung->slug);
    if (slug[strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-_")] != '\0')
        fail_once(r, get(object, "slug"), "slug", "small letters, digits and -");
}

bool flame_ladder_is_result(const char *path)
{
    flame_json json;
    fs_error ignored;
    if (flame_json_read(path, &json, &ignored) != FS_OK) return false;
    const cJSON *format = get(json.root, "format");
    bool result = cJSON_IsString(format) && strncmp(format->valuestring, "flame ladder", 12) == 0;
    flame_json_fini(&json);
    return result;
}

fs_status flame_ladder_read(const char *path, flame_ladder *ladder, fs_error *error)
{
    *ladder = (flame_ladder){0};
    reader r = {.error = error};
    r.status = flame_json_read(path, &r.json, error);
    if (r.status != FS_OK) return r.status;
    const cJSON *top = r.json.root;
    const cJSON *format = get(top, "format");
    const cJSON *list = get(top, "rungs");
    if (!cJSON_IsString(format) || strcmp(format->valuestring, format_name) != 0) {
        r.status = fs_fail(error, FS_FORMAT,
                           "%s: these are not the results of a climb (report/ladder.json has them)", path);
        goto cleanup;
    }
    read_text(&r, top, "title", &ladder->title, true);
    read_text(&r, top, "note", &ladder->note, false);
    read_text(&r, top, "started", &ladder->started, true);
    ladder->quick = cJSON_IsTrue(get(top, "quick"));
    ladder->interrupted = cJSON_IsTrue(get(top, "interrupted"));
    ladder->compares = cJSON_IsTrue(get(top, "compares_answers"));
    read_machine(&r, get(top, "machine"), &ladder->machine);
    read_files(&r, get(top, "files"), &ladder->files);
    if (!cJSON_IsArray(list)) fail_once(&r, top, "rungs", "a list");
    if (r.status != FS_OK) goto cleanup;
    ladder->rungs = fs_alloc_0((size_t)cJSON_GetArraySize(list) + 1, sizeof *ladder->rungs);
    if (!ladder->rungs) {
        r.status = fs_fail_memory(error, "reading the results", 0);
        goto cleanup;
    }
    for (const cJSON *item = list->child; item && r.status == FS_OK; item = item->next)
        read_rung(&r, item, &ladder->rungs[ladder->rung_count++]);
    if (r.status == FS_OK) flame_ladder_reckon(ladder);
cleanup:
    flame_json_fini(&r.json);
    if (r.status != FS_OK) flame_ladder_fini(ladder);
    return r.status;
}
