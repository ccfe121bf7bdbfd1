/*
 * answer.h - what a rung answered, and whether two answers are the same.
 *
 * An answer is text. Two texts agree when they are the same but for the amount of blanks, and but for
 * numbers, which agree within the rule's tolerance; with none given, whole numbers must be equal and others
 * agree to 1e-9.
 */
#ifndef FLAME_ANSWER_H
#define FLAME_ANSWER_H

#include "plan.h"
#include "run_command.h"

#include <sys/stat.h>

typedef struct flame_answer {
    char *text; /* NUL-terminated */
    size_t length;
    char *summary; /* one short line for people, valid UTF-8 */
} flame_answer;

/* Longer ones do not stand in ladder.json; those of first rungs are files of their own (flame_answer_file).
 */
enum { FLAME_ANSWER_SHORT = 400 };

/* Which state of the answer's file there was before a run. */
typedef struct flame_file_stamp {
    bool exists;
    struct stat info;
} flame_file_stamp;

void flame_file_stamp_take(const char *path, flame_file_stamp *stamp);

/* Whether `pattern` is a regular expression (PCRE2). FS_FORMAT with the place of its first mistake. */
FS_CHECK fs_status flame_answer_pattern(const char *pattern, fs_error *error);

/* The answer by `rule`. `path`: of the file, for FLAME_ANSWER_FILE, with its stamp from before the run.
 * FS_DATA, with what to do: no answer, several, not a number, too much output. */
FS_CHECK fs_status flame_answer_take(const flame_answer_rule *rule, const flame_capture *output,
                                     const char *path, const flame_file_stamp *before, flame_answer *answer,
                                     fs_error *error);
void flame_answer_fini(flame_answer *answer);

/* Whether there is an answer. A rung may give none by the rules of other rungs. */
bool flame_answer_given(const flame_answer *answer);

typedef enum flame_agreement {
    FLAME_ANSWER_WRONG = 0, /* `why` says where they part */
    FLAME_ANSWER_SAME,
    FLAME_ANSWER_BETTER /* by rule->better; `why` says: "lower stress: 12.3, the first rung's 13.1" */
} flame_agreement;

/* Whether `other` agrees with `first`, both of which are given. O(length). */
flame_agreement flame_answer_agree(const flame_answer_rule *rule, const flame_answer *first,
                                   const flame_answer *other, fs_text *why);

/* The number under `key` in the JSON line that has it. *found is false when there is none. FS_DATA: it is
 * there twice, or is no number. */
FS_CHECK fs_status flame_answer_number(const char *key, const flame_capture *output, double *number,
                                       bool *found, fs_error *error);

#endif
