/*
 * mdscale_input.h - what the subcommands of mdscale share: the options that say how to read a table, and the
 * way from a file to dissimilarities or features.
 */
#ifndef CLI_MDSCALE_INPUT_H
#define CLI_MDSCALE_INPUT_H

#include "command.h"
#include "dissimilarity.h"
#include "file.h"
#include "mdscale.h"
#include "table_read.h"

typedef enum input_kind { INPUT_AUTO, INPUT_DISTANCES, INPUT_FEATURES } input_kind;

/* Set by the options of the running command; one command runs in a process. */
typedef struct input_options {
    int kind;      /* input_kind */
    int layout;    /* mds_layout */
    int separator; /* index in the choices */
    int decimal;
    bool header, header_given;
    const char *labels, *groups;
    command_list skip;
    int64_t rows;
    uint64_t max_unpacked;
    bool symmetrize;
    int metric, scaling;
    bool metric_given;
    double exponent;
    command_list categories, presences;
    int similarities; /* mds_similarity */
    bool similarities_given;
    int64_t threads;
    int isa;
    bool quiet;
    bool square_known; /* whether INPUT stays in its file has been found out: `square` objects, 0: it does not
                        */
    size_t square;
    bool rows_do;       /* more features than fit a matrix well stay features: set by a command */
    bool pairs_do;      /* pairs of more objects than fit a matrix well stay pairs: set by a command */
    bool keep_features; /* beside the distances made of them, in the table: set by a command, not an option */
} input_options;

extern input_options input;
extern const char *const input_kinds[], *const input_layouts[], *const input_separators[],
                                                                    *const input_decimals[];

/* The library's names of metrics and instruction sets, by number: filled before options are parsed. */
enum { INPUT_NAMES = 32 };
extern const char *input_metrics[], *input_isas[], *input_scalings[], *input_similarities[];
void input_options_make(void);

/* Rows of an option table. */
#define INPUT_OPTION_LAYOUT                                                                                  \
    {                                                                                                        \
        .kind = COMMAND_CHOICE, .name = "layout", .value = "FORM",                                           \
        .help = "How dissimilarities are written: all of them, the lower or upper triangle with or without " \
                "its diagonal, condensed as SciPy's pdist, or pairs (from, to, value on a line). Detected "  \
                "unless given.",                                                                             \
        .target = &input.layout, .choices = input_layouts                                                    \
    }

#define INPUT_OPTIONS_READING                                                                                \
    {.kind = COMMAND_FLAG,                                                                                   \
     .name = "header",                                                                                       \
     .help = "The first line names the columns (--no-header: it does not). Detected unless given.",          \
     .target = &input.header,                                                                                \
     .given = &input.header_given},                                                                          \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "separator",                                                                                \
         .value = "WORD",                                                                                    \
         .help = "What stands between fields. Detected unless given.",                                       \
         .target = &input.separator,                                                                         \
         .choices = input_separators},                                                                       \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "decimal",                                                                                  \
         .value = "MARK",                                                                                    \
         .help = "The decimal mark. Detected unless given.",                                                 \
         .target = &input.decimal,                                                                           \
         .choices = input_decimals},                                                                         \
        {.kind = COMMAND_TEXT,                                                                               \
         .name = "labels",                                                                                   \
         .value = "COLUMN|FILE",                                                                             \
         .help = "The names of the objects: a column by its name or its number from 1, or a file with one "  \
                 "name a line, or FILE:COLUMN of another table. Default: the one column of text.",           \
         .target = &input.labels},                                                                           \
        {.kind = COMMAND_LIST,                                                                               \
         .name = "skip",                                                                                     \
         .value = "COLUMN",                                                                                  \
         .help = "Leave this column out. May be given several times.",                                       \
         .target = &input.skip},                                                                             \
        {.kind = COMMAND_SIZE,                                                                               \
         .name = "max-unpacked",                                                                             \
         .value = "SIZE",                                                                                    \
         .help = "Stop when gzip unpacks to more than this (500M, 8G), which a small file can. Default: "    \
                 "4G.",                                                                                      \
         .target = &input.max_unpacked},                                                                     \
    {                                                                                                        \
        .kind = COMMAND_INTEGER, .name = "rows", .value = "N", .help = "Only the first N objects.",          \
        .target = &input.rows, .least = 1, .most = 1e15                                                      \
    }

#define INPUT_OPTIONS_RUNNING                                                                                \
    {.kind = COMMAND_INTEGER,                                                                                \
     .name = "threads",                                                                                      \
     .value = "N",                                                                                           \
     .help = "Use N threads; the result is the same for any N. Default: one per available core.",            \
     .target = &input.threads,                                                                               \
     .least = 1,                                                                                             \
     .most = 4096},                                                                                          \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "isa",                                                                                      \
         .value = "LEVEL",                                                                                   \
         .help = "Force an instruction set; auto takes the widest that the processor has.",                  \
         .target = &input.isa,                                                                               \
         .choices = input_isas},                                                                             \
    {                                                                                                        \
        .kind = COMMAND_FLAG, .letter = 'q', .name = "quiet", .help = "Print nothing but errors.",           \
        .target = &input.quiet                                                                               \
    }

/* Seconds in a unit that reads well: "0.36 ms". */
const char *input_seconds(double seconds, char out[32]);

#define INPUT_OPTION_KIND                                                                                    \
    {                                                                                                        \
        .kind = COMMAND_CHOICE, .name = "input", .value = "WHAT",                                            \
        .help = "What INPUT holds. With auto, a triangle, a condensed line, and a square that is symmetric " \
                "or has a zero "                                                                             \
                "diagonal are distances; anything else is features.",                                        \
        .target = &input.kind, .choices = input_kinds                                                        \
    }

#define INPUT_OPTIONS_METRIC                                                                                 \
    {.kind = COMMAND_CHOICE,                                                                                 \
     .name = "metric",                                                                                       \
     .value = "NAME",                                                                                        \
     .help = "Distance between the rows of a feature table. braycurtis, weighted-jaccard, hellinger and "    \
             "jensenshannon are for counts; jaccard for presences (not 0), hamming for codes, gower for "    \
             "columns of several kinds and missing cells, haversine for latitude and longitude in degrees "  \
             "(kilometres). Default: euclidean.",                                                            \
     .target = &input.metric,                                                                                \
     .choices = input_metrics,                                                                               \
     .given = &input.metric_given},                                                                          \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "scale",                                                                                    \
         .value = "HOW",                                                                                     \
         .help = "Bring each feature to one scale first: less its mean over its standard deviation (sd), "   \
                 "less its minimum over its range, or less its median over the distance of its quartiles "   \
                 "(robust). Default: none.",                                                                 \
         .target = &input.scaling,                                                                           \
         .choices = input_scalings},                                                                         \
        {.kind = COMMAND_REAL,                                                                               \
         .name = "exponent",                                                                                 \
         .value = "P",                                                                                       \
         .help = "The exponent of --metric minkowski, from 1 to 1000. Default: 2.",                          \
         .target = &input.exponent,                                                                          \
         .least = 1,                                                                                         \
         .most = 1000},                                                                                      \
        {.kind = COMMAND_LIST,                                                                               \
         .name = "category",                                                                                 \
         .value = "COLUMN",                                                                                  \
         .help = "For --metric gower: this column holds names or codes of categories. May be given "         \
                 "several times.",                                                                           \
         .target = &input.categories},                                                                       \
    {                                                                                                        \
        .kind = COMMAND_LIST, .name = "presence", .value = "COLUMN",                                         \
        .help = "For --metric gower: this column of numbers tells what is there (not 0), and that two "      \
                "objects both lack it says nothing. May be given several times.",                            \
        .target = &input.presences                                                                           \
    }

#define INPUT_OPTION_SIMILARITIES                                                                            \
    {                                                                                                        \
        .kind = COMMAND_CHOICE, .name = "similarities", .value = "WORD",                                     \
        .help = "INPUT holds similarities s: one-minus takes 1 - s, max-minus the largest less s, root "     \
                "sqrt(1 - s), kernel sqrt(s_ii - 2 s_ij + s_jj), log -log(s).",                              \
        .target = &input.similarities, .choices = input_similarities, .given = &input.similarities_given     \
    }

#define INPUT_OPTION_SYMMETRIZE                                                                              \
    {                                                                                                        \
        .kind = COMMAND_FLAG, .name = "symmetrize",                                                          \
        .help = "Take the mean of the two dissimilarities of each pair when they differ.",                   \
        .target = &input.symmetrize                                                                          \
    }

/* What was read. */
typedef struct input_data {
    const char *path;
    mds_table table; /* labels, groups, names; its values are NULL once distances were made of them */
    size_t n;
    double *delta;    /* n x n dissimilarities (inside the table, or `own`) */
    const char *file; /* NULL, or they are read from there, and delta is NULL */
    mds_pair *pairs;  /* NULL, or a long list of them, and delta is NULL */
    size_t pair_count;
    double *own;  /* distances computed from features */
    double *wide; /* features with categories behind them, or NULL: those of the table */
    mds_column *types;
    mds_distance_options distances; /* of features that stay features (delta is NULL) */
    size_t columns;                 /* of them, categories too */
    size_t features;                /* how many features they came from; 0: read as dissimilarities */
    double read_seconds, distance_seconds;
    char taken[300]; /* "21 x 21 dissimilarities (CSV, square), labels in the first column" */
} input_data;

/* Whether INPUT stays in its file, where that is a large clean square. */
bool input_may_stay(const char *path);

/* Read INPUT as features or dissimilarities, whichever it is, and end with checked dissimilarities.
 * COMMAND_OK, or the exit status after complaining. */
int input_load(const char *path, input_data *data);
void input_fini(input_data *data);

/* Read a table of features only: data->table holds n rows of data->features values, none missing but for the
 * metric gower. */
int input_load_features(const char *path, input_data *data);

/* The distances of `other`s features (may be NULL: those among themselves) to those of `data`, as the options
 * say: mds_distances and mds_distances_between, categories coded. `delta`: a row for each object of other, or
 * of data. */
int input_distances(const char *path, input_data *data, const char *other_path, input_data *other,
                    double *delta);

/* Make features ready for a problem that is kept as rows: data->distances, wide and columns. COMMAND_OK, or
 * the exit status after complaining. */
int input_prepare_rows(const char *path, input_data *data);

/* Objects whose features become a matrix of distances: what the library does with them too. */
enum { INPUT_MATRIX_MOST = 10000 };

/* Objects whose dissimilarities are read from an .npy file into memory, 3.2 GB; where there are more, they
 * stay there: to read them piece by piece takes longer. */
enum { INPUT_HELD_MOST = 20000 };

/* Read the n x p numbers of a map or a starting configuration of the objects in `data`; `what` names it in
 * messages. p = 0: as many columns as there are, put into *columns. Where both files have labels the rows are
 * matched by them; other labels are a failure. Free *x with fs_free. */
int input_load_map(const char *path, const char *what, const input_data *data, size_t p, double **x,
                   size_t *columns);

/* Read n x n weights of the objects in `data`, matched in the same way; missing ones become 0. */
int input_load_weights(const char *path, const input_data *data, double **weights);

/* The parts of input_load: a table that was read, made checked dissimilarities; names counted; what a person
 * should know about how the file was understood, on standard error; a failure, and how to say what was meant.
 */
int input_take_dissimilarities(const char *path, input_data *data);
int input_take_pairs(const char *path, input_data *data);
int input_check_names(const char *path, input_data *data);
void input_tell_notes(const char *path, const mds_table *table);
int input_fail_table(const fs_error *error, const mds_table *table);
const char *input_hint_words(mds_table_hint hint);

/* Whether `path` is "-"; NULL is not. */
bool input_is_standard(const char *path);

/* Whether a result for `path` comes out where standard output does ("-", /dev/stdout); NULL does not. */
bool output_is_standard(const char *path);

/* command_check_outputs with the files of --labels and --groups as inputs too; at most 4 others. */
int output_check(const char *const *inputs, size_t input_count, const char *const *outputs,
                 size_t output_count);

/* Open a result, if a path is given. COMMAND_OK, or the exit status after complaining. */
int output_open(const char *path, fs_output **output);

/* The same for all results of a run, and none of them open after an error; whether one comes out at standard
 * output; and the end of those that were not made to appear. */
int output_open_all(const char *const *paths, size_t count, fs_output **outputs);
bool output_any_is_standard(const char *const *paths, size_t count);
void output_discard_all(fs_output **outputs, size_t count);

/* Make the results of a run appear together (fs_outputs_commit), and set them to NULL. COMMAND_OK, or the
 * exit status after complaining; a reader of standard output that has left (| head) gets no words. */
int output_commit(fs_output **outputs, size_t count);

/* Complain with a library error about the file `path`. */
int input_fail(const char *path, const mds_error *error);

#endif
