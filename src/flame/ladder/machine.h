/*
 * machine.h - the machine that figures hold for.
 */
#ifndef FLAME_MACHINE_H
#define FLAME_MACHINE_H

#include "plan.h"

#include <stdint.h>

typedef struct flame_version {
    const char *command, *line;
} flame_version;

/* Strings are never NULL; "" where it could not be found out. */
typedef struct flame_machine {
    const char *cpu;    /* "AMD EPYC 7B13" */
    int cores;          /* logical CPUs this process may use */
    uint64_t memory;    /* bytes */
    const char *kernel; /* "Linux 6.1.0 x86_64" */
    const char *system; /* "Debian GNU/Linux 12 (bookworm)" */
    flame_version *versions;
    size_t version_count;
} flame_machine;

/* Fill it, its strings in `arena`, running the plan's version commands (10 s each at most). FS_MEMORY only.
 */
FS_CHECK fs_status flame_machine_read(flame_machine *machine, const flame_plan *plan, fs_arena *arena,
                                      fs_error *error);

#endif
