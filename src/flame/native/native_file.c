#include "native_file.h"

#include "ascending.h"
#include "file.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf, /* never called: the file is reported with its descriptor */
    .find_debuginfo = native_find_debug_file,
    .section_address = dwfl_offline_section_address,
};

fs_status native_file_take(int descriptor, const char *path, const char *root, native_file **out,
                           fs_error *error)
{
    struct stat about;
    void **data;
    Elf *elf;
    *out = NULL;
    fs_status status = FS_OK;
    native_file *file = fs_alloc_0(1, sizeof *file);
    if (file) file->path = fs_strdup(path);
    if (file) file->root = fs_strdup(root);
    if (!file || !file->path || !file->root) {
        status = fs_fail_memory(error, "opening a program file", sizeof *file);
        goto cleanup;
    }
    file->name = fs_path_base(file->path);
    if (fstat(descriptor, &about) == 0) {
        file->device = about.st_dev;
        file->inode = about.st_ino;
        file->size = (uint64_t)about.st_size;
        file->changed = about.st_mtime;
    }
    file->session = dwfl_begin(&callbacks);
    if (file->session) {
        dwfl_report_begin(file->session);
        file->module = dwfl_report_elf(file->session, file->name, path, descriptor, 0, false);
        if (file->module) descriptor = -1; /* libdwfl's now */
        dwfl_report_end(file->session, NULL, NULL);
    }
    elf = file->module ? dwfl_module_getelf(file->module, &file->bias) : NULL;
    if (!elf) {
        status = fs_fail(error, FS_FORMAT, "%s: %s", path, dwfl_errmsg(-1));
        goto cleanup;
    }
    dwfl_module_info(file->module, &data, NULL, NULL, NULL, NULL, NULL, NULL);
    *data = file;
cleanup:
    if (descriptor >= 0) close(descriptor);
    if (status == FS_OK)
        *out = file;
    else
        native_file_close(file);
    return status;
}

fs_status native_file_open(pid_t thread, const flame_map *map, native_file **out, fs_error *error)
{
    char root[64];
    flame_elf *elf;
    *out = NULL;
    fs_status status = flame_elf_open(thread, map, &elf, error);
    if (status != FS_OK) return status;
    snprintf(root, sizeof root, "/proc/%d/root", (int)thread);
    int descriptor = flame_elf_duplicate(elf);
    if (descriptor < 0)
        status = fs_fail(error, FS_IO, "%s: no descriptor is left to read it", map->path);
    else
        status = native_file_take(descriptor, map->path, root, out, error);
    if (status == FS_OK)
        (*out)->elf = elf;
    else
        flame_elf_close(elf);
    return status;
}

void native_file_close(native_file *file)
{
    if (!file) return;
    if (file->session) dwfl_end(file->session);
    flame_elf_close(file->elf);
    fs_free(file->symbols);
    fs_free(file->units);
    fs_free(file->path);
    fs_free(file->root);
    fs_free(file);
}

bool native_file_frame(native_file *file, uint64_t address, Dwarf_Frame **frame)
{
    if (!file->has_frames) {
        file->has_frames = true;
        file->frames[0] = dwfl_module_eh_cfi(file->module, &file->frames_bias[0]);
        file->frames[1] = dwfl_module_dwarf_cfi(file->module, &file->frames_bias[1]);
    }
    for (int i = 0; i < 2; i++) {
        if (!file->frames[i]) continue;
        uint64_t at = address + file->bias - file->frames_bias[i];
        if (dwarf_cfi_addrframe(file->frames[i], at, frame) == 0) return true;
    }
    return false;
}

uint64_t native_file_entry(native_file *file)
{
    GElf_Ehdr header;
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    return elf && gelf_getehdr(elf, &header) ? header.e_entry : 0;
}

/* ---- symbols ---- */

static int by_start(const void *left, const void *right)
{
    const native_symbol *a = left, *b = right;
    if (a->start != b->start) return a->start < b->start ? -1 : 1;
    if (a->rank != b->rank) return a->rank > b->rank ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* A function with a size says more than a label; of several names the one that others see, and without a
 * leading underscore. */
static uint8_t rank_of(const GElf_Sym *symbol, const char *name)
{
    unsigned rank = GELF_ST_TYPE(symbol->st_info) != STT_NOTYPE ? 8 : 0;
    rank += symbol->st_size > 0 ? 4 : 0;
    rank += GELF_ST_BIND(symbol->st_info) == STB_GLOBAL ? 2 : 0;
    return (uint8_t)(rank + (name[0] != '_'));
}

static bool is_code(const GElf_Sym *symbol, const char *name)
{
    const int type = GELF_ST_TYPE(symbol->st_info);
    if (!name || !name[0] || name[0] == '$' || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS)
        return false; /* $x and $d mark code and data on AArch64 */
    return type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_NOTYPE;
}

/* How far a label may reach: what lies behind its section is something else. */
static uint64_t left_in_section(Elf *elf, GElf_Word index, const GElf_Sym *symbol)
{
    GElf_Shdr header;
    Elf_Scn *section = elf ? elf_getscn(elf, index) : NULL;
    const bool known = section && gelf_getshdr(section, &header) && symbol->st_value >= header.sh_addr;
    const uint64_t within = known ? symbol->st_value - header.sh_addr : 0;
    return !known ? UINT64_MAX : within < header.sh_size ? header.sh_size - within : 0;
}

static void read_symbols(native_file *file)
{
    file->has_symbols = true;
    const int total = dwfl_module_getsymtab(file->module);
    if (total <= 0) return;
    file->symbols = fs_alloc((size_t)total, sizeof *file->symbols);
    if (!file->symbols) return; /* without names then */
    size_t count = 0;
    for (int i = 0; i < total; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        GElf_Word section;
        Elf *elf = NULL;
        const char *name = dwfl_module_getsym_info(file->module, i, &symbol, &address, &section, &elf, NULL);
        if (!is_code(&symbol, name)) continue;
        const bool label = symbol.st_size == 0;
        file->symbols[count++] =
            (native_symbol){.start = address - file->bias,
                            .size = label ? left_in_section(elf, section, &symbol) : symbol.st_size,
                            .name = name,
                            .rank = rank_of(&symbol, name),
                            .label = label};
    }
    if (count) qsort(file->symbols, count, sizeof *file->symbols, by_start);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || file->symbols[kept - 1].start != file->symbols[i].start)
            file->symbols[kept++] = file->symbols[i];
    file->symbol_count = kept;
}

const native_symbol *native_file_symbol(native_file *file, uint64_t address)
{
    enum { LABELS = 8 }; /* inside of a function that are passed over */
    if (!file->has_symbols) read_symbols(file);
    const size_t begun = fs_count_up_to(file->symbols, file->symbol_count, sizeof *file->symbols, address);
    for (size_t i = 0; i < LABELS && i < begun; i++) {
        const native_symbol *symbol = &file->symbols[begun - 1 - i];
        if (address - symbol->start < symbol->size && (!symbol->label || i == 0)) return symbol;
    }
    return NULL;
}

size_t native_file_code(native_file *file, uint64_t address, uint8_t *bytes, size_t length)
{
    GElf_Addr bias;
    size_t count;
    Elf *elf = dwfl_module_getelf(file->module, &bias);
    if (!elf || elf_getphdrnum(elf, &count) != 0) return 0;
    for (size_t i = 0; i < count && i < INT32_MAX; i++) {
        GElf_Phdr segment;
        if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD) continue;
        if (address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz) continue;
        uint64_t within = address - segment.p_vaddr;
        size_t left = (size_t)(segment.p_filesz - within), wanted = left < length ? left : length;
        Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)(segment.p_offset + within), wanted, ELF_T_BYTE);
        if (!data || data->d_size < wanted) return 0;
        memcpy(bytes, data->d_buf, wanted);
        return wanted;
    }
    return 0;
}
