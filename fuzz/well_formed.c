#include "well_formed.h"

#include "text.h"

#include <string.h>

enum { DEPTH = 64 };

typedef struct scanner {
    const char *at, *end;
    struct {
        const char *name;
        size_t length;
    } open[DEPTH];
    size_t depth;
} scanner;

static bool begins(const scanner *s, const char *word)
{
    size_t n = strlen(word);
    return (size_t)(s->end - s->at) >= n && memcmp(s->at, word, n) == 0;
}

/* Past the next `word`; what lies before it goes to *inside. */
static bool skip_past(scanner *s, const char *word, const char **inside, size_t *length)
{
    const char *found = memmem(s->at, (size_t)(s->end - s->at), word, strlen(word));
    if (!found) return false;
    *inside = s->at;
    *length = (size_t)(found - s->at);
    s->at = found + strlen(word);
    return true;
}

static bool characters(const char *text, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t cp;
        size_t n = fs_utf8_decode(text + i, length - i, &cp);
        if (n == 0 || (cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 0xFFFE || cp == 0xFFFF)
            return false;
        i += n;
    }
    return true;
}

/* Text or an attribute's value: no '<', and '&' only where it begins an entity. */
static bool escaped(const char *text, size_t length)
{
    static const char *const entities[] = {"&amp;", "&lt;",  "&gt;",  "&quot;",
                                           "&#9;",  "&#10;", "&#13;", "&#39;"};
    for (size_t i = 0; i < length; i++) {
        bool known = text[i] != '&';
        for (size_t e = 0; e < sizeof entities / sizeof *entities && !known; e++) {
            size_t n = strlen(entities[e]);
            known = length - i >= n && memcmp(text + i, entities[e], n) == 0;
        }
        if (!known || text[i] == '<') return false;
    }
    return true;
}

static size_t name_length(const scanner *s)
{
    size_t n = 0;
    while (s->at + n < s->end && !strchr(" \t\n/>=\"'<&", s->at[n])) n++;
    return n;
}

static bool element(scanner *s)
{
    bool closing = s->at < s->end && *s->at == '/';
    s->at += closing;
    const char *name = s->at;
    size_t length = name_length(s);
    if (length == 0) return false;
    s->at += length;
    for (;;) {
        while (s->at < s->end && strchr(" \n", *s->at)) s->at++;
        if (s->at >= s->end) return false;
        if (*s->at == '>' || *s->at == '/') break;
        size_t n = name_length(s);
        s->at += n;
        if (n == 0 || closing || !begins(s, "=\"")) return false;
        s->at += 2;
        const char *value;
        size_t value_length;
        if (!skip_past(s, "\"", &value, &value_length) || !escaped(value, value_length)) return false;
    }
    if (*s->at == '/') return !closing && begins(s, "/>") && (s->at += 2, true);
    s->at++;
    if (closing) {
        if (s->depth == 0) return false;
        s->depth--;
        return s->open[s->depth].length == length && memcmp(s->open[s->depth].name, name, length) == 0;
    }
    if (s->depth == DEPTH) return false;
    s->open[s->depth].name = name;
    s->open[s->depth++].length = length;
    return true;
}

bool xml_well_formed(const char *text, size_t length)
{
    scanner s = {.at = text, .end = text + length};
    const char *inside;
    size_t n;
    if (!characters(text, length) || !begins(&s, "<?xml ")) return false;
    while (s.at < s.end) {
        if (begins(&s, "<?")) {
            if (!skip_past(&s, "?>", &inside, &n)) return false;
        } else if (begins(&s, "<!--")) {
            s.at += 4;
            if (!skip_past(&s, "-->", &inside, &n) || memmem(inside, n, "--", 2)) return false;
            if (n && inside[n - 1] == '-') return false;
        } else if (begins(&s, "<![CDATA[")) {
            if (s.depth == 0 || !skip_past(&s, "]]>", &inside, &n)) return false;
        } else if (begins(&s, "<!DOCTYPE")) {
            if (!skip_past(&s, ">", &inside, &n)) return false;
        } else if (*s.at == '<') {
            s.at++;
            if (!element(&s)) return false;
        } else {
            const char *next = memchr(s.at, '<', (size_t)(s.end - s.at));
            n = (size_t)((next ? next : s.end) - s.at);
            if (!escaped(s.at, n)) return false;
            s.at += n;
        }
    }
    return s.depth == 0;
}
