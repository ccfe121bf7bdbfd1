/* Stubs of the procedure linkage table, which have no symbol: each jumps to the address that the dynamic
 * linker has left in a slot for it, and the slot's relocation names the function. */
#include "native_file.h"

#include <string.h>

/* The slot that the stub around an address reads; 0: it is none. `start`, `entry`: of its section. */
#if defined(__aarch64__)
static uint64_t slot_of(native_file *file, uint64_t start, uint64_t entry, uint64_t address)
{
    uint32_t code[2];
    (void)start, (void)entry;
    /* adrp x16, page; ldr x17, [x16, #offset]; add; br. A landing pad (bti) may stand before it. */
    for (int64_t back = -4; back <= 12; back += 4) {
        const uint64_t at = (address & ~UINT64_C(3)) - (uint64_t)back;
        if (native_file_code(file, at, (uint8_t *)code, sizeof code) < sizeof code) continue;
        if ((code[0] & 0x9f00001f) != 0x90000010 || (code[1] & 0xffc003ff) != 0xf9400211) continue;
        uint64_t pages = (uint64_t)(code[0] >> 5 & 0x7ffff) << 2 | (code[0] >> 29 & 3);
        if (pages >> 20) pages -= UINT64_C(1) << 21; /* it has a sign */
        return (at & ~UINT64_C(4095)) + (pages << 12) + (uint64_t)(code[1] >> 10 & 0xfff) * 8;
    }
    return 0;
}
#else
static uint64_t slot_of(native_file *file, uint64_t start, uint64_t entry, uint64_t address)
{
    static const uint8_t jump[] = {0xff, 0x25}; /* jmp *distance(%rip) */
    uint8_t code[16];
    int32_t distance;
    const uint64_t size = entry == 8 ? 8 : sizeof code, from = start + (address - start) / size * size;
    const size_t length = native_file_code(file, from, code, (size_t)size);
    const uint8_t *found = memmem(code, length, jump, sizeof jump);
    const size_t at = found ? (size_t)(found - code) + sizeof jump : length;
    if (at + sizeof distance > length) return 0;
    memcpy(&distance, code + at, sizeof distance);
    return from + at + sizeof distance + (uint64_t)(int64_t)distance;
}
#endif

/* The function whose address a relocation puts there. */
static const char *function_of(native_file *file, Elf *elf, const GElf_Shdr *relocations,
                               const GElf_Rela *one)
{
    GElf_Shdr table;
    GElf_Sym symbol;
    Elf_Scn *section = elf_getscn(elf, relocations->sh_link);
    if (GELF_R_SYM(one->r_info) == 0) { /* chosen by a function of the program's own */
        const native_symbol *chooser = native_file_symbol(file, (uint64_t)one->r_addend);
        return chooser && chooser->start == (uint64_t)one->r_addend ? chooser->name : NULL;
    }
    if (!section || !gelf_getshdr(section, &table)) return NULL;
    if (!gelf_getsym(elf_getdata(section, NULL), (int)GELF_R_SYM(one->r_info), &symbol)) return NULL;
    const char *name = elf_strptr(elf, table.sh_link, symbol.st_name);
    return name && name[0] ? name : NULL;
}

static const char *name_of_slot(native_file *file, Elf *elf, uint64_t slot)
{
    GElf_Shdr header;
    GElf_Rela relocation;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_RELA || !(header.sh_flags & SHF_ALLOC))
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (int i = 0; data && gelf_getrela(data, i, &relocation); i++)
            if (relocation.r_offset == slot) return function_of(file, elf, &header, &relocation);
    }
    return NULL;
}

const char *native_file_stub(native_file *file, uint64_t address)
{
    GElf_Addr bias;
    size_t names;
    GElf_Shdr header;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    if (!elf || elf_getshdrstrndx(elf, &names) != 0) return NULL;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) || address - header.sh_addr >= header.sh_size) continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (!name || strncmp(name, ".plt", 4) != 0) continue;
        const uint64_t slot = slot_of(file, header.sh_addr, header.sh_entsize, address);
        return slot ? name_of_slot(file, elf, slot) : NULL;
    }
    return NULL;
}
