/*
 * Core files from hostile bytes: all that `flame dump` asks of one, the search for an interpreter in it
 * included. The files that a core names are opened if they are there.
 */
#include "core_file.h"
#include "interpreter_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SIZE_MOST = 1 << 18, PIECE = 64 };

static void require(bool held)
{
    if (!held) abort();
}

static void read_around(const flame_reader *reader, uint64_t address)
{
    uint8_t bytes[PIECE];
    (void)!flame_read(reader, address, bytes, sizeof bytes, NULL);
    (void)!flame_read(reader, address - PIECE / 2, bytes, sizeof bytes, NULL);
}

static void ask(const flame_core *core)
{
    const flame_maps *maps = flame_core_maps(core);
    const flame_reader *reader = flame_core_reader(core);
    for (size_t i = 0; i < maps->count; i++) {
        const flame_map *map = &maps->items[i];
        flame_elf *elf;
        require(map->path && strlen(map->path) < SIZE_MOST);
        read_around(reader, map->start);
        read_around(reader, map->end);
        if (flame_core_elf(core, map, &elf, NULL) == FS_OK) flame_elf_close(elf);
    }
    read_around(reader, 0);
    read_around(reader, 0x20000);
    require(strlen(flame_core_command(core)) < PIECE * 2 && flame_core_pid(core) >= 0);
    flame_core_thread(core, 0x7000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    flame_core *core;
    if (size > SIZE_MOST) return 0;
    int descriptor = memfd_create("core", MFD_CLOEXEC);
    require(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (flame_core_open(path, NULL, &core, NULL) == FS_OK) {
        flame_interpreter *interpreter;
        ask(core);
        if (flame_interpreter_open_core(core, path, &interpreter, NULL) == FS_OK) {
            const flame_sample *sample;
            if (flame_interpreter_sample(interpreter, &sample, NULL) == FS_OK)
                require(sample->count < SIZE_MOST);
            flame_interpreter_close(interpreter);
        }
        flame_core_close(core);
    }
    close(descriptor);
    return 0;
}
