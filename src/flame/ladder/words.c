#include "words.h"

#include <string.h>

/* Unquoted characters that ask for a shell, and why; those of the second list only at the start of a word. */
static const char *const shell_characters[][2] = {
    {"|", "'|' joins two commands"},
    {"&", "'&' runs a command beside another"},
    {";", "';' separates two commands"},
    {"<>", "'<' and '>' redirect files"},
    {"()", "'(' and ')' group commands"},
    {"$", "'$' stands for a variable or a command"},
    {"`", "'`' stands for the output of a command"},
    {"*?[", "'*', '?' and '[' stand for file names"},
    {"\n", "a new line separates two commands"},
};
static const char *const starting_characters[][2] = {
    {"~", "'~' stands for a home directory"},
    {"#", "'#' begins a comment"},
};

/* Why an unquoted character asks for a shell; NULL when it does not. */
static const char *shell_reason(char c, bool word_start)
{
    for (size_t i = 0; i < sizeof shell_characters / sizeof *shell_characters; i++)
        if (strchr(shell_characters[i][0], c)) return shell_characters[i][1];
    for (size_t i = 0; i < 2 && word_start; i++)
        if (strchr(starting_characters[i][0], c)) return starting_characters[i][1];
    return NULL;
}

/* NAME=value before the command is the shell's way to set the environment. */
static bool is_assignment(const char *word)
{
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return n > 0 && word[n] == '=' && !(word[0] >= '0' && word[0] <= '9');
}

/* One word from *at into `word`. */
static fs_status take_word(const char **at, fs_text *word, fs_error *error)
{
    const char *s = *at;
    bool first = true;
    while (*s && *s != ' ' && *s != '\t') {
        const char *reason = shell_reason(*s, first);
        first = false;
        if (reason) return fs_fail(error, FS_UNSUPPORTED, "%s", reason);
        if (*s == '\'') {
            const char *end = strchr(s + 1, '\'');
            if (!end) return fs_fail(error, FS_FORMAT, "the quote ' at \"%.20s\" is not closed", s);
            fs_text_append(word, s + 1, (size_t)(end - s - 1));
            s = end + 1;
        } else if (*s == '"') {
            const char *open = s++;
            while (*s && *s != '"') {
                if (*s == '$' || *s == '`')
                    return fs_fail(error, FS_UNSUPPORTED, "%s", shell_reason(*s, false));
                if (*s == '\\' && s[1] && strchr("\"\\$`", s[1])) s++;
                fs_text_char(word, *s++);
            }
            if (!*s) return fs_fail(error, FS_FORMAT, "the quote \" at '%.20s' is not closed", open);
            s++;
        } else if (*s == '\\') {
            if (!s[1]) return fs_fail(error, FS_FORMAT, "it ends in a lone backslash");
            fs_text_char(word, s[1]);
            s += 2;
        } else {
            fs_text_char(word, *s++);
        }
    }
    *at = s;
    return word->failed ? fs_fail_memory(error, "splitting a command", 0) : FS_OK;
}

fs_status flame_words_split(const char *line, fs_arena *arena, char ***words, size_t *count, fs_error *error)
{
    fs_status status = FS_OK;
    fs_text word;
    fs_text_init(&word);
    char **list = fs_arena_alloc(arena, strlen(line) / 2 + 2, sizeof *list);
    size_t n = 0;
    if (!list) status = fs_fail_memory(error, "splitting a command", 0);
    for (const char *at = line; status == FS_OK;) {
        at += strspn(at, " \t");
        if (!*at) break;
        fs_text_clear(&word);
        const char *start = at;
        status = take_word(&at, &word, error);
        if (status != FS_OK) break;
        if (n == 0 && is_assignment(start)) {
            status = fs_fail(error, FS_UNSUPPORTED, "'%s' sets a variable (\"environment\" does that here)",
                             fs_text_string(&word));
            break;
        }
        list[n] = fs_arena_strndup(arena, fs_text_string(&word), word.length);
        if (!list[n++]) status = fs_fail_memory(error, "splitting a command", 0);
    }
    fs_text_fini(&word);
    if (status != FS_OK) return status;
    if (n == 0) return fs_fail(error, FS_FORMAT, "it is empty");
    list[n] = NULL;
    *words = list;
    *count = n;
    return FS_OK;
}

char *flame_words_fill(const char *text, const char *const *names, const char *const *values, size_t count,
                       fs_arena *arena)
{
    fs_text out;
    fs_text_init(&out);
    while (*text) {
        size_t plain = strcspn(text, "{");
        fs_text_append(&out, text, plain);
        text += plain;
        if (!*text) break;
        size_t length = strcspn(text + 1, "{}");
        const char *value = NULL;
        for (size_t i = 0; text[1 + length] == '}' && i < count && !value; i++)
            if (strlen(names[i]) == length && memcmp(names[i], text + 1, length) == 0) value = values[i];
        if (value) {
            fs_text_add(&out, value);
            text += length + 2;
        } else {
            fs_text_char(&out, *text++);
        }
    }
    return flame_text_keep(&out, arena);
}

static bool is_plain(const char *word)
{
    return word[0] && word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                        "_-+=./:,@%{}")] == '\0';
}

char *flame_words_join(const char *const *words, fs_arena *arena)
{
    fs_text out;
    fs_text_init(&out);
    for (size_t i = 0; words[i]; i++) {
        if (i) fs_text_char(&out, ' ');
        if (is_plain(words[i]) && !(i == 0 && is_assignment(words[i]))) {
            fs_text_add(&out, words[i]);
            continue;
        }
        fs_text_char(&out, '\'');
        for (const char *c = words[i]; *c; c++) {
            if (*c == '\'')
                fs_text_add(&out, "'\\''");
            else
                fs_text_char(&out, *c);
        }
        fs_text_char(&out, '\'');
    }
    return flame_text_keep(&out, arena);
}

char *flame_text_keep(fs_text *text, fs_arena *arena)
{
    char *copy = text->failed ? NULL : fs_arena_strndup(arena, fs_text_string(text), text->length);
    fs_text_fini(text);
    return copy;
}

char *flame_arena_format(fs_arena *arena, const char *format, ...)
{
    fs_text text;
    fs_text_init(&text);
    va_list args;
    va_start(args, format);
    fs_text_format_v(&text, format, args);
    va_end(args);
    return flame_text_keep(&text, arena);
}

const char *flame_path_join(const char *directory, const char *name, fs_arena *arena)
{
    if (name[0] == '/' || strcmp(directory, ".") == 0) return fs_arena_strndup(arena, name, strlen(name));
    size_t length = strlen(directory); /* "report/" is as good as "report" */
    while (length > 0 && directory[length - 1] == '/') length--;
    return flame_arena_format(arena, "%.*s/%s", (int)length, directory, name);
}
