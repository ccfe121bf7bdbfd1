#include "starter.h"

#include "file.h"
#include "json_place.h"
#include "memory.h"
#include "run_command.h"
#include "words.h"

#include <string.h>

/* What a run of a command printed. */
typedef struct trial {
    char **words;   /* of the command, in the arena */
    cJSON *object;  /* the last JSON object on a line of its own; NULL: none */
    fs_text output; /* up to the first megabytes */
} trial;

static void trial_fini(trial *t)
{
    cJSON_Delete(t->object);
    fs_text_fini(&t->output);
}

/* ---- the plan ---- */

/* "python3 slow.py 3" -> "slow": the first word after the program that is the name of a file with an ending,
 * without its ending; else the program itself. NULL: out of memory. */
static const char *stem_of(char *const *words, fs_arena *arena)
{
    const char *name = fs_path_base(words[0]);
    for (size_t i = 1; words[i]; i++) {
        const char *base = fs_path_base(words[i]);
        if (words[i][0] == '-' || !base[0] || !strchr(base + 1, '.')) continue;
        name = base;
        break;
    }
    size_t length = name[0] ? 1 + strcspn(name + 1, ".") : 0;
    return length > 0 ? fs_arena_strndup(arena, name, length) : "rung";
}

/* A name that none of the names before it is; NULL: out of memory. */
static const char *make_name(char *const *words, const char *const *names, size_t count, fs_arena *arena)
{
    const char *stem = stem_of(words, arena), *name = stem;
    int same = 1;
    for (size_t i = 0; i < count && name; i++) {
        if (strcmp(names[i], name) != 0) continue;
        name = flame_arena_format(arena, "%s %d", stem, ++same);
        i = SIZE_MAX; /* compare with all of them again */
    }
    return name;
}

static void add_quoted(fs_text *out, const char *before, const char *string, const char *after)
{
    fs_text_add(out, before);
    fs_text_add_json(out, string, strlen(string));
    fs_text_add(out, after);
}

/* answer: a JSON value, or "" for none. */
static fs_status write_plan(const char *const *commands, const trial *trials, size_t count,
                            const char *answer, const char *path, fs_arena *arena, fs_error *error)
{
    fs_output *output;
    fs_text out;
    fs_text_init(&out);
    const char **names = fs_arena_alloc(arena, count, sizeof *names);
    bool whole = names != NULL;
    fs_text_add(&out, "{\n  \"title\": \"One job, several ways\",\n");
    if (answer[0]) fs_text_format(&out, "  \"answer\": %s,\n", answer);
    fs_text_add(&out, "  \"rungs\": [\n");
    for (size_t i = 0; i < count && whole; i++) {
        names[i] = make_name(trials[i].words, names, i, arena);
        whole = names[i] != NULL;
        if (whole) add_quoted(&out, "    {\"name\": \"", names[i], "\", ");
        add_quoted(&out, "\"command\": \"", commands[i], i + 1 < count ? "\"},\n" : "\"}\n");
    }
    fs_text_add(&out, "  ]\n}\n");
    fs_status status = whole && !out.failed ? fs_output_open(path, &output, error)
                                            : fs_fail_memory(error, "writing a plan", 0);
    if (status == FS_OK) {
        fs_output_write(output, out.data, out.length);
        status = fs_output_commit(output, error);
    }
    fs_text_fini(&out);
    return status;
}

/* ---- what the answer could be ---- */

static void find_object(const char *text, cJSON **object)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *from = text + strspn(text, " \t");
        cJSON *found = *from == '{' ? cJSON_ParseWithLength(from, n - (size_t)(from - text)) : NULL;
        if (cJSON_IsObject(found)) {
            cJSON_Delete(*object);
            *object = found;
        }
        text += n + (text[n] == '\n');
    }
}

static fs_status run_trial(const char *command, trial *t, fs_arena *arena, fs_error *error)
{
    size_t count;
    fs_error why;
    fs_status status = flame_words_split(command, arena, &t->words, &count, &why);
    if (status == FS_UNSUPPORTED)
        return fs_fail(
            error, status,
            "'%s' needs a shell: %s. Put it into a script, or write the plan by hand with \"shell\": true",
            command, why.message);
    if (status != FS_OK) return fs_fail(error, status, "'%s': %s", command, why.message);
    flame_command_options options = {.words = (const char *const *)t->words, .time_limit = 600};
    flame_command_result result;
    fs_text how;
    fs_text_init(&how);
    status = flame_command_run(&options, &result, error);
    if (status == FS_OK && !flame_command_succeeded(&result, &options, "\n", 500, &how))
        status = fs_fail(error, FS_DATA, "'%s' %s", command, fs_text_string(&how));
    if (status == FS_OK) {
        t->output = result.output.head; /* taken over */
        result.output.head = (fs_text){0};
        find_object(fs_text_string(&t->output), &t->object);
    }
    fs_text_fini(&how);
    flame_command_fini(&result);
    return status;
}

/* The keys of the first object that all others have too, but for the time and for what a second run of the
 * first command says differently. */
static void add_shared_keys(const trial *trials, size_t count, const trial *again, fs_text *keys)
{
    if (!trials[0].object) return;
    for (const cJSON *item = trials[0].object->child; item; item = item->next) {
        bool shared =
            strcmp(item->string, "seconds") != 0 && !cJSON_IsNull(item) &&
            cJSON_Compare(item, cJSON_GetObjectItemCaseSensitive(again->object, item->string), true);
        for (size_t i = 1; i < count && shared; i++)
            shared = cJSON_GetObjectItemCaseSensitive(trials[i].object, item->string) != NULL;
        if (shared) add_quoted(keys, keys->length ? ", \"" : "\"", item->string, "\"");
    }
}

/* What to compare, as JSON; `said`: the same for people. */
static void choose_answer(const trial *trials, size_t count, const trial *again, fs_text *answer,
                          fs_text *said)
{
    bool all_print = true;
    for (size_t i = 0; i < count; i++) all_print = all_print && trials[i].output.length > 0;
    bool steady = strcmp(fs_text_string(&trials[0].output), fs_text_string(&again->output)) == 0;
    fs_text keys;
    fs_text_init(&keys);
    add_shared_keys(trials, count, again, &keys);
    if (keys.length) {
        fs_text_format(answer, "{\"json\": [%s]}", fs_text_string(&keys));
        fs_text_format(said, "They print a JSON line; its %s is the answer that is compared.\n",
                       fs_text_string(&keys));
    } else if (all_print && steady) {
        fs_text_add(answer, "{\"output\": true}");
        fs_text_add(said, "What they print is the answer that is compared.\n");
    } else {
        fs_text_format(said,
                       "They print %s, so no answer is compared; \"answer\" in the plan can name one.\n",
                       all_print ? "something else each time" : "nothing");
    }
    answer->failed = answer->failed || keys.failed;
    fs_text_fini(&keys);
}

fs_status flame_starter_write(const char *const *commands, size_t count, const char *path, fs_text *said,
                              fs_error *error)
{
    fs_arena arena;
    fs_arena_init(&arena);
    fs_text answer;
    fs_text_init(&answer);
    trial *trials = fs_alloc_0(count + 1, sizeof *trials); /* the last: the first command again */
    fs_status status = trials ? FS_OK : fs_fail_memory(error, "trying the commands", 0);
    for (size_t i = 0; i <= count && status == FS_OK; i++)
        status = run_trial(commands[i < count ? i : 0], &trials[i], &arena, error);
    if (status == FS_OK) choose_answer(trials, count, &trials[count], &answer, said);
    if (status == FS_OK && (answer.failed || said->failed))
        status = fs_fail_memory(error, "writing a plan", 0);
    if (status == FS_OK)
        status = write_plan(commands, trials, count, fs_text_string(&answer), path, &arena, error);
    for (size_t i = 0; trials && i <= count; i++) trial_fini(&trials[i]);
    fs_free(trials);
    fs_text_fini(&answer);
    fs_arena_fini(&arena);
    return status;
}
