#include "frame_label.h"

#include <errno.h>
#include <iconv.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

fs_status flame_decoder_init(flame_decoder *decoder, const char *encoding, fs_error *error)
{
    *decoder = (flame_decoder){0};
    fs_text_init(&decoder->name);
    if (!encoding || strcasecmp(encoding, "utf-8") == 0 || strcasecmp(encoding, "utf8") == 0) return FS_OK;
    iconv_t opened = iconv_open("UTF-8", encoding);
    if ((intptr_t)opened == -1)
        return fs_fail(error, FS_ARGUMENT,
                       "the encoding '%s' is not known here; 'iconv --list' shows those that are", encoding);
    decoder->iconv = opened;
    return FS_OK;
}

void flame_decoder_fini(flame_decoder *decoder)
{
    if (decoder->iconv) iconv_close(decoder->iconv);
    fs_text_fini(&decoder->name);
    *decoder = (flame_decoder){0};
}

/* What cannot be converted comes out as U+FFFD, a byte at a time. */
static fs_status convert(flame_decoder *decoder, const char *text, size_t length, fs_error *error)
{
    char *in = (char *)text; /* iconv's interface forgot the const */
    size_t left = length;
    fs_text_clear(&decoder->name);
    iconv(decoder->iconv, NULL, NULL, NULL, NULL);
    while (left > 0) {
        char chunk[256];
        char *out = chunk;
        size_t room = sizeof chunk;
        size_t done = iconv(decoder->iconv, &in, &left, &out, &room);
        int why = errno;
        fs_text_append(&decoder->name, chunk, sizeof chunk - room);
        if (done != (size_t)-1 || why == E2BIG) continue;
        fs_text_add(&decoder->name, "\xEF\xBF\xBD");
        in++;
        left--;
    }
    return decoder->name.failed ? fs_fail_memory(error, "decoding a name", length) : FS_OK;
}

fs_status flame_decode_name(flame_decoder *decoder, const flame_tree *tree, uint32_t id, const char **text,
                            size_t *length, fs_error *error)
{
    if (id == FLAME_NONE) {
        *text = "all";
        *length = 3;
        return FS_OK;
    }
    const flame_name *name = flame_tree_name_of(tree, id);
    *text = name->text;
    *length = name->length;
    if (!decoder->iconv) return FS_OK;
    fs_status status = convert(decoder, name->text, name->length, error);
    *text = fs_text_string(&decoder->name);
    *length = decoder->name.length;
    return status;
}

void flame_add_count(fs_text *text, double count)
{
    char digits[340];                       /* the largest double has 309 */
    bool small = count > 0 && count < 1e15; /* the format's rounding, without its cost */
    int n =
        small ? (int)fs_number_format(rint(count), digits) : snprintf(digits, sizeof digits, "%.0f", count);
    const char *at = digits;
    if (*at == '-') {
        fs_text_char(text, '-');
        at++;
        n--;
    }
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0) fs_text_char(text, ',');
        fs_text_char(text, at[i]);
    }
}

void flame_add_info(fs_text *text, const flame_graph_options *options, const flame_rect *rect, double total,
                    bool differential)
{
    /* The share is that of the rounded count, as in flamegraph.pl. */
    double count = rint((rect->end - rect->start) * options->factor);
    fs_text_add(text, " (");
    flame_add_count(text, count);
    fs_text_char(text, ' ');
    fs_text_add(text, options->count_name);
    fs_text_add(text, ", ");
    if (rect->level == 0) {
        fs_text_add(text, "100%)");
        return;
    }
    fs_text_fixed(text, 100 * count / (total * options->factor), 2);
    fs_text_char(text, '%');
    if (differential) {
        double delta = options->negate ? -rect->delta : rect->delta;
        double share = 100 * delta / (total * options->factor);
        if (share > -0.005 && share <= 0) share = 0; /* there is no "-0.00%" */
        fs_text_format(text, "; %s%.2f%%", delta > 0 ? "+" : "", share);
    }
    fs_text_char(text, ')');
}
