#include "mdscale_level.h"

#include <stdio.h>

enum { NAMES = 8 };

level_settings level_setting;
const char *level_names[NAMES + 1], *ties_names[NAMES + 1];

void level_options_make(void)
{
    for (int i = 0; i < NAMES && mds_level_name((mds_level)i); i++)
        level_names[i] = mds_level_name((mds_level)i);
    for (int i = 0; i < NAMES && mds_ties_name((mds_ties)i); i++) ties_names[i] = mds_ties_name((mds_ties)i);
}

const char *level_words(char *out, size_t room)
{
    const char *level = level_names[level_setting.level];
    if (level_setting.level == MDS_LEVEL_ORDINAL)
        snprintf(out, room, "%s, %s ties", level, ties_names[level_setting.ties]);
    else if (level_setting.level == MDS_LEVEL_SPLINE)
        snprintf(out, room, "%s of degree %d with %d interior knots", level,
                 level_setting.degree ? (int)level_setting.degree : 2,
                 level_setting.knots ? (int)level_setting.knots : 3);
    else
        snprintf(out, room, "%s", level);
    return out;
}
