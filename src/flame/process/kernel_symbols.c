#include "kernel_symbols.h"

#include "ascending.h"
#include "memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct symbol {
    uint64_t address;
    const char *name;
} symbol;

struct flame_kernel_symbols {
    symbol *items; /* by address */
    size_t count, capacity;
    fs_arena names;
};

static bool is_code(char type)
{
    return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

/* "ffffffff81000000 T _text", for a module's also "[name]". False: no memory. */
static bool add_line(flame_kernel_symbols *symbols, const char *line)
{
    char *end;
    const uint64_t address = strtoull(line, &end, 16);
    if (!address || end[0] != ' ' || !is_code(end[1]) || end[2] != ' ') return true;
    const char *name = end + 3;
    const size_t length = strcspn(name, "\t\n ");
    if (!length) return true;
    if (!FS_GROW(symbols->items, symbols->capacity, symbols->count + 1)) return false;
    const char *copy = fs_arena_strndup(&symbols->names, name, length);
    if (copy) symbols->items[symbols->count++] = (symbol){.address = address, .name = copy};
    return copy != NULL;
}

static int by_address(const void *a, const void *b)
{
    const symbol *left = a, *right = b;
    return (left->address > right->address) - (left->address < right->address);
}

fs_status flame_kernel_symbols_read(flame_kernel_symbols **out, fs_error *error)
{
    static const char path[] = "/proc/kallsyms";
    char *line = NULL;
    size_t room = 0;
    bool enough = true;
    *out = NULL;
    FILE *file = fopen(path, "re");
    if (!file) return fs_fail(error, FS_IO, "%s: %s", path, strerror(errno));
    flame_kernel_symbols *made = fs_alloc_0(1, sizeof *made);
    if (made) fs_arena_init(&made->names);
    while (made && enough && getline(&line, &room, file) > 0) enough = add_line(made, line);
    free(line); /* getline's */
    fclose(file);
    if (!made || !enough) {
        flame_kernel_symbols_free(made);
        return fs_fail_memory(error, "reading the kernel's symbols", 0);
    }
    if (!made->count) {
        flame_kernel_symbols_free(made);
        return fs_fail(error, FS_PERMISSION,
                       "the kernel hides where its functions are\n  run flame as root (in a container with "
                       "the capability SYSLOG), or: sysctl kernel.kptr_restrict=0 "
                       "kernel.perf_event_paranoid=1");
    }
    qsort(made->items, made->count, sizeof *made->items, by_address);
    *out = made;
    return FS_OK;
}

void flame_kernel_symbols_free(flame_kernel_symbols *symbols)
{
    if (!symbols) return;
    fs_free(symbols->items);
    fs_arena_fini(&symbols->names);
    fs_free(symbols);
}

const char *flame_kernel_symbols_find(const flame_kernel_symbols *symbols, uint64_t address)
{
    const size_t begun = fs_count_up_to(symbols->items, symbols->count, sizeof *symbols->items, address);
    return begun ? symbols->items[begun - 1].name : NULL;
}
