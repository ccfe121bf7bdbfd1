#include "demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

enum { MANGLED_MOST = 8192, PLAIN_MOST = 65536 };

typedef struct taken {
    fs_text *out;
    size_t from;
    jmp_buf too_long;
} taken;

/* The callback variants keep their state on the stack, so a name may be left in the middle. */
static void take(const char *text, size_t length, void *context)
{
    taken *all = context;
    if (all->out->length - all->from + length > PLAIN_MOST || all->out->failed) longjmp(all->too_long, 1);
    fs_text_append(all->out, text, length);
}

static bool run(const char *mangled, taken *all)
{
    const int options = DMGL_PARAMS | DMGL_ANSI;
    if (setjmp(all->too_long)) return false;
    if (rust_demangle_callback(mangled, options, take, all)) return true;
    all->out->length = all->from; /* of an attempt that failed halfway */
    return cplus_demangle_v3_callback(mangled, options, take, all) != 0;
}

bool flame_demangle(const char *name, size_t length, fs_text *out)
{
    char mangled[MANGLED_MOST];
    /* On macOS every name has one underscore more. */
    if (length > 3 && memcmp(name, "__Z", 3) == 0) name++, length--;
    bool prefixed = length > 2 && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
    if (!prefixed || length >= sizeof mangled) return false;
    memcpy(mangled, name, length);
    mangled[length] = '\0';
    taken all = {.out = out, .from = out->length};
    fs_text_add(out, ""); /* so that there is a buffer to cut */
    if (run(mangled, &all) && out->length > all.from) return true;
    if (out->data) {
        out->length = all.from;
        out->data[all.from] = '\0';
    }
    return false;
}
