#include "machine.h"

#include "file.h"
#include "run_command.h"
#include "words.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

/* The value of the first line of `path` that begins with `key`; quotes are taken off. */
static void look_up(const char *path, const char *key, fs_text *out)
{
    FILE *file = fopen(path, "re");
    if (!file) return;
    char line[1024];
    size_t n = strlen(key);
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, key, n) != 0) continue;
        const char *value = line + n + strspn(line + n, " \t:=\"");
        fs_text_append(out, value, strcspn(value, "\"\n"));
        break;
    }
    fclose(file);
}

static void look_up_cpu(flame_machine *machine)
{
    look_up("/proc/cpuinfo", "model name", &machine->cpu);
    if (machine->cpu.length == 0) look_up("/proc/cpuinfo", "Hardware", &machine->cpu);
    if (machine->cpu.length == 0) look_up("/proc/cpuinfo", "CPU part", &machine->cpu);
}

static void ask_version(const flame_plan *plan, const char *const *words, flame_version *version,
                        fs_arena *arena)
{
    const char *command = flame_words_join(words, arena);
    fs_text_add(&version->command, command ? command : words[0]);
    const char *directory = plan->rung_count ? plan->rungs[0].directory : NULL;
    flame_command_options options = {.words = words, .time_limit = 10, .directory = directory};
    if (plan->rung_count) options.environment = &plan->rungs[0].environment;
    flame_command_result result;
    fs_error why;
    if (flame_command_run(&options, &result, &why) != FS_OK) {
        fs_text_add(&version->line, why.message);
    } else {
        const fs_text *said = result.output.head.length ? &result.output.head : &result.errors.head;
        const char *line = fs_text_string(said);
        line += strspn(line, " \t\r\n");
        size_t length = strcspn(line, "\r\n");
        fs_text_append(&version->line, line, length < 200 ? length : 200);
    }
    flame_command_fini(&result);
}

fs_status flame_machine_look(flame_machine *machine, const flame_plan *plan, fs_error *error)
{
    *machine = (flame_machine){0};
    look_up_cpu(machine);
    cpu_set_t set;
    CPU_ZERO(&set);
    machine->cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : get_nprocs();
    struct sysinfo info;
    if (sysinfo(&info) == 0) machine->memory = (uint64_t)info.totalram * info.mem_unit;
    struct utsname name;
    if (uname(&name) == 0)
        fs_text_format(&machine->kernel, "%s %s %s", name.sysname, name.release, name.machine);
    look_up("/etc/os-release", "PRETTY_NAME", &machine->system);
    bool failed = machine->cpu.failed || machine->kernel.failed || machine->system.failed;
    machine->versions = fs_alloc_0(plan->version_count ? plan->version_count : 1, sizeof *machine->versions);
    if (!machine->versions) return fs_fail_memory(error, "describing the machine", 0);
    fs_arena arena;
    fs_arena_init(&arena);
    for (; machine->version_count < plan->version_count; machine->version_count++) {
        flame_version *version = &machine->versions[machine->version_count];
        ask_version(plan, plan->versions[machine->version_count], version, &arena);
        failed = failed || version->command.failed || version->line.failed;
    }
    fs_arena_fini(&arena);
    return failed ? fs_fail_memory(error, "describing the machine", 0) : FS_OK;
}

void flame_machine_fini(flame_machine *machine)
{
    fs_text_fini(&machine->cpu);
    fs_text_fini(&machine->kernel);
    fs_text_fini(&machine->system);
    for (size_t i = 0; i < machine->version_count; i++) {
        fs_text_fini(&machine->versions[i].command);
        fs_text_fini(&machine->versions[i].line);
    }
    fs_free(machine->versions);
    *machine = (flame_machine){0};
}
