#include "command.h"

#include "build_info.h"
#include "ending_signals.h"
#include "memory.h"
#include "output.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_MOST = 100, HELP_COLUMN = 30 };

/* The words that lead to the running command: "mdscale fit". One per process, by nature. */
static char current_path[128];
static const char *current_instruction_sets;

/* What is printed holds names from files and other programs: a terminal is to show them, not to obey them. */
static void print_clean(FILE *stream, const char *before, const char *text, const char *after)
{
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_printable(&clean, text, strlen(text), true);
    fprintf(stream, "%s%s%s", before, clean.failed ? "(out of memory)" : fs_text_string(&clean), after);
    fs_text_fini(&clean);
}

static void print_message(const char *message)
{
    char before[sizeof current_path + 4];
    snprintf(before, sizeof before, "%s: ", current_path);
    fflush(stdout);
    print_clean(stderr, before, message, "\n");
}

void command_complain(const char *format, ...)
{
    char message[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    print_message(message);
}

void command_print(const char *format, ...)
{
    fs_text text;
    fs_text_init(&text);
    va_list args;
    va_start(args, format);
    fs_text_format_v(&text, format, args);
    va_end(args);
    print_clean(stdout, "", text.failed ? "(out of memory)" : fs_text_string(&text), "");
    fs_text_fini(&text);
}

int command_fail(const fs_error *error)
{
    command_complain("%s", error->message[0] ? error->message : fs_status_text(error->code));
    return COMMAND_FAILED;
}

int command_fail_reading(const fs_error *error, const char *hint)
{
    if (error->code == FS_LIMIT) hint = "; if they are meant to, allow more with --max-unpacked SIZE";
    command_complain("%s%s", error->message, hint);
    return COMMAND_FAILED;
}

int command_usage(const char *format, ...)
{
    char message[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    print_message(message);
    fprintf(stderr, "See '%s --help'.\n", current_path);
    return COMMAND_USAGE;
}

static const char *output_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard output" : path;
}

int command_check_outputs(const char *const *inputs, size_t input_count, const char *const *outputs,
                          size_t output_count)
{
    for (size_t i = 0; i < output_count; i++) {
        const char *path = outputs[i];
        for (size_t j = 0; path && j < i; j++) {
            if (!outputs[j] || !fs_output_same(outputs[j], path)) continue;
            if (strcmp(outputs[j], path) == 0)
                return command_usage("two results cannot both go to %s", output_name(path));
            return command_usage("two results cannot both go to %s, which is also %s", output_name(path),
                                 output_name(outputs[j]));
        }
        for (size_t j = 0; path && j < input_count; j++) {
            if (!inputs[j] || !fs_output_is_input(path, inputs[j])) continue;
            if (strcmp(inputs[j], path) == 0)
                return command_usage("%s is an input; let the result go to another file", path);
            return command_usage("%s is the input %s; let the result go to another file", output_name(path),
                                 strcmp(inputs[j], "-") == 0 ? "on standard input" : inputs[j]);
        }
    }
    return COMMAND_OK;
}

bool command_colour(void)
{
    const char *term = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no_colour && no_colour[0]) && term && strcmp(term, "dumb") != 0;
}

/* ---- help ---- */

static int help_width(void)
{
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) width = size.ws_col;
    if (width <= 0) width = 80;
    return width > WIDTH_MOST ? WIDTH_MOST : width < 50 ? 50 : width;
}

void command_wrap(const char *text, int indent, int column)
{
    int width = help_width();
    while (*text) {
        if (*text == '\n') {
            printf("\n");
            column = 0;
            text++;
            continue;
        }
        int n = (int)strcspn(text, " \n");
        if (column > indent && column + 1 + n > width) {
            printf("\n");
            column = 0;
        }
        if (column < indent) {
            printf("%*s", indent - column, "");
            column = indent;
        } else if (column > indent) {
            printf(" ");
            column++;
        }
        printf("%.*s", n, text);
        column += n;
        text += n;
        while (*text == ' ') text++;
    }
    printf("\n");
}

static void option_heading(const command_option *option, fs_text *out)
{
    if (option->letter) fs_text_format(out, "-%c", option->letter);
    if (option->letter && option->name) fs_text_add(out, ", ");
    if (!option->letter) fs_text_add(out, "    ");
    if (option->name) fs_text_format(out, "--%s", option->name);
    if (option->value)
        fs_text_format(out, option->attached ? "[=%s]" : option->optional ? " [%s]" : " %s", option->value);
}

static void help_option(const command_option *option)
{
    fs_text heading;
    fs_text_init(&heading);
    option_heading(option, &heading);
    printf("  %s", fs_text_string(&heading));
    int column = 2 + (int)heading.length;
    if (column + 2 > HELP_COLUMN) {
        printf("\n");
        column = 0;
    }
    fs_text help;
    fs_text_init(&help);
    fs_text_add(&help, option->help ? option->help : "");
    if (option->kind == COMMAND_CHOICE) {
        fs_text_add(&help, " One of: ");
        for (const char *const *choice = option->choices; *choice; choice++)
            fs_text_format(&help, "%s%s", choice == option->choices ? "" : ", ", *choice);
        fs_text_add(&help, ".");
    }
    command_wrap(fs_text_string(&help), HELP_COLUMN, column);
    fs_text_fini(&help);
    fs_text_fini(&heading);
}

static bool has_options(const command *c)
{
    return c->options && c->options[0].kind != COMMAND_END;
}

static void print_help(const command *c)
{
    printf("Usage: %s%s%s%s%s\n\n", current_path, has_options(c) ? " [options]" : "",
           c->subcommands ? " COMMAND" : "", c->arguments ? " " : "", c->arguments ? c->arguments : "");
    command_wrap(c->summary, 0, 0);
    if (c->description) {
        printf("\n");
        command_wrap(c->description, 0, 0);
    }
    if (c->subcommands) {
        printf("\nCommands:\n");
        for (const command *const *sub = c->subcommands; *sub; sub++) {
            printf("  %s", (*sub)->name);
            command_wrap((*sub)->summary, 16, 2 + (int)strlen((*sub)->name));
        }
        printf("\n'%s COMMAND --help' tells more of each.\n", current_path);
    }
    bool headed = false;
    for (const command_option *o = c->options; o && o->kind != COMMAND_END; o++) {
        if (o->kind == COMMAND_HEADING) {
            printf("\n%s:\n", o->help);
            headed = true;
        } else if (!o->hidden) {
            if (!headed) printf("\nOptions:\n");
            headed = true;
            help_option(o);
        }
    }
    if (c->examples) printf("\nExamples:\n%s\n", c->examples);
}

/* ---- the man page ---- */

static void roff(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\'')) printf("\\&");
        if (*text == '\\' || *text == '-')
            printf("\\%s", *text == '-' ? "-" : "e");
        else
            putchar(*text);
        line_start = *text == '\n';
    }
}

static void roff_paragraphs(const char *text)
{
    for (const char *end; (end = strstr(text, "\n\n")); text = end + 2) {
        char *part = fs_strndup(text, (size_t)(end - text));
        if (part) roff(part);
        fs_free(part);
        printf("\n.PP\n");
    }
    roff(text);
    printf("\n");
}

static void print_man_options(const command *c)
{
    for (const command_option *o = c->options; o && o->kind != COMMAND_END; o++) {
        if (o->kind == COMMAND_HEADING) {
            printf(".SS ");
            roff(o->help);
            printf("\n");
        } else if (!o->hidden) {
            fs_text heading;
            fs_text_init(&heading);
            option_heading(o, &heading);
            const char *start = fs_text_string(&heading);
            while (*start == ' ') start++;
            printf(".TP\n.B ");
            roff(start);
            printf("\n");
            roff(o->help ? o->help : "");
            if (o->kind == COMMAND_CHOICE) {
                printf(" One of:");
                for (const char *const *choice = o->choices; *choice; choice++) {
                    printf(" ");
                    roff(*choice);
                    printf("%s", choice[1] ? "," : ".");
                }
            }
            printf("\n");
            fs_text_fini(&heading);
        }
    }
}

/* What a report of a fault should hold. The first line is "NAME VERSION", as other programs have it. */
static void print_version(const command *c)
{
#define TEXT(x)       #x
#define DIGITS(x)     TEXT(x)
#define DOTS(a, b, c) DIGITS(a) "." DIGITS(b) "." DIGITS(c)
#if defined(__clang__)
    const char *compiler = "clang " DOTS(__clang_major__, __clang_minor__, __clang_patchlevel__);
#elif defined(__GNUC__)
    const char *compiler = "gcc " DOTS(__GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#else
    const char *compiler = "unknown";
#endif
#undef DOTS
#undef DIGITS
#undef TEXT
#if defined(__AVX512F__)
    const char *compiled_for = "avx512";
#elif defined(__AVX2__)
    const char *compiled_for = "avx2";
#elif defined(__SSE2__)
    const char *compiled_for = "sse2";
#elif defined(__ARM_NEON)
    const char *compiled_for = "neon";
#else
    const char *compiled_for = "scalar";
#endif
    printf("%s %s\ncommit: %s\ncompiler: %s\ninstruction sets: %s\n", c->name, FLAMESCALE_VERSION,
           FLAMESCALE_COMMIT, compiler, current_instruction_sets ? current_instruction_sets : compiled_for);
}

static void print_man(const command *c)
{
    printf(".TH %s 1 \"\" \"flamescale %s\" \"User Commands\"\n.SH NAME\n", c->name, FLAMESCALE_VERSION);
    roff(current_path);
    printf(" \\- ");
    roff(c->summary);
    printf("\n.SH SYNOPSIS\n.B ");
    roff(current_path);
    printf("%s%s ", has_options(c) ? " [options]" : "", c->subcommands ? " COMMAND" : "");
    roff(c->arguments ? c->arguments : "");
    printf("\n");
    if (c->description) {
        printf(".SH DESCRIPTION\n");
        roff_paragraphs(c->description);
    }
    if (has_options(c)) {
        printf(".SH OPTIONS\n");
        print_man_options(c);
    }
    if (c->subcommands) printf(".SH COMMANDS\n");
    for (const command *const *sub = c->subcommands; sub && *sub; sub++) {
        printf(".SS \"%s %s\"\n", c->name, (*sub)->name);
        roff_paragraphs((*sub)->summary);
        if ((*sub)->description) {
            printf(".PP\n");
            roff_paragraphs((*sub)->description);
        }
        print_man_options(*sub);
    }
    if (c->examples) {
        printf(".SH EXAMPLES\n.nf\n");
        roff(c->examples);
        printf("\n.fi\n");
    }
}

/* ---- parsing ---- */

static const command_option *find_long(const command *c, const char *name, size_t length, bool *negated)
{
    *negated = false;
    for (const command_option *o = c->options; o && o->kind != COMMAND_END; o++) {
        if (!o->name || o->kind == COMMAND_HEADING) continue;
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) return o;
    }
    if (length > 3 && strncmp(name, "no-", 3) == 0) {
        const command_option *o = find_long(c, name + 3, length - 3, negated);
        *negated = true;
        return o && o->kind == COMMAND_FLAG ? o : NULL;
    }
    return NULL;
}

/* The one option whose name begins so; NULL when there is none, or several that set different things. */
static const command_option *find_beginning(const command *c, const char *name, size_t length)
{
    const command_option *found = NULL;
    for (const command_option *o = c->options; o && o->kind != COMMAND_END; o++) {
        if (!o->name || o->kind == COMMAND_HEADING || strncmp(o->name, name, length) != 0) continue;
        if (found && found->target != o->target) return NULL;
        found = o;
    }
    return found;
}

static const command_option *find_letter(const command *c, char letter)
{
    for (const command_option *o = c->options; o && o->kind != COMMAND_END; o++)
        if (o->letter == letter && o->kind != COMMAND_HEADING) return o;
    return NULL;
}

static int unknown_option(const command *c, const char *name)
{
    const char *words[256];
    size_t count = 0;
    for (const command_option *o = c->options; o && o->kind != COMMAND_END && count < 254; o++)
        if (o->name && !o->hidden && o->kind != COMMAND_HEADING) words[count++] = o->name;
    words[count++] = "help";
    const char *near = fs_nearest(name, words, count);
    if (near) return command_usage("there is no option --%s; did you mean --%s?", name, near);
    return command_usage("there is no option --%s", name);
}

static int bad_value(const command_option *o, const char *value, const char *wanted)
{
    if (o->name) return command_usage("--%s: '%s' is not %s", o->name, value, wanted);
    return command_usage("-%c: '%s' is not %s", o->letter, value, wanted);
}

static int set_integer(const command_option *o, const char *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (end == value || *end || errno) return bad_value(o, value, "a whole number");
    if ((o->least != 0 || o->most != 0) && ((double)number < o->least || (double)number > o->most)) {
        char wanted[96];
        snprintf(wanted, sizeof wanted, "a whole number from %.0f to %.0f", o->least, o->most);
        return bad_value(o, value, wanted);
    }
    *(int64_t *)o->target = number;
    return COMMAND_OK;
}

static int set_real(const command_option *o, const char *value)
{
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end || !isfinite(number)) return bad_value(o, value, "a number");
    if ((o->least != 0 || o->most != 0) && (number < o->least || number > o->most)) {
        char wanted[96];
        snprintf(wanted, sizeof wanted, "a number from %g to %g", o->least, o->most);
        return bad_value(o, value, wanted);
    }
    *(double *)o->target = number;
    return COMMAND_OK;
}

static int set_size(const command_option *o, const char *value)
{
    uint64_t size;
    if (!fs_size_parse(value, &size) || size == 0)
        return bad_value(o, value, "a size in bytes, such as 500M or 8G");
    *(uint64_t *)o->target = size;
    return COMMAND_OK;
}

static int set_choice(const command_option *o, const char *value)
{
    size_t count = 0;
    for (; o->choices[count]; count++) {
        if (strcmp(o->choices[count], value) == 0) {
            *(int *)o->target = (int)count;
            return COMMAND_OK;
        }
    }
    fs_text wanted;
    fs_text_init(&wanted);
    fs_text_add(&wanted, "one of ");
    for (size_t i = 0; i < count; i++) fs_text_format(&wanted, "%s%s", i ? ", " : "", o->choices[i]);
    const char *near = fs_nearest(value, o->choices, count);
    if (near) fs_text_format(&wanted, "; did you mean %s?", near);
    int status = bad_value(o, value, fs_text_string(&wanted));
    fs_text_fini(&wanted);
    return status;
}

static int add_to_list(command_list *list, const char *value)
{
    const char **grown = fs_realloc(list->items, list->count + 1, sizeof *grown);
    if (!grown) return command_fail_memory();
    list->items = grown;
    list->items[list->count++] = value;
    return COMMAND_OK;
}

static int set_option(const command_option *o, const char *value)
{
    if (o->given) *o->given = true;
    switch (o->kind) {
    case COMMAND_INTEGER:
        return set_integer(o, value);
    case COMMAND_SIZE:
        return set_size(o, value);
    case COMMAND_REAL:
        return set_real(o, value);
    case COMMAND_CHOICE:
        return set_choice(o, value);
    case COMMAND_LIST:
        return add_to_list(o->target, value);
    case COMMAND_TEXT:
        *(const char **)o->target = value;
        return COMMAND_OK;
    case COMMAND_FLAG:
    case COMMAND_HEADING:
    case COMMAND_END:
        break;
    }
    return COMMAND_OK;
}

/* One long option; *used tells how many words of argv it took. */
static int parse_long(const command *c, char **words, int left, int *used)
{
    const char *name = words[0] + 1 + (words[0][1] == '-');
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    bool negated;
    *used = 1;
    const command_option *o = find_long(c, name, length, &negated);
    if (!o && c->one_dash) o = find_beginning(c, name, length);
    if (!o) {
        char *copy = fs_strndup(name, length);
        int status = unknown_option(c, copy ? copy : name);
        fs_free(copy);
        return status;
    }
    if (o->kind == COMMAND_FLAG) {
        if (value) return command_usage("--%s takes no value", o->name);
        *(bool *)o->target = !negated;
        if (o->given) *o->given = true;
        return COMMAND_OK;
    }
    if (!value && !(o->optional && (o->attached || left < 2 || words[1][0] == '-'))) {
        if (left < 2) return command_usage("--%s needs a value (%s)", o->name, o->value ? o->value : "VALUE");
        value = words[1];
        *used = 2;
    }
    if (!value) {
        if (o->given) *o->given = true;
        if (o->kind == COMMAND_TEXT) *(const char **)o->target = NULL;
        return COMMAND_OK;
    }
    return set_option(o, value);
}

/* A word of short options: "-q", "-o FILE", "-oFILE", "-qv". */
static int parse_short(const command *c, char **words, int left, int *used)
{
    *used = 1;
    for (const char *at = words[0] + 1; *at; at++) {
        const command_option *o = find_letter(c, *at);
        if (!o) return command_usage("there is no option -%c", *at);
        if (o->kind == COMMAND_FLAG) {
            *(bool *)o->target = true;
            if (o->given) *o->given = true;
            continue;
        }
        if (at[1]) return set_option(o, at + 1);
        if (left < 2) return command_usage("-%c needs a value (%s)", *at, o->value ? o->value : "VALUE");
        *used = 2;
        return set_option(o, words[1]);
    }
    return COMMAND_OK;
}

static int unknown_command(const command *c, const char *word)
{
    const char *names[64];
    size_t count = 0;
    for (const command *const *sub = c->subcommands; *sub && count < 64; sub++) names[count++] = (*sub)->name;
    const char *near = fs_nearest(word, names, count);
    if (near) return command_usage("there is no command '%s'; did you mean '%s'?", word, near);
    return command_usage("there is no command '%s'", word);
}

static int run_command(const command *c, int argc, char **argv)
{
    char **arguments = fs_alloc((size_t)argc + 1, sizeof *arguments);
    if (!arguments) return command_fail_memory();
    int count = 0, status = COMMAND_OK;
    bool options_over = false;
    for (int i = 1; i < argc && status == COMMAND_OK;) {
        char *word = argv[i];
        int used = 1;
        if (options_over || word[0] != '-' || word[1] == '\0') {
            if (c->subcommands && count == 0) {
                for (const command *const *sub = c->subcommands; *sub; sub++) {
                    if (strcmp((*sub)->name, word) != 0) continue;
                    size_t length = strlen(current_path);
                    snprintf(current_path + length, sizeof current_path - length, " %s", word);
                    fs_free(arguments);
                    return run_command(*sub, argc - i, argv + i);
                }
                status = unknown_command(c, word);
                break;
            }
            arguments[count++] = word;
            if (c->rest) options_over = true;
        } else if (strcmp(word, "--") == 0) {
            options_over = true;
        } else if (strcmp(word, "--help") == 0 || (c->one_dash && strcmp(word, "-help") == 0) ||
                   (strcmp(word, "-h") == 0 && !find_letter(c, 'h'))) {
            print_help(c);
            goto done;
        } else if (strcmp(word, "--version") == 0 || (strcmp(word, "-V") == 0 && !find_letter(c, 'V'))) {
            print_version(c);
            goto done;
        } else if (strcmp(word, "--man") == 0) {
            print_man(c);
            goto done;
        } else if (word[1] == '-' || (c->one_dash && word[2])) {
            status = parse_long(c, argv + i, argc - i, &used);
        } else {
            status = parse_short(c, argv + i, argc - i, &used);
        }
        i += used;
    }
    if (status == COMMAND_OK && c->subcommands && count == 0) {
        print_help(c);
        status = COMMAND_USAGE;
    } else if (status == COMMAND_OK && count < c->least) {
        status = command_usage("needs %s", c->arguments ? c->arguments : "more arguments");
    } else if (status == COMMAND_OK && c->most >= 0 && count > c->most) {
        status = command_usage("'%s' is one argument too many", arguments[c->most]);
    } else if (status == COMMAND_OK) {
        arguments[count] = NULL;
        status = c->run(count, arguments);
    }
done:
    fs_free(arguments);
    if (fflush(stdout) != 0 && errno != EPIPE) {
        command_complain("cannot write standard output: %s", strerror(errno));
        if (status == COMMAND_OK) status = COMMAND_FAILED;
    }
    return status;
}

/* Where the caller has closed standard input, output or error, the next file that is opened would take the
 * number, and words for people would end up in it. What is opened here fails to be read or written instead.
 */
static void hold_standard_numbers(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int command_main(const command *program, const char *instruction_sets, int argc, char **argv)
{
    current_instruction_sets = instruction_sets;
    hold_standard_numbers();
    file_limit_catch();
    snprintf(current_path, sizeof current_path, "%s", program->name);
    return run_command(program, argc, argv);
}
