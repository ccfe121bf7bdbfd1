/*
 * frame_label.h - what is written about a frame, in the words of flamegraph.pl.
 */
#ifndef FLAME_FRAME_LABEL_H
#define FLAME_FRAME_LABEL_H

#include "graph.h"
#include "text.h"

/* Names in another encoding on their way to UTF-8. A decoder of NULL or "UTF-8" passes them through. */
typedef struct flame_decoder {
    void *iconv; /* NULL: nothing to do */
    fs_text name;
} flame_decoder;

FS_CHECK fs_status flame_decoder_init(flame_decoder *decoder, const char *encoding, fs_error *error);
void flame_decoder_fini(flame_decoder *decoder);
/* The name with this id ("all" for FLAME_NONE, the root's), without its annotation. Valid until the next
 * call. */
FS_CHECK fs_status flame_decode_name(flame_decoder *decoder, const flame_tree *tree, uint32_t id,
                                     const char **text, size_t *length, fs_error *error);

/* A count without decimals and with commas: "1,234". */
void flame_add_count(fs_text *text, double count);

/* What follows the name in a tooltip: " (1,234 samples, 12.34%)", " (N samples, 100%)" for the root, and with
 * `differential` " (1,234 samples, 12.34%; +1.23%)". `total` is that of the picture, in samples. */
void flame_add_info(fs_text *text, const flame_graph_options *options, const flame_rect *rect, double total,
                    bool differential);

#endif
