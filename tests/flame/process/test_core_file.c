/* Core files, made here to measure: what is in them, what comes from the files that they name, and every way
 * to be damaged. Real ones are read by tests/flame/record/test_dump_core.py. */
#include "alloc_sweep.h"
#include "core_file.h"
#include "page_reader.h"
#include "scratch_file.h"

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { DUMPED = 0x20000, MAPPED = 0x10000, PAGE = 4096, LENGTH = 256, FILE_LENGTH = 2 * PAGE };

typedef struct made {
    uint8_t bytes[4096];
    size_t length, notes, segments;
    char core[SCRATCH_PATH], mapped[SCRATCH_PATH];
} made;

static void add_note(made *self, uint32_t type, const void *body, size_t size)
{
    const Elf64_Nhdr header = {.n_namesz = 5, .n_descsz = (uint32_t)size, .n_type = type};
    memcpy(self->bytes + self->length, &header, sizeof header);
    memcpy(self->bytes + self->length + sizeof header, "CORE\0\0\0", 8);
    memcpy(self->bytes + self->length + sizeof header + 8, body, size);
    self->length += sizeof header + 8 + (size + 3) / 4 * 4;
}

/* Two threads, one dumped segment of LENGTH bytes, and two pages of a file of which the first is dumped to
 * its half. */
static void make(made *self)
{
    uint8_t file[FILE_LENGTH], status[336] = {0}, info[136] = {0};
    for (size_t i = 0; i < sizeof file; i++) file[i] = (uint8_t)(i * 7 + i / 256);
    scratch_file(self->mapped, file, sizeof file);
    memset(self->bytes, 0, sizeof self->bytes);
    Elf64_Ehdr elf = {.e_type = ET_CORE,
                      .e_machine = EM_X86_64,
                      .e_phoff = sizeof elf,
                      .e_phentsize = sizeof(Elf64_Phdr),
                      .e_phnum = 4};
    memcpy(elf.e_ident, ELFMAG, SELFMAG);
    elf.e_ident[EI_CLASS] = ELFCLASS64;
    elf.e_ident[EI_DATA] = ELFDATA2LSB;
    self->segments = sizeof elf;
    self->length = self->notes = sizeof elf + 4 * sizeof(Elf64_Phdr);

    const uint32_t signal = 11;
    const uint64_t pointers[] = {0x7000, 0x8000}, vector[] = {AT_PHDR, MAPPED + 64, 0, 0};
    for (uint32_t i = 0; i < 2; i++) {
        const uint32_t tid = 100 + i;
        memcpy(status + 12, &signal, 4);
        memcpy(status + 32, &tid, 4);
        memcpy(status + 112 + 21 * 8, &pointers[i], 8);
        add_note(self, NT_PRSTATUS, status, sizeof status);
    }
    memcpy(info + 24, &(uint32_t){100}, 4);
    strcpy((char *)info + 56, "python app.py ");
    add_note(self, NT_PRPSINFO, info, sizeof info);
    add_note(self, NT_AUXV, vector, sizeof vector);
    uint8_t files[40 + SCRATCH_PATH] = {0};
    const uint64_t list[] = {1, PAGE, MAPPED, MAPPED + FILE_LENGTH, 0};
    memcpy(files, list, sizeof list);
    strcpy((char *)files + 40, self->mapped);
    add_note(self, NT_FILE, files, 40 + strlen(self->mapped) + 1);

    const size_t memory = self->length;
    for (size_t i = 0; i < LENGTH; i++) self->bytes[self->length++] = (uint8_t)(255 - i);
    memcpy(self->bytes + self->length, file, PAGE / 8);
    const Elf64_Phdr headers[] = {
        {.p_type = PT_NOTE, .p_offset = self->notes, .p_filesz = memory - self->notes},
        {.p_type = PT_LOAD,
         .p_flags = PF_R | PF_W,
         .p_vaddr = DUMPED,
         .p_offset = memory,
         .p_filesz = LENGTH,
         .p_memsz = PAGE},
        {.p_type = PT_LOAD,
         .p_flags = PF_R | PF_X,
         .p_vaddr = MAPPED,
         .p_offset = self->length,
         .p_filesz = PAGE / 8,
         .p_memsz = FILE_LENGTH},
        {.p_type = PT_LOAD, .p_vaddr = DUMPED + PAGE, .p_memsz = PAGE}};
    self->length += PAGE / 8;
    memcpy(self->bytes, &elf, sizeof elf);
    memcpy(self->bytes + self->segments, headers, sizeof headers);
    scratch_file(self->core, self->bytes, self->length);
}

static void unmake(made *self)
{
    unlink(self->core);
    unlink(self->mapped);
}

/* In place: a file that is written anew is written to the disk. */
static void write_byte(const made *self, size_t at, unsigned byte)
{
    FILE *file = fopen(self->core, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)at, SEEK_SET), 0);
    assert_int_equal(fputc((int)byte, file), (int)byte);
    assert_int_equal(fclose(file), 0);
}

static void test_what_is_in_it(void **state)
{
    (void)state;
    made it;
    make(&it);
    flame_core *core;
    fs_error error;
    uint8_t bytes[PAGE];
    assert_int_equal(flame_core_open(it.core, NULL, &core, &error), FS_OK);
    assert_int_equal(flame_core_pid(core), 100);
    assert_int_equal(flame_core_signal(core), 11);
    assert_string_equal(flame_core_command(core), "python app.py");
    assert_int_equal(flame_core_thread(core, 0x8000), 101);
    assert_int_equal(flame_core_thread(core, 0x9000), 0);
    assert_int_equal(flame_core_thread(core, 0), 0);
    assert_int_equal(flame_core_maps(core)->count, 1);
    const flame_map *map = &flame_core_maps(core)->items[0];
    assert_true(map->readable && map->executable && !map->writable);
    const flame_reader *reader = flame_core_reader(core);
    assert_int_equal(flame_read(reader, DUMPED + 3, bytes, 5, NULL), FS_OK);
    assert_int_equal(bytes[0], 252);
    /* Dumped, then from the file, over the end of a page. */
    assert_int_equal(flame_read(reader, MAPPED + 500, bytes, PAGE, NULL), FS_OK);
    for (size_t i = 0; i < PAGE; i++) assert_int_equal(bytes[i], (uint8_t)((i + 500) * 7 + (i + 500) / 256));
    /* Not dumped and in no file; past the end; around the end of the addresses. */
    assert_int_equal(flame_read(reader, DUMPED + LENGTH - 1, bytes, 2, NULL), FS_NOT_FOUND);
    assert_int_equal(flame_read(reader, MAPPED + FILE_LENGTH - 1, bytes, 2, NULL), FS_NOT_FOUND);
    assert_int_equal(flame_read(reader, UINT64_MAX - 1, bytes, 4, NULL), FS_NOT_FOUND);
    /* By pages the same, also where a page is not whole. */
    page_reader pages;
    uint8_t same[PAGE];
    assert_int_equal(page_reader_init(&pages, reader, &error), FS_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(flame_read(&pages.reader, MAPPED + 500, same, PAGE, NULL), FS_OK);
        for (size_t i = 0; i < PAGE; i++)
            assert_int_equal(same[i], (uint8_t)((i + 500) * 7 + (i + 500) / 256));
        assert_int_equal(flame_read(&pages.reader, DUMPED + 3, same, 5, NULL), FS_OK);
        assert_int_equal(same[0], 252);
        assert_int_equal(flame_read(&pages.reader, DUMPED + LENGTH - 1, same, 2, NULL), FS_NOT_FOUND);
        assert_int_equal(flame_read(&pages.reader, UINT64_MAX - 1, same, 4, NULL), FS_NOT_FOUND);
    }
    page_reader_fini(&pages);
    flame_core_close(core);

    /* The program's file elsewhere; and one that is not it. */
    assert_int_equal(flame_core_open(it.core, it.mapped, &core, &error), FS_OK);
    flame_core_close(core);
    assert_int_equal(flame_core_open(it.core, it.core, &core, &error), FS_DATA);
    assert_non_null(strstr(error.message, "another file"));
    unmake(&it);
}

/* A file that has changed since is not read. */
static void test_changed_file(void **state)
{
    (void)state;
    made it;
    make(&it);
    flame_core *core;
    uint8_t byte;
    FILE *file = fopen(it.mapped, "r+b");
    assert_non_null(file);
    fputc('x', file);
    fclose(file);
    assert_int_equal(flame_core_open(it.core, NULL, &core, NULL), FS_OK);
    assert_int_equal(flame_read(flame_core_reader(core), MAPPED + PAGE, &byte, 1, NULL), FS_NOT_FOUND);
    assert_int_equal(flame_read(flame_core_reader(core), MAPPED, &byte, 1, NULL), FS_OK);
    flame_core_close(core);
    unmake(&it);
}

static void read_all(const flame_core *core)
{
    uint8_t bytes[64];
    for (uint64_t at = 0; at < 4 * PAGE; at += 999) {
        (void)!flame_read(flame_core_reader(core), MAPPED + at, bytes, sizeof bytes, NULL);
        (void)!flame_read(flame_core_reader(core), DUMPED + at, bytes, sizeof bytes, NULL);
    }
}

static void test_cut_off(void **state)
{
    (void)state;
    made it;
    make(&it);
    for (size_t length = it.length - 1; length > 0; length -= length < 400 ? 1 : 13) {
        flame_core *core;
        fs_error error;
        assert_int_equal(truncate(it.core, (off_t)length), 0);
        const fs_status status = flame_core_open(it.core, NULL, &core, &error);
        assert_int_equal(status, length < sizeof(Elf64_Ehdr) ? FS_FORMAT : FS_DATA);
        assert_non_null(strstr(error.message, length < sizeof(Elf64_Ehdr) ? "not a core file" : "cut off"));
        assert_non_null(strstr(error.message, it.core));
    }
    unmake(&it);
}

/* Every byte of headers and notes, changed in four ways: refused with a reason, or read within bounds. */
static void test_damaged(void **state)
{
    (void)state;
    static const uint8_t changes[] = {0x01, 0x80, 0xff, 0x7f};
    made it;
    size_t refused = 0;
    make(&it);
    for (size_t i = 0; i < it.length - LENGTH - PAGE / 8; i++) {
        for (size_t k = 0; k < sizeof changes; k++) {
            flame_core *core;
            fs_error error = {0};
            write_byte(&it, i, it.bytes[i] ^ changes[k]);
            const fs_status status = flame_core_open(it.core, NULL, &core, &error);
            if (status) {
                refused++;
                assert_true(status == FS_FORMAT || status == FS_DATA || status == FS_UNSUPPORTED);
                assert_non_null(strstr(error.message, it.core));
                continue;
            }
            read_all(core);
            assert_true(flame_core_pid(core) >= 0 && flame_core_thread(core, 0x8000) >= 0);
            flame_core_close(core);
        }
        write_byte(&it, i, it.bytes[i]);
    }
    assert_true(refused > 500);
    unmake(&it);
}

static int open_core(void *context)
{
    const made *it = context;
    flame_core *core;
    const fs_status status = flame_core_open(it->core, it->mapped, &core, NULL);
    flame_core_close(core);
    return (int)status;
}

static void test_memory(void **state)
{
    (void)state;
    made it;
    make(&it);
    assert_true(alloc_sweep(open_core, &it, FS_MEMORY) >= 6);
    unmake(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_in_it),
                                       cmocka_unit_test(test_changed_file), cmocka_unit_test(test_cut_off),
                                       cmocka_unit_test(test_damaged), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
