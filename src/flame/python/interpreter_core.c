#include "interpreter_core.h"

#include "interpreter_private.h"

static fs_status open_elf(const void *core, const flame_map *map, flame_elf **elf, fs_error *error)
{
    return flame_core_elf(core, map, elf, error);
}

python_source flame_core_source(const flame_core *core, const char *name)
{
    return (python_source){.reader = flame_core_reader(core),
                           .maps = flame_core_maps(core),
                           .open_elf = open_elf,
                           .self = core,
                           .name = name,
                           .what = ""};
}

fs_status flame_interpreter_open_core(const flame_core *core, const char *name,
                                      flame_interpreter **interpreter, fs_error *error)
{
    const python_source source = flame_core_source(core, name);
    const flame_interpreter_options options = {.size = sizeof options};
    python_runtime runtime;
    flame_python_state state;
    *interpreter = NULL;
    fs_status status = python_runtime_search(&source, &runtime, &state, error);
    if (status) {
        python_runtime_fini(&runtime);
        return status;
    }
    return interpreter_attach(flame_core_reader(core), NULL, &options, &runtime, interpreter, error);
}
