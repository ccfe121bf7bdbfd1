/*
 * output_format.h - everything that stacks can come out as, and which of it a file's ending asks for.
 *
 * A new form is a file with its writer and flame_writer_NAME (stack_writer.h), and a line here: the words of
 * the commands' options, the endings and the messages follow.
 */
#ifndef FLAME_OUTPUT_FORMAT_H
#define FLAME_OUTPUT_FORMAT_H

#include "stack_writer.h"

#include <stdbool.h>

/* X(constant, name) */
#define FLAME_PICTURE_FORMATS(X)                                                                             \
    X(FLAME_OUTPUT_SVG, svg)                                                                                 \
    X(FLAME_OUTPUT_HTML, html)
#define FLAME_PROFILE_FORMATS(X)                                                                             \
    X(FLAME_OUTPUT_FOLDED, folded)                                                                           \
    X(FLAME_OUTPUT_SPEEDSCOPE, speedscope)                                                                   \
    X(FLAME_OUTPUT_PPROF, pprof)                                                                             \
    X(FLAME_OUTPUT_CHROME, chrome)                                                                           \
    X(FLAME_OUTPUT_CPUPROFILE, cpuprofile)                                                                   \
    X(FLAME_OUTPUT_FIREFOX, firefox)
#define FLAME_FILE_FORMATS(X)                                                                                \
    FLAME_PICTURE_FORMATS(X)                                                                                 \
    FLAME_PROFILE_FORMATS(X)
#define FLAME_OUTPUT_FORMATS(X)                                                                              \
    FLAME_FILE_FORMATS(X)                                                                                    \
    X(FLAME_OUTPUT_TEXT, text)

typedef enum flame_output_form {
    FLAME_OUTPUT_UNKNOWN = 0,
#define FLAME_OUTPUT_CONSTANT(constant, name) constant,
    FLAME_OUTPUT_FORMATS(FLAME_OUTPUT_CONSTANT)
#undef FLAME_OUTPUT_CONSTANT
        FLAME_OUTPUT_COUNT,
    FLAME_OUTPUT_LAST_FILE = FLAME_OUTPUT_TEXT - 1 /* of those that an ending can ask for */
} flame_output_form;

/* For the choices of an option: "svg", "html", ... */
#define FLAME_OUTPUT_WORD(constant, name) #name,

/* What is known of a form; not of FLAME_OUTPUT_UNKNOWN. */
const flame_output_format *flame_output_format_of(flame_output_form form);

/* The form that a path's ending asks for, with ".gz" after it or not. */
flame_output_form flame_output_form_of(const char *path);

/* Whether it is a picture to look at, as against a profile for other programs. */
bool flame_output_is_picture(flame_output_form form);

/* Whether a stack has one count there: a difference does not fit. */
bool flame_output_holds_one(flame_output_form form);

/* The usual ending of each form from `first` to `last`, for a message: ".svg, .html, .folded". */
enum { FLAME_ENDINGS_SIZE = 128 };
const char *flame_output_endings(flame_output_form first, flame_output_form last,
                                 char out[FLAME_ENDINGS_SIZE]);

/* Let what is written to `output` be gzip when its path ends in ".gz" and the form is not gzip anyway. */
FS_CHECK fs_status flame_output_pack(flame_output_form form, fs_output *output, fs_error *error);

/* Any of them, packed as above, without committing. FS_ARGUMENT: the tree is not in the order of time, and
 * must be. */
FS_CHECK fs_status flame_write(const flame_tree *tree, flame_output_form form,
                               const flame_output_settings *settings, fs_output *output, fs_error *error);

#endif
