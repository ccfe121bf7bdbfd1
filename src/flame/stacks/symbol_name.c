#include "symbol_name.h"

#include <string.h>

static const char anonymous[] = "(anonymous namespace)";

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

bool flame_symbol_is_anonymous(const char *name, size_t length)
{
    return length >= sizeof anonymous - 1 && memcmp(name, anonymous, sizeof anonymous - 1) == 0;
}

size_t flame_symbol_end(const char *name, size_t length)
{
    int level = 0;
    for (size_t i = 0; i < length; i++) {
        char c = name[i];
        if (c == 'o' && length - i > 8 && memcmp(name + i, "operator", 8) == 0 &&
            strchr("<>-(", name[i + 8]) && (i == 0 || name[i - 1] == ':' || is_space(name[i - 1]))) {
            i += 8; /* operator<, operator<<=, operator->, operator() */
            if (name[i] == '(' && i + 1 < length && name[i + 1] == ')')
                i += 1;
            else
                while (i + 1 < length && strchr("<>=-*", name[i + 1]) && name[i] != '(') i++;
            continue;
        }
        if (c == '<') level++;
        if (c == '>' && level > 0 && !(i > 0 && name[i - 1] == '-')) level--;
        if (c != '(' || level > 0) continue;
        if (flame_symbol_is_anonymous(name + i, length - i)) {
            i += sizeof anonymous - 2;
            continue;
        }
        return i;
    }
    return length;
}

bool flame_symbol_is_go_method(const char *name, size_t length)
{
    const char *open = memmem(name, length, ".(", 2);
    return open && memmem(open + 2, length - (size_t)(open + 2 - name), ").", 2);
}
