#include "output_format.h"

#include "graph.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const flame_output_format *const formats[] = {
#define OUTPUT_ROW(constant, name) [constant] = &flame_writer_##name,
    FLAME_OUTPUT_FORMATS(OUTPUT_ROW)
#undef OUTPUT_ROW
};

const flame_output_format *flame_output_format_of(flame_output_form form)
{
    return formats[form];
}

static bool ends(const char *path, size_t length, const char *ending)
{
    size_t n = strlen(ending);
    return length > n && strncasecmp(path + length - n, ending, n) == 0;
}

static flame_output_form form_of(const char *path, size_t length)
{
    size_t longest = 0; /* "x.trace.json" ends in ".json" too */
    flame_output_form found = FLAME_OUTPUT_UNKNOWN;
    for (int form = FLAME_OUTPUT_UNKNOWN + 1; form < FLAME_OUTPUT_COUNT; form++) {
        for (const char *const *ending = formats[form]->endings; *ending; ending++) {
            if (strlen(*ending) <= longest || !ends(path, length, *ending)) continue;
            longest = strlen(*ending);
            found = (flame_output_form)form;
        }
    }
    return found;
}

flame_output_form flame_output_form_of(const char *path)
{
    size_t length = strlen(path);
    flame_output_form found = form_of(path, length);
    if (found == FLAME_OUTPUT_UNKNOWN && ends(path, length, ".gz"))
        found = form_of(path, length - strlen(".gz"));
    return found;
}

bool flame_output_is_picture(flame_output_form form)
{
#define OUTPUT_CASE(constant, name) || form == constant
    return false FLAME_PICTURE_FORMATS(OUTPUT_CASE);
#undef OUTPUT_CASE
}

bool flame_output_holds_one(flame_output_form form)
{
    return form == FLAME_OUTPUT_SPEEDSCOPE || form == FLAME_OUTPUT_CHROME ||
           form == FLAME_OUTPUT_CPUPROFILE || form == FLAME_OUTPUT_FIREFOX;
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
    fs_status status = flame_output_pack(form, output, error);
    return status ? status : formats[form]->write(tree, settings, output, error);
}

fs_status flame_output_pack(flame_output_form form, fs_output *output, fs_error *error)
{
    return !formats[form]->packed && fs_output_ends(output, ".gz") ? fs_output_gzip(output, error) : FS_OK;
}
