#include "palette.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const flame_palette_words[] = {
#define WORD(name, word, background) word,
    FLAME_PALETTE_TABLE(WORD)
#undef WORD
        NULL};

/* ---- numbers from names ---- */

/* Three numbers in [0, 1) that place a frame in its palette. */
typedef struct places {
    double a, b, c;
} places;

/* 64-bit FNV-1a, finished by the mixer of splitmix64. Not the tables' hash: colours should outlive changes to
 * that one. */
static uint64_t name_hash(const flame_name *name, uint64_t seed)
{
    uint64_t h = 0xCBF29CE484222325u ^ seed;
    for (uint32_t i = 0; i < name->length; i++) h = (h ^ (unsigned char)name->text[i]) * 0x100000001B3u;
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
    return h ^ (h >> 31);
}

static places spread_by_hash(uint64_t h)
{
    return (places){(double)(h & 0x1FFFFF) / 0x200000, (double)(h >> 21 & 0x1FFFFF) / 0x200000,
                    (double)(h >> 42 & 0x1FFFFF) / 0x200000};
}

/* A name as flamegraph.pl hashes it: with its annotation, and read from its end if `backward`. */
typedef struct spelling {
    const flame_name *name;
    const char *annotation;
    size_t length;
    bool backward;
} spelling;

static unsigned char spelt(const spelling *word, size_t i)
{
    size_t at = word->backward ? word->length - 1 - i : i;
    return (unsigned char)(at < word->name->length ? word->name->text[at]
                                                   : word->annotation[at - word->name->length]);
}

/* The hash of flamegraph.pl's --hash: three characters count, the first one most, so names that begin alike
 * are coloured alike. What stands before a tick (module`function), unless that comes first, is left out. */
static double alike_hash(const flame_name *name, bool backward)
{
    const char *annotation = flame_kind_annotation(name->kind);
    spelling word = {name, annotation, name->length + strlen(annotation), backward};
    double sum = 0, weight = 1, most = 1;
    size_t first = 1;
    while (first < word.length && spelt(&word, first) != '`') first++;
    first = first < word.length ? first + 1 : 0;
    for (unsigned i = 0; i < 3 && first + i < word.length; i++) {
        unsigned modulus = 10 + i;
        sum += (double)(spelt(&word, first + i) % modulus) / (modulus - 1) * weight;
        most += weight;
        weight *= 0.7;
    }
    return 1 - sum / most;
}

static places spread_alike(const flame_name *name)
{
    double backward = alike_hash(name, true);
    return (places){alike_hash(name, false), backward, backward};
}

/* ---- palettes that look at the name ---- */

static bool has(const flame_name *name, const char *part)
{
    return memmem(name->text, name->length, part, strlen(part)) != NULL;
}

static bool begins(const flame_name *name, const char *part)
{
    size_t n = strlen(part);
    return name->length >= n && memcmp(name->text, part, n) == 0;
}

static bool begins_any(const flame_name *name, const char *const *parts)
{
    for (; *parts; parts++)
        if (begins(name, *parts)) return true;
    return false;
}

/* java.util.ArrayList.add or Main.main, as async-profiler writes them: packages, written small, class,
 * method. */
static bool is_dotted_java(const flame_name *name)
{
    const char *at = name->text, *end = at + name->length;
    while (at < end && ((*at >= 'a' && *at <= 'z') || *at == '_')) {
        while (at < end && (isalnum((unsigned char)*at) || *at == '_' || *at == '$')) at++;
        if (at == end || *at != '.') return false;
        at++;
    }
    return at < end && *at >= 'A' && *at <= 'Z' && memchr(at, '.', (size_t)(end - at));
}

static flame_palette java(const flame_name *name)
{
    static const char *const packages[] = {"java/", "javax/", "jdk/",   "net/",    "org/",  "com/",
                                           "io/",   "sun/",   "Ljava/", "Ljavax/", "Ljdk/", "Lnet/",
                                           "Lorg/", "Lcom/",  "Lio/",   "Lsun/",   NULL};
    if (name->kind == FLAME_JIT) return FLAME_PALETTE_GREEN;
    if (name->kind == FLAME_INLINED) return FLAME_PALETTE_AQUA;
    if (begins_any(name, packages) || has(name, ":::")) return FLAME_PALETTE_GREEN;
    if (has(name, "::")) return FLAME_PALETTE_YELLOW;
    if (is_dotted_java(name)) return FLAME_PALETTE_GREEN;
    return name->kind == FLAME_KERNEL ? FLAME_PALETTE_ORANGE : FLAME_PALETTE_RED;
}

static flame_palette javascript(const flame_name *name)
{
    if (name->kind == FLAME_JIT) return has(name, "/") ? FLAME_PALETTE_GREEN : FLAME_PALETTE_AQUA;
    if (has(name, "::")) return FLAME_PALETTE_YELLOW;
    const char *slash = memchr(name->text, '/', name->length);
    if (slash && memmem(slash, name->length - (size_t)(slash - name->text), ".js", 3))
        return FLAME_PALETTE_GREEN;
    if (has(name, ":")) return FLAME_PALETTE_AQUA;
    if (name->length == 1 && name->text[0] == ' ') return FLAME_PALETTE_GREEN; /* a missing symbol */
    return name->kind == FLAME_KERNEL ? FLAME_PALETTE_ORANGE : FLAME_PALETTE_RED;
}

static flame_palette perl(const flame_name *name)
{
    if (has(name, "::")) return FLAME_PALETTE_YELLOW;
    if (has(name, "Perl") || has(name, ".pl")) return FLAME_PALETTE_GREEN;
    return name->kind == FLAME_KERNEL ? FLAME_PALETTE_ORANGE : FLAME_PALETTE_RED;
}

/* Installed packages, the standard library, other Python, and the rest. */
static flame_palette python(const flame_name *name)
{
    if (name->kind == FLAME_KERNEL) return FLAME_PALETTE_ORANGE;
    if (has(name, "site-packages") || has(name, "dist-packages")) return FLAME_PALETTE_AQUA;
    if (has(name, "<frozen ") || has(name, "<built-in") || has(name, "<method") || has(name, "lib/python"))
        return FLAME_PALETTE_YELLOW;
    return has(name, ".py") ? FLAME_PALETTE_GREEN : FLAME_PALETTE_RED;
}

/* The standard library, other Rust, and the rest. */
static flame_palette rust(const flame_name *name)
{
    static const char *const standard[] = {
        "core::", "std::", "alloc::", "<core::", "<std::", "<alloc::", NULL};
    if (begins_any(name, standard)) return FLAME_PALETTE_ORANGE;
    return has(name, "::") ? FLAME_PALETTE_AQUA : FLAME_PALETTE_YELLOW;
}

static flame_palette resolve(flame_palette palette, const flame_name *name)
{
    switch (palette) {
    case FLAME_PALETTE_WAKEUP:
        return FLAME_PALETTE_AQUA;
    case FLAME_PALETTE_CHAIN:
        return name->kind == FLAME_WAKER ? FLAME_PALETTE_AQUA : FLAME_PALETTE_BLUE;
    case FLAME_PALETTE_JAVA:
        return java(name);
    case FLAME_PALETTE_JS:
        return javascript(name);
    case FLAME_PALETTE_PERL:
        return perl(name);
    case FLAME_PALETTE_PYTHON:
        return python(name);
    case FLAME_PALETTE_RUST:
        return rust(name);
    default:
        return palette;
    }
}

static uint8_t level(int base, int span, double place)
{
    return (uint8_t)(base + (int)(span * place));
}

flame_colour flame_palette_colour(flame_palette palette, flame_variation variation, uint64_t seed,
                                  const flame_name *name)
{
    if (name->length <= 2 && name->length > 0 && memcmp(name->text, "--", name->length) == 0)
        return name->length == 2 ? (flame_colour){160, 160, 160} : (flame_colour){200, 200, 200};
    places v = variation == FLAME_VARY_HASH
                   ? spread_alike(name)
                   : spread_by_hash(name_hash(name, variation == FLAME_VARY_RANDOM ? seed : 0));
    switch (resolve(palette, name)) {
    case FLAME_PALETTE_MEM:
        return (flame_colour){0, level(190, 50, v.b), level(0, 210, v.a)};
    case FLAME_PALETTE_IO:
        return (flame_colour){level(80, 60, v.a), level(80, 60, v.a), level(190, 55, v.b)};
    case FLAME_PALETTE_RED:
        return (flame_colour){level(200, 55, v.a), level(50, 80, v.a), level(50, 80, v.a)};
    case FLAME_PALETTE_GREEN:
        return (flame_colour){level(50, 60, v.a), level(200, 55, v.a), level(50, 60, v.a)};
    case FLAME_PALETTE_BLUE:
        return (flame_colour){level(80, 60, v.a), level(80, 60, v.a), level(205, 50, v.a)};
    case FLAME_PALETTE_YELLOW:
        return (flame_colour){level(175, 55, v.a), level(175, 55, v.a), level(50, 20, v.a)};
    case FLAME_PALETTE_PURPLE:
        return (flame_colour){level(190, 65, v.a), level(80, 60, v.a), level(190, 65, v.a)};
    case FLAME_PALETTE_AQUA:
        return (flame_colour){level(50, 60, v.a), level(165, 55, v.a), level(165, 55, v.a)};
    case FLAME_PALETTE_ORANGE:
        return (flame_colour){level(190, 65, v.a), level(90, 65, v.a), 0};
    default:
        return (flame_colour){level(205, 50, v.c), level(0, 230, v.a), level(0, 55, v.b)};
    }
}

flame_colour flame_delta_colour(double delta, double most)
{
    if (delta == 0 || !(most > 0)) return (flame_colour){255, 255, 255};
    double share = fabs(delta) >= most ? 1 : fabs(delta) / most;
    uint8_t rest = (uint8_t)(255 * (1 - share)); /* no step at 0: a sample more or less is noise */
    return delta > 0 ? (flame_colour){255, rest, rest} : (flame_colour){rest, rest, 255};
}

/* ---- colours as text ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* "#rrggbb" or "#rgb" of exactly `length` bytes. */
static bool parse_hex(const char *text, size_t length, flame_colour *colour)
{
    int d[6];
    if ((length != 7 && length != 4) || text[0] != '#') return false;
    for (size_t i = 1; i < length; i++)
        if ((d[i - 1] = hex_digit(text[i])) < 0) return false;
    if (length == 4)
        *colour = (flame_colour){(uint8_t)(d[0] * 17), (uint8_t)(d[1] * 17), (uint8_t)(d[2] * 17)};
    else
        *colour = (flame_colour){(uint8_t)(d[0] * 16 + d[1]), (uint8_t)(d[2] * 16 + d[3]),
                                 (uint8_t)(d[4] * 16 + d[5])};
    return true;
}

bool flame_colour_parse(const char *text, flame_colour *colour)
{
    unsigned r, g, b;
    int end = -1;
    if (parse_hex(text, strlen(text), colour)) return true;
    if (sscanf(text, " rgb ( %3u , %3u , %3u ) %n", &r, &g, &b, &end) != 3 || end < 0 || text[end])
        return false;
    if (r > 255 || g > 255 || b > 255) return false;
    *colour = (flame_colour){(uint8_t)r, (uint8_t)g, (uint8_t)b};
    return true;
}

fs_status flame_background(const char *text, flame_palette palette, flame_colour *from, flame_colour *to,
                           fs_error *error)
{
    static const struct {
        const char *word;
        flame_colour from, to;
    } known[] = {{"yellow", {0xEE, 0xEE, 0xEE}, {0xEE, 0xEE, 0xB0}},
                 {"blue", {0xEE, 0xEE, 0xEE}, {0xE0, 0xE0, 0xFF}},
                 {"green", {0xEE, 0xF2, 0xEE}, {0xE0, 0xFF, 0xE0}},
                 {"grey", {0xF8, 0xF8, 0xF8}, {0xE8, 0xE8, 0xE8}},
                 {"gray", {0xF8, 0xF8, 0xF8}, {0xE8, 0xE8, 0xE8}}};
    static const char *const usual[] = {
#define BACKGROUND(name, word, background) background,
        FLAME_PALETTE_TABLE(BACKGROUND)
#undef BACKGROUND
    };
    if (!text) text = usual[palette];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].word, text) != 0) continue;
        *from = known[i].from;
        *to = known[i].to;
        return FS_OK;
    }
    size_t length = strcspn(text, "-");
    if (parse_hex(text, length, from)) {
        *to = *from;
        if (text[length] == '\0' || parse_hex(text + length + 1, strlen(text + length + 1), to)) return FS_OK;
    }
    return fs_fail(
        error, FS_ARGUMENT,
        "'%s' is not a background: say yellow, blue, green, grey, a colour such as #ffffff, or two "
        "of them with a dash between",
        text);
}
