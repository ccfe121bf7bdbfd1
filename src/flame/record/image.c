#include "target.h"

#include <string.h>

fs_status flame_image_init(flame_image *image, flame_process *process, flame_interpreter *interpreter,
                           fs_error *error)
{
    pid_t pid = flame_process_pid(process);
    *image = (flame_image){.interpreter = interpreter,
                           .process = process,
                           .pid = pid,
                           .label = flame_command_line(pid),
                           .folder = flame_current_folder(pid)};
    fs_arena_init(&image->names);
    if (image->label) return FS_OK;
    flame_image_fini(image);
    return fs_fail_memory(error, "watching a process", 0);
}

static void let_go(flame_image *image)
{
    flame_native_sampler_destroy(image->sampler); /* first: it may hold threads, and reads Python of them */
    image->sampler = NULL;
    mixed_stacks_destroy(image->mixed);
    image->mixed = NULL;
    flame_interpreter_close(image->interpreter);
    if (image->native) flame_native_release(image->native);
    flame_process_close(image->process);
    image->interpreter = NULL;
    image->process = NULL;
}

void flame_image_fini(flame_image *image)
{
    let_go(image);
    native_names_fini(&image->native_names);
    flame_native_close(image->native);
    fs_arena_fini(&image->names);
    fs_free(image->codes);
    fs_free(image->label);
    fs_free(image->folder);
    *image = (flame_image){0};
}

void flame_image_retire(flame_image *image)
{
    if (!image->interpreter) {
        let_go(image);
        return;
    }
    uint32_t count = flame_interpreter_codes(image->interpreter);
    flame_code *codes = fs_alloc(count, sizeof *codes);
    for (uint32_t i = 0; codes && i < count; i++) {
        const flame_code *code = flame_interpreter_code(image->interpreter, i);
        codes[i] = (flame_code){
            .file = fs_arena_strndup(&image->names, code->file, strlen(code->file)),
            .name = fs_arena_strndup(&image->names, code->name, strlen(code->name)),
            .qualname = fs_arena_strndup(&image->names, code->qualname, strlen(code->qualname)),
            .first_line = code->first_line,
        };
        if (codes[i].file && codes[i].name && codes[i].qualname) continue;
        fs_free(codes);
        codes = NULL;
    }
    if (!codes) return; /* no memory to save some: it stays as it is */
    image->codes = codes;
    image->code_count = count;
    let_go(image);
}

const flame_code *flame_image_code(const flame_image *image, uint32_t id)
{
    return image->interpreter ? flame_interpreter_code(image->interpreter, id) : &image->codes[id];
}
