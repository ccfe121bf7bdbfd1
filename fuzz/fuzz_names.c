/* Names made readable: demangled and shortened, whatever they are. A name never grows beyond what a demangled
 * one may be, and holds no NUL. */
#include "name_change.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const char *name = (const char *)data;
    if (size == 0 || memchr(data, 0, size)) return 0;
    for (unsigned choice = 1; choice < 4; choice++) {
        flame_name_options options = {.demangle = choice & 1, .shorten = choice & 2};
        flame_name_change *change;
        fs_error error;
        if (flame_name_change_create(&options, &change, &error)) return 0;
        fs_text out;
        fs_text_init(&out);
        fs_status status = flame_name_change_apply(change, name, size, &out, &error);
        if (!status && (out.length > size + 65536 || memchr(fs_text_string(&out), 0, out.length))) abort();
        fs_text_fini(&out);
        flame_name_change_destroy(change);
    }
    return 0;
}
