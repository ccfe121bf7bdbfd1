/* Names of places. */
#include "native_private.h"

/* The name that the program gave to code of its own making. */
static const char *made_name(flame_native *native, uint64_t address)
{
    if (native->process) jit_symbols_update(&native->jit);
    const jit_symbol *symbol = jit_symbols_find(&native->jit, address);
    return symbol ? symbol->name : NULL;
}

bool flame_native_code(flame_native *native, uint32_t number, const char **path, const char **function)
{
    if (number < FLAME_NATIVE_FIRST || !native->places[number].file) return false;
    const native_place_of *place = &native->places[number];
    const native_symbol *symbol = native_file_symbol(place->file, place->offset);
    *path = place->file->path;
    *function = symbol ? symbol->name : NULL;
    return true;
}

size_t flame_native_describe(flame_native *native, uint32_t number, bool inlines, flame_native_name *names,
                             size_t room)
{
    enum { INLINED = 32 };
    static const char *const marks[] = {"[stack truncated]", "[unknown callers]",
                                        "[order of native and Python frames unknown]"};
    if (number < FLAME_NATIVE_FIRST) {
        names[0] = (flame_native_name){.function = marks[number], .module = ""};
        return 1;
    }
    const native_place_of *place = &native->places[number];
    flame_native_name last = {.module = place->file ? place->file->name : place->label,
                              .offset = place->offset};
    if (!place->file) {
        last.function = made_name(native, place->address);
        names[0] = last;
        return 1;
    }
    const native_symbol *symbol = native_file_symbol(place->file, place->offset);
    if (symbol) last.function = symbol->name;
    if (!symbol) last.function = native_file_stub(place->file, place->offset);
    last.stub = !symbol && last.function;
    native_place found[INLINED];
    size_t most = room < INLINED ? room : INLINED;
    size_t count = native_file_places(place->file, place->offset, inlines, found, most);
    names[0] = last;
    for (size_t i = 0; i < count; i++) {
        names[i] = last;
        names[i].source = found[i].source;
        names[i].line = found[i].line;
        names[i].inlined = i + 1 < count;
        if (names[i].inlined && found[i].function) names[i].function = found[i].function;
    }
    return count ? count : 1;
}
