/*
 * command.h - one option table gives a command its parsing, its --help and its man page.
 *
 * A program is a tree of `struct command`. Each option names the variable it sets, so a command's run
 * function finds everything in place and sees only its positional arguments.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum command_kind {
    COMMAND_END = 0, /* the last row of a table */
    COMMAND_HEADING, /* `help` is a heading in --help; nothing is parsed */
    COMMAND_FLAG,    /* bool *: --name sets true, --no-name sets false */
    COMMAND_INTEGER, /* int64_t *, within least..most */
    COMMAND_SIZE,    /* uint64_t *: bytes, written 500M, 4G */
    COMMAND_REAL,    /* double *, within least..most; finite */
    COMMAND_TEXT,    /* const char ** */
    COMMAND_LIST,    /* struct command_list *: the option may be given several times */
    COMMAND_CHOICE   /* int *: the index in `choices`, which ends with NULL */
} command_kind;

typedef struct command_list {
    const char **items; /* borrowed strings; the array belongs to the parser and lives until exit */
    size_t count;
} command_list;

typedef struct command_option {
    command_kind kind;
    char letter;       /* 0: no short form */
    const char *name;  /* without dashes; NULL: short form only */
    const char *value; /* the placeholder in --help: "FILE", "N"; NULL for a flag */
    const char *help;  /* one or two sentences; defaults stated in words */
    void *target;
    double least, most; /* both 0: no bounds */
    const char *const *choices;
    bool optional; /* the value may be left out (`--name` alone sets *target to NULL for TEXT), at the end or
                      before a word that begins with '-' */
    bool attached; /* ... or unless it is written `--name=value` */
    bool hidden;   /* parsed, but not in --help: other tools' spellings */
    bool *given;   /* set to true when the option appears; NULL if nobody asks */
} command_option;

typedef struct command {
    const char *name;
    const char *summary;     /* one line, for the list of subcommands */
    const char *arguments;   /* "INPUT [MORE...]" */
    const char *description; /* paragraphs separated by a blank line; NULL for none */
    const char *examples;    /* lines shown as they are; NULL for none */
    const command_option *options;
    int least, most; /* how many positional arguments; most < 0: any number */
    bool rest; /* the first positional argument, or "--", ends the options: what follows is a command line */
    bool one_dash; /* long options may have one dash, and be cut short while that tells them apart */
    int (*run)(int count, char **arguments);  /* returns the exit status; NULL for a group */
    const struct command *const *subcommands; /* ends with NULL; NULL for a leaf */
} command;

/* Exit statuses shared by every command. */
enum {
    COMMAND_OK = 0,
    COMMAND_FAILED = 1,        /* the work failed: bad data, no such file */
    COMMAND_USAGE = 2,         /* the command line is wrong */
    COMMAND_INTERRUPTED = 130, /* Ctrl-C; what could be saved was saved */
    COMMAND_UNREAD = 141       /* nobody reads standard output any longer */
};

/* Parse and run `program`, a group or a leaf. Handles --help, --version and --man (the man page in roff) at
 * every level; prints mistakes to standard error with the nearest known word. `instruction_sets` is what
 * --version says of them, for a program that chooses between several; NULL: those that all of it is compiled
 * for. */
int command_main(const command *program, const char *instruction_sets, int argc, char **argv);

/* Print `text` and a newline on standard output, wrapped between `indent` and the width of the terminal; the
 * cursor stands at `column`. */
void command_wrap(const char *text, int indent, int column);

/* Text for people on standard output, whatever that is. What is not printable in it (fs_text_add_printable)
 * is replaced, here and in all messages below; newlines and tabs stay. */
void command_print(const char *format, ...) FS_PRINTF(1, 2);

/* "mdscale fit: message" on standard error (the name of the running command). */
void command_complain(const char *format, ...) FS_PRINTF(1, 2);

/* Complain with the message of `error` and return COMMAND_FAILED. */
int command_fail(const fs_error *error);

/* The same for an input that could not be read: `hint` (or what to do about FS_LIMIT) follows the message. */
int command_fail_reading(const fs_error *error, const char *hint);

/* Complain that there is no memory and return COMMAND_FAILED. */
static inline int command_fail_memory(void)
{
    command_complain("out of memory");
    return COMMAND_FAILED;
}

/* Complain about the command line, point to --help and return COMMAND_USAGE. */
int command_usage(const char *format, ...) FS_PRINTF(1, 2);

/* Refuse outputs that would go over one of the inputs or over each other, however they are spelled, before
 * anything is opened. NULL entries are files that nobody asked for. COMMAND_OK, or COMMAND_USAGE after
 * complaining. */
int command_check_outputs(const char *const *inputs, size_t input_count, const char *const *outputs,
                          size_t output_count);

/* Whether standard error is a terminal that takes colour (NO_COLOR and TERM=dumb respected). */
bool command_colour(void);

#endif
