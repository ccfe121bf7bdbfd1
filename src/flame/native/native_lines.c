/* Source lines and inlined functions, by the debug information. */
#include "native_file.h"

#include "ascending.h"
#include "memory.h"

#include <dwarf.h>
#include <stdlib.h>

static int by_start(const void *left, const void *right)
{
    const native_unit *a = left, *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

/* All pieces of code that units describe. The table that files have for that (.debug_aranges) is left out by
 * some compilers, so it is not asked. */
static void read_units(native_file *file)
{
    file->has_units = true;
    file->debug = dwfl_module_getdwarf(file->module, &file->debug_bias);
    if (!file->debug) return;
    size_t capacity = 0;
    Dwarf_Off offset = 0, next;
    for (size_t header; dwarf_nextcu(file->debug, offset, &next, &header, NULL, NULL, NULL) == 0;
         offset = next) {
        Dwarf_Die die;
        Dwarf_Addr base, start, end;
        if (!dwarf_offdie(file->debug, offset + header, &die)) continue;
        for (ptrdiff_t at = 0; (at = dwarf_ranges(&die, at, &base, &start, &end)) > 0;) {
            if (start >= end || start == 0) continue; /* code that the linker dropped */
            if (!FS_GROW(file->units, capacity, file->unit_count + 1)) return;
            file->units[file->unit_count++] =
                (native_unit){.start = start, .end = end, .die = dwarf_dieoffset(&die)};
        }
    }
    if (file->unit_count) qsort(file->units, file->unit_count, sizeof *file->units, by_start);
    for (size_t i = 0; i < file->unit_count; i++) {
        uint64_t before = i ? file->units[i - 1].reach : 0;
        file->units[i].reach = file->units[i].end > before ? file->units[i].end : before;
    }
}

static bool unit_of(native_file *file, uint64_t address, Dwarf_Die *unit)
{
    size_t begun = fs_count_up_to(file->units, file->unit_count, sizeof *file->units, address);
    for (; begun > 0 && file->units[begun - 1].reach > address; begun--)
        if (address < file->units[begun - 1].end)
            return dwarf_offdie(file->debug, file->units[begun - 1].die, unit) != NULL;
    return false;
}

static const char *function_name(Dwarf_Die *die)
{
    static const unsigned names[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name};
    Dwarf_Attribute attribute;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (dwarf_attr_integrate(die, names[i], &attribute)) return dwarf_formstring(&attribute);
    return dwarf_diename(die);
}

/* Where an inlined function was called from. */
static void call_site(Dwarf_Die *unit, Dwarf_Die *inlined, native_place *place)
{
    Dwarf_Attribute attribute;
    Dwarf_Word number;
    Dwarf_Files *files;
    size_t count;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) == 0)
        place->line = (uint32_t)number;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &number) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && number < count)
        place->source = dwarf_filesrc(files, (size_t)number, NULL, NULL);
}

/* The scopes of the code at an address as they lie in one another, innermost first; free() them. (For inlined
 * code dwarf_getscopes goes on with those around the function's definition.) */
static int scopes_at(native_file *file, Dwarf_Die *unit, uint64_t address, Dwarf_Die **scopes)
{
    Dwarf_Die *found = NULL, innermost;
    *scopes = NULL;
    int depth = dwarf_getscopes(unit, address, &found);
    bool there = depth > 0 && dwarf_offdie(file->debug, dwarf_dieoffset(&found[0]), &innermost);
    free(found);
    return there ? dwarf_getscopes_die(&innermost, scopes) : 0;
}

size_t native_file_places(native_file *file, uint64_t address, bool inlines, native_place *places,
                          size_t room)
{
    if (!file->has_units) read_units(file);
    Dwarf_Die unit, *scopes = NULL;
    uint64_t at = address + file->bias - file->debug_bias;
    if (room == 0 || !file->debug || !unit_of(file, at, &unit)) return 0;
    native_place here = {0};
    Dwarf_Line *line = dwarf_getsrc_die(&unit, at);
    int number;
    if (line) here.source = dwarf_linesrc(line, NULL, NULL);
    if (line && dwarf_lineno(line, &number) == 0 && number > 0) here.line = (uint32_t)number;
    size_t count = 0;
    int depth = inlines ? scopes_at(file, &unit, at, &scopes) : 0;
    for (int i = 0; i < depth && count + 1 < room; i++) {
        if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine) continue;
        here.function = function_name(&scopes[i]);
        places[count++] = here;
        here = (native_place){0};
        call_site(&unit, &scopes[i], &here);
    }
    free(scopes);
    places[count++] = here;
    return count;
}
