/*
 * palette.h - what colour a frame has.
 *
 * The palettes and their ranges are those people know from flamegraph.pl and inferno. A colour depends on the
 * name alone (with --random: on the name and the seed), so a function keeps its colour from one picture to
 * the next and two runs on one input give the same bytes.
 */
#ifndef FLAME_PALETTE_H
#define FLAME_PALETTE_H

#include "tree.h"

#include <stdint.h>

/* name, background that goes with it */
#define FLAME_PALETTE_TABLE(X)                                                                               \
    X(HOT, "hot", "yellow")                                                                                  \
    X(MEM, "mem", "green")                                                                                   \
    X(IO, "io", "blue")                                                                                      \
    X(WAKEUP, "wakeup", "blue")                                                                              \
    X(CHAIN, "chain", "blue")                                                                                \
    X(JAVA, "java", "yellow")                                                                                \
    X(JS, "js", "yellow")                                                                                    \
    X(PERL, "perl", "yellow")                                                                                \
    X(PYTHON, "python", "yellow")                                                                            \
    X(RUST, "rust", "yellow")                                                                                \
    X(RED, "red", "grey")                                                                                    \
    X(GREEN, "green", "grey")                                                                                \
    X(BLUE, "blue", "grey")                                                                                  \
    X(AQUA, "aqua", "grey")                                                                                  \
    X(YELLOW, "yellow", "grey")                                                                              \
    X(PURPLE, "purple", "grey")                                                                              \
    X(ORANGE, "orange", "grey")

typedef enum flame_palette {
#define FLAME_PALETTE_ENUM(name, word, background) FLAME_PALETTE_##name,
    FLAME_PALETTE_TABLE(FLAME_PALETTE_ENUM)
#undef FLAME_PALETTE_ENUM
} flame_palette;

/* The words, ended by NULL: the choices of --colors. */
extern const char *const flame_palette_words[];

typedef enum flame_variation {
    FLAME_VARY_NAME = 0, /* spread over the palette by a hash of the whole name */
    FLAME_VARY_HASH,     /* names that begin alike get like colours (--hash) */
    FLAME_VARY_RANDOM    /* by name and seed (--random) */
} flame_variation;

typedef struct flame_colour {
    uint8_t red, green, blue;
} flame_colour;

flame_colour flame_palette_colour(flame_palette palette, flame_variation variation, uint64_t seed,
                                  const flame_name *name);

/* White for no change, towards red for more and blue for less, fully saturated at `most`. */
flame_colour flame_delta_colour(double delta, double most);

/* "#rrggbb", "#rgb" or "rgb(r,g,b)"; false when `text` is none of them. */
bool flame_colour_parse(const char *text, flame_colour *colour);

/* The two ends of a background: "yellow", "blue", "green", "grey" (or "gray"), "#rrggbb" or
 * "#rrggbb-#rrggbb"; NULL: the one that goes with the palette. */
FS_CHECK fs_status flame_background(const char *text, flame_palette palette, flame_colour *from,
                                    flame_colour *to, fs_error *error);

/* ---- the palette file (--cp): "name->rgb(r,g,b)" a line ---- */

typedef struct flame_colour_map flame_colour_map;

FS_CHECK fs_status flame_colour_map_create(flame_colour_map **map, fs_error *error);
void flame_colour_map_destroy(flame_colour_map *map); /* NULL is legal */
/* Add the lines of a file; a file that does not exist adds nothing. */
FS_CHECK fs_status flame_colour_map_read(flame_colour_map *map, const char *path, fs_error *error);
/* All entries, sorted by name. */
FS_CHECK fs_status flame_colour_map_write(const flame_colour_map *map, const char *path, fs_error *error);
/* The colour kept for the name; `fresh` is kept for it if there was none. */
FS_CHECK fs_status flame_colour_map_get(flame_colour_map *map, const flame_name *name, flame_colour fresh,
                                        flame_colour *colour, fs_error *error);

#endif
