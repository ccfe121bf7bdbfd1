#include "cython_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A name with its length before it and '_' after it, as in "6module_"; 0: there is none. */
static size_t part(const char *at, const char **name)
{
    char *after;
    if (!isdigit((unsigned char)*at)) return 0;
    unsigned long length = strtoul(at, &after, 10);
    if (length == 0 || length >= strlen(after) || after[length] != '_' || isdigit((unsigned char)*after))
        return 0;
    *name = after;
    return length;
}

bool cython_name(const char *symbol, fs_text *out)
{
    /* What is called from Python, its body, and functions of C. */
    static const char *const prefixes[] = {"__pyx_pw_", "__pyx_pf_", "__pyx_f_"};
    const char *at = NULL, *name;
    size_t parts = 0;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && !at; i++)
        if (strncmp(symbol, prefixes[i], strlen(prefixes[i])) == 0) at = symbol + strlen(prefixes[i]);
    if (!at) return false;
    const char *first;
    if (!part(at, &first)) return false;
    for (size_t length; (length = part(at, &name)) > 0; at = name + length + 1, parts++) {
        if (parts) fs_text_char(out, '.');
        fs_text_append(out, name, length);
    }
    /* The rest is the function's name, numbered among those of its module where it is called from Python. */
    if (strncmp(symbol, "__pyx_f_", 8) != 0)
        while (isdigit((unsigned char)*at)) at++;
    fs_text_char(out, '.');
    fs_text_add(out, at);
    return true;
}
