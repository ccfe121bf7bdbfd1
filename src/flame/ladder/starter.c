#include "starter.h"

#include "file.h"
#include "json_place.h"
#include "memory.h"
#include "run_command.h"
#include "words.h"

#include <string.h>

/* ---- the plan ---- */

/* "python3 slow.py 3" -> "slow": the first word after the program that looks like a file, without its ending;
 * else the program itself. */
static void starter_name(const char *command, fs_text *name)
{
    const char *from = command, *best = NULL;
    size_t best_length = 0, word = 0;
    while (*(from += strspn(from, " \t"))) {
        size_t length = strcspn(from, " \t");
        const char *base = from;
        for (size_t i = 0; i < length; i++)
            if (from[i] == '/' && i + 1 < length) base = from + i + 1;
        size_t base_length = length - (size_t)(base - from);
        const char *dot = base_length > 1 ? memchr(base + 1, '.', base_length - 1) : NULL;
        bool script = word > 0 && from[0] != '-' && dot;
        if (word == 0 || script) {
            best = base;
            best_length = dot ? (size_t)(dot - base) : base_length;
        }
        if (script) break;
        from += length;
        word++;
    }
    for (size_t i = 0; i < best_length; i++)
        if (!strchr("'\"\\", best[i])) fs_text_char(name, best[i]);
    if (name->length == 0) fs_text_add(name, "rung");
}

static void add_quoted(fs_text *out, const char *string)
{
    fs_text_char(out, '"');
    fs_text_add_json(out, string, strlen(string));
    fs_text_char(out, '"');
}

char *flame_starter_plan(const char *const *commands, size_t count, const char *answer)
{
    fs_text out, name;
    fs_text *names = fs_alloc_0(count ? count : 1, sizeof *names);
    if (!names) return NULL;
    fs_text_init(&out);
    fs_text_init(&name);
    fs_text_add(&out, "{\n  \"title\": \"One job, several ways\",\n");
    if (answer) fs_text_format(&out, "  \"answer\": %s,\n", answer);
    fs_text_add(&out, "  \"rungs\": [\n");
    for (size_t i = 0; i < count; i++) {
        fs_text_clear(&name);
        starter_name(commands[i], &name);
        fs_text_add(&names[i], fs_text_string(&name));
        int same = 1;
        for (size_t k = 0; k < i; k++) {
            if (strcmp(fs_text_string(&names[k]), fs_text_string(&names[i])) != 0) continue;
            fs_text_clear(&names[i]);
            fs_text_format(&names[i], "%s %d", fs_text_string(&name), ++same);
            k = SIZE_MAX; /* look at all of them again */
        }
        fs_text_add(&out, "    {\"name\": ");
        add_quoted(&out, fs_text_string(&names[i]));
        fs_text_add(&out, ", \"command\": ");
        add_quoted(&out, commands[i]);
        fs_text_add(&out, i + 1 < count ? "},\n" : "}\n");
    }
    fs_text_add(&out, "  ]\n}\n");
    bool failed = out.failed || name.failed;
    for (size_t i = 0; i < count; i++) {
        failed = failed || names[i].failed;
        fs_text_fini(&names[i]);
    }
    fs_free(names);
    fs_text_fini(&name);
    if (failed) {
        fs_text_fini(&out);
        return NULL;
    }
    return out.data; /* handed over */
}

/* ---- what the answer could be ---- */

typedef struct first_look {
    cJSON *object;  /* the last JSON object on a line of its own; NULL: none */
    fs_text output; /* all that it printed, up to the first megabyte */
} first_look;

static void first_look_fini(first_look *look)
{
    cJSON_Delete(look->object);
    fs_text_fini(&look->output);
}

static void find_object(const char *text, cJSON **object)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *from = text + strspn(text, " \t");
        if (*from == '{') {
            cJSON *found = cJSON_ParseWithLength(from, n - (size_t)(from - text));
            if (cJSON_IsObject(found)) {
                cJSON_Delete(*object);
                *object = found;
            } else {
                cJSON_Delete(found);
            }
        }
        text += n + (text[n] == '\n');
    }
}

static fs_status look_at(const char *command, first_look *look, fs_arena *arena, fs_error *error)
{
    char **words;
    size_t count;
    fs_error why;
    fs_status status = flame_words_split(command, arena, &words, &count, &why);
    if (status == FS_UNSUPPORTED)
        return fs_fail(
            error, status,
            "'%s' needs a shell: %s. Put it into a script, or write the plan by hand with \"shell\": true",
            command, why.message);
    if (status != FS_OK) return fs_fail(error, status, "'%s': %s", command, why.message);
    flame_command_options options = {.words = (const char *const *)words, .time_limit = 600};
    flame_command_result result;
    status = flame_command_run(&options, &result, error);
    if (status == FS_OK && (result.ending != FLAME_RUN_ENDED || result.exit_code != 0)) {
        fs_text how;
        fs_text_init(&how);
        flame_command_describe(&result, options.time_limit, &how);
        fs_text_add(&how, "\n");
        flame_capture_end(&result.errors, 500, &how);
        status = fs_fail(error, FS_DATA, "'%s' %s", command, fs_text_string(&how));
        fs_text_fini(&how);
    } else if (status == FS_OK) {
        const flame_capture *output = &result.output;
        fs_text_append(&look->output, fs_text_string(&output->head), output->head.length);
        find_object(fs_text_string(output->dropped ? &output->tail : &output->head), &look->object);
    }
    flame_command_fini(&result);
    return status;
}

/* The keys of the first object that all others have too, but for the time and for what a second run of the
 * first command says differently. */
static void shared_keys(const first_look *looks, size_t count, const first_look *again, fs_text *keys)
{
    if (!looks[0].object) return;
    for (const cJSON *item = looks[0].object->child; item; item = item->next) {
        bool shared = strcmp(item->string, "seconds") != 0 && !cJSON_IsNull(item);
        shared = shared &&
                 cJSON_Compare(item, cJSON_GetObjectItemCaseSensitive(again->object, item->string), true);
        for (size_t i = 1; i < count && shared; i++)
            shared = cJSON_GetObjectItemCaseSensitive(looks[i].object, item->string) != NULL;
        if (!shared) continue;
        fs_text_add(keys, keys->length ? ", \"" : "\"");
        fs_text_add_json(keys, item->string, strlen(item->string));
        fs_text_char(keys, '"');
    }
}

fs_status flame_starter_write(const char *const *commands, size_t count, const char *path, fs_text *said,
                              fs_error *error)
{
    fs_status status = FS_OK;
    fs_arena arena;
    fs_arena_init(&arena);
    fs_text keys, answer;
    fs_text_init(&keys);
    fs_text_init(&answer);
    fs_output *output = NULL;
    char *plan = NULL;
    first_look again = {0};
    first_look *looks = fs_alloc_0(count, sizeof *looks);
    if (!looks) {
        status = fs_fail_memory(error, "looking at the commands", 0);
        goto cleanup;
    }
    bool all_print = true;
    for (size_t i = 0; i < count; i++) {
        status = look_at(commands[i], &looks[i], &arena, error);
        if (status != FS_OK) goto cleanup;
        all_print = all_print && looks[i].output.length > 0;
    }
    status = look_at(commands[0], &again, &arena, error);
    if (status != FS_OK) goto cleanup;
    bool steady = strcmp(fs_text_string(&looks[0].output), fs_text_string(&again.output)) == 0;
    shared_keys(looks, count, &again, &keys);
    if (keys.length) {
        fs_text_format(&answer, "{\"json\": [%s]}", fs_text_string(&keys));
        fs_text_format(said, "They print a JSON line; its %s is the answer that is compared.\n",
                       fs_text_string(&keys));
    } else if (all_print && steady) {
        fs_text_add(&answer, "{\"output\": true}");
        fs_text_add(said, "What they print is the answer that is compared.\n");
    } else {
        fs_text_format(said,
                       "They print %s, so no answer is compared; \"answer\" in the plan can name one.\n",
                       all_print ? "something else each time" : "nothing");
    }
    plan = flame_starter_plan(commands, count, answer.length ? fs_text_string(&answer) : NULL);
    if (!plan || keys.failed || answer.failed || said->failed) {
        status = fs_fail_memory(error, "writing a plan", 0);
        goto cleanup;
    }
    status = fs_output_open(path, &output, error);
    if (status != FS_OK) goto cleanup;
    fs_output_string(output, plan);
    status = fs_output_commit(output, error);
cleanup:
    fs_free(plan);
    fs_text_fini(&keys);
    fs_text_fini(&answer);
    for (size_t i = 0; looks && i < count; i++) first_look_fini(&looks[i]);
    first_look_fini(&again);
    fs_free(looks);
    fs_arena_fini(&arena);
    return status;
}
