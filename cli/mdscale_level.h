/*
 * mdscale_level.h - the options of a scale level, which fitting and judging share.
 */
#ifndef CLI_MDSCALE_LEVEL_H
#define CLI_MDSCALE_LEVEL_H

#include "command.h"
#include "mdscale.h"

typedef struct level_settings {
    int level, ties; /* mds_level, mds_ties */
    int64_t degree, knots;
} level_settings;

extern level_settings level_setting;
extern const char *level_names[], *ties_names[];

/* Fill the words in: before options are parsed. */
void level_options_make(void);

/* What was asked for, for a line or a key: "ordinal, primary ties". */
const char *level_words(char *out, size_t room);

#define LEVEL_OPTIONS                                                                                        \
    {.kind = COMMAND_CHOICE,                                                                                 \
     .name = "level",                                                                                        \
     .value = "NAME",                                                                                        \
     .help = "How distances are to follow the dissimilarities: ratio, as they are (the default); interval, " \
             "after a straight line; ordinal, in their order only (nonmetric scaling); spline, after a "     \
             "smooth rising curve; log, after a power of them.",                                             \
     .target = &level_setting.level,                                                                         \
     .choices = level_names},                                                                                \
        {.kind = COMMAND_CHOICE,                                                                             \
         .name = "ties",                                                                                     \
         .value = "NAME",                                                                                    \
         .help = "Level ordinal: equal dissimilarities may become different distances (primary, the "        \
                 "default), must become equal ones (secondary), or need only keep their means in order "     \
                 "(tertiary).",                                                                              \
         .target = &level_setting.ties,                                                                      \
         .choices = ties_names},                                                                             \
        {.kind = COMMAND_INTEGER,                                                                            \
         .name = "spline-degree",                                                                            \
         .value = "N",                                                                                       \
         .help = "Level spline: its degree. Default: 2.",                                                    \
         .target = &level_setting.degree,                                                                    \
         .least = 1,                                                                                         \
         .most = 5},                                                                                         \
    {                                                                                                        \
        .kind = COMMAND_INTEGER, .name = "spline-knots", .value = "N",                                       \
        .help = "Level spline: its interior knots, at quantiles of the dissimilarities. Default: 3.",        \
        .target = &level_setting.knots, .least = 1, .most = 20                                               \
    }

#endif
