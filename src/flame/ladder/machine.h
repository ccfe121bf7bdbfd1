/*
 * machine.h - the machine that figures hold for.
 */
#ifndef FLAME_MACHINE_H
#define FLAME_MACHINE_H

#include "plan.h"
#include "text.h"

#include <stdint.h>

typedef struct flame_version {
    fs_text command, line;
} flame_version;

typedef struct flame_machine {
    fs_text cpu;     /* "AMD EPYC 7B13" */
    int cores;       /* logical CPUs this process may use */
    uint64_t memory; /* bytes */
    fs_text kernel;  /* "Linux 6.1.0 x86_64" */
    fs_text system;  /* "Debian GNU/Linux 12 (bookworm)" */
    flame_version *versions;
    size_t version_count;
} flame_machine;

/* Fill it, running the plan's version commands (10 s each at most). What cannot be found out stays empty.
 * FS_MEMORY only. */
FS_CHECK fs_status flame_machine_look(flame_machine *machine, const flame_plan *plan, fs_error *error);
void flame_machine_fini(flame_machine *machine);

#endif
