#include "output_format.h"

#include "graph.h"

#include <stdio.h>
#include <string.h>

static const flame_output_format *const formats[] = {
#define OUTPUT_ROW(constant, name) [constant] = &flame_writer_##name,
    FLAME_OUTPUT_FORMATS(OUTPUT_ROW)
#undef OUTPUT_ROW
};

const flame_output_format *flame_output_format_of(flame_output_form form)
{
    return formats[form];
}

flame_output_form flame_output_form_of(const char *path)
{
    size_t longest = 0; /* "x.trace.json" ends in ".json" too */
    flame_output_form found = FLAME_OUTPUT_UNKNOWN;
    for (int form = FLAME_OUTPUT_UNKNOWN + 1; form < FLAME_OUTPUT_COUNT; form++) {
        for (const char *const *ending = formats[form]->endings; *ending; ending++) {
            if (strlen(*ending) <= longest || !fs_path_ends(path, *ending)) continue;
            longest = strlen(*ending);
            found = (flame_output_form)form;
        }
    }
    return found;
}

bool flame_output_is_picture(flame_output_form form)
{
#define OUTPUT_CASE(constant, name) || form == constant
    return false FLAME_PICTURE_FORMATS(OUTPUT_CASE);
#undef OUTPUT_CASE
}

const char *flame_output_endings(flame_output_form first, flame_output_form last,
                                 char out[FLAME_ENDINGS_SIZE])
{
    size_t used = 0;
    out[0] = '\0';
    for (int form = first; form <= (int)last; form++) {
        const char *before = form == (int)first ? "" : form == (int)last ? " or " : ", ";
        int n = snprintf(out + used, FLAME_ENDINGS_SIZE - used, "%s%s", before, formats[form]->endings[0]);
        used += (size_t)n < FLAME_ENDINGS_SIZE - used ? (size_t)n : 0;
    }
    return out;
}

fs_status flame_write(const flame_tree *tree, flame_output_form form, const flame_output_settings *settings,
                      fs_output *output, fs_error *error)
{
    return formats[form]->write(tree, settings, output, error);
}
