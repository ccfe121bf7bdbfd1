/*
 * Program files from hostile bytes: what is asked of the file behind a mapping, its symbols and sections, and
 * of its call-frame information, symbols, stubs and source lines at the addresses that it speaks of itself.
 */
#include "elf_image.h"
#include "native_rule.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE_MOST = 1 << 18, ADDRESSES = 64, PLACES = 8, PAGE = 4096 };

/* libdw keeps a list of scopes to itself when it finds the tree of debug information damaged half-way. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libdw";
}

static void require(bool held)
{
    if (!held) abort();
}

static void ask_image(int descriptor)
{
    static const char *const names[] = {"_PyRuntime", "start", "outer"};
    uint64_t addresses[3], bias;
    flame_section section;
    flame_elf *elf;
    if (flame_elf_open_file(descriptor, "elf", &elf, NULL) != FS_OK) return;
    flame_elf_symbols(elf, names, 3, addresses);
    if (flame_elf_section(elf, ".PyRuntime", &section) && section.bytes && section.size)
        require(section.bytes[0] + section.bytes[section.size - 1] >= -256); /* it can be read */
    flame_elf_needs(elf, "libpython");
    for (uint64_t offset = 0; offset < 4 * PAGE; offset += PAGE) {
        const flame_map map = {.start = 0x10000, .end = 0x20000, .offset = offset, .executable = offset > 0};
        flame_elf_bias(elf, &map, &bias);
    }
    flame_elf_close(elf);
}

static void ask_address(native_file *file, uint64_t address)
{
    native_rule rule = {.address = address, .place = 1};
    native_place places[PLACES];
    native_rule_make(file, address, &rule);
    require(rule.kind <= NATIVE_RULE_END && rule.address == address);
    const native_symbol *symbol = native_file_symbol(file, address);
    require(!symbol || (address >= symbol->start && strlen(symbol->name) > 0));
    const char *stub = native_file_stub(file, address);
    require(!stub || strlen(stub) > 0);
    const size_t count = native_file_places(file, address, true, places, PLACES);
    require(count <= PLACES);
    for (size_t i = 0; i < count; i++) require(!places[i].source || strlen(places[i].source) < SIZE_MOST);
}

/* Where segments and symbols begin, and a little further. */
static void ask_native(int descriptor)
{
    native_file *file;
    uint64_t addresses[ADDRESSES];
    size_t count = 0, segments = 0;
    GElf_Addr bias;
    GElf_Phdr segment;
    if (native_file_take(descriptor, "/elf", "", &file, NULL) != FS_OK) return;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    if (elf && elf_getphdrnum(elf, &segments) != 0) segments = 0;
    for (size_t i = 0; i < segments && count < ADDRESSES / 2; i++)
        if (gelf_getphdr(elf, (int)i, &segment)) addresses[count++] = segment.p_vaddr;
    native_file_symbol(file, 0);
    for (size_t i = 0; i < file->symbol_count && count < ADDRESSES; i++)
        addresses[count++] = file->symbols[i].start;
    for (size_t i = 0; i < count; i++)
        for (uint64_t on = 0; on < 48; on += 12) ask_address(file, addresses[i] + on);
    ask_address(file, UINT64_MAX);
    native_file_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SIZE_MOST) return 0;
    int descriptor = memfd_create("elf", MFD_CLOEXEC);
    require(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    ask_image(dup(descriptor));
    ask_native(descriptor);
    return 0;
}
