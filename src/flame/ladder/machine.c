#include "machine.h"

#include "run_command.h"
#include "words.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

/* The value of the first line of `path` that begins with `key`, without quotes; "" when there is none. */
static const char *read_value(const char *path, const char *key, fs_arena *arena)
{
    const char *found = "";
    FILE *file = fopen(path, "re");
    if (!file) return found;
    char line[1024];
    size_t n = strlen(key);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, n) != 0) continue;
        const char *value = line + n + strspn(line + n, " \t:=\"");
        found = fs_arena_strndup(arena, value, strcspn(value, "\"\n"));
        break;
    }
    fclose(file);
    return found;
}

static const char *read_cpu(fs_arena *arena)
{
    static const char *const keys[] = {"model name", "Hardware", "CPU part"};
    const char *cpu = "";
    for (size_t i = 0; i < 3 && cpu && !cpu[0]; i++) cpu = read_value("/proc/cpuinfo", keys[i], arena);
    return cpu;
}

/* The first line that a command prints, or why it cannot be run. */
static const char *first_line(const flame_plan *plan, const char *const *words, fs_arena *arena)
{
    flame_command_options options = {.words = words, .time_limit = 10};
    if (plan->rung_count) {
        options.directory = plan->rungs[0].directory;
        options.environment = &plan->rungs[0].environment;
    }
    flame_command_result result;
    fs_error why;
    const char *line = why.message;
    if (flame_command_run(&options, &result, &why) == FS_OK) {
        line = fs_text_string(result.output.head.length ? &result.output.head : &result.errors.head);
        line += strspn(line, " \t\r\n");
    }
    size_t length = strcspn(line, "\r\n");
    line = fs_arena_strndup(arena, line, line == why.message || length < 200 ? length : 200);
    flame_command_fini(&result);
    return line;
}

fs_status flame_machine_read(flame_machine *machine, const flame_plan *plan, fs_arena *arena, fs_error *error)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    struct sysinfo info;
    struct utsname name;
    *machine = (flame_machine){.cpu = read_cpu(arena), .kernel = ""};
    machine->system = read_value("/etc/os-release", "PRETTY_NAME", arena);
    machine->cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : get_nprocs();
    if (sysinfo(&info) == 0) machine->memory = (uint64_t)info.totalram * info.mem_unit;
    if (uname(&name) == 0)
        machine->kernel = flame_arena_format(arena, "%s %s %s", name.sysname, name.release, name.machine);
    machine->versions = fs_arena_alloc(arena, plan->version_count, sizeof *machine->versions);
    bool whole = machine->cpu && machine->kernel && machine->system && machine->versions;
    for (size_t i = 0; i < plan->version_count && whole; i++) {
        const char *command = flame_words_join(plan->versions[i], arena);
        machine->versions[i] = (flame_version){command, first_line(plan, plan->versions[i], arena)};
        whole = command && machine->versions[i].line;
        machine->version_count += whole;
    }
    return whole ? FS_OK : fs_fail_memory(error, "describing the machine", 0);
}
