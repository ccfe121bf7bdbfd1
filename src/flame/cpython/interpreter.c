#include "interpreter.h"

fs_status flame_interpreter_open(flame_process *process, const flame_interpreter_options *options,
                                 flame_interpreter **interpreter, flame_python_state *state, fs_error *error)
{
    (void)process;
    (void)options;
    *interpreter = NULL;
    if (state) *state = FLAME_PYTHON_REFUSED;
    return fs_fail(error, FS_UNSUPPORTED, "not built yet");
}
void flame_interpreter_close(flame_interpreter *interpreter)
{
    (void)interpreter;
}
const flame_python_version *flame_interpreter_version(const flame_interpreter *interpreter)
{
    (void)interpreter;
    return NULL;
}
uint32_t flame_interpreter_codes(const flame_interpreter *interpreter)
{
    (void)interpreter;
    return 0;
}
const flame_code *flame_interpreter_code(const flame_interpreter *interpreter, uint32_t id)
{
    (void)interpreter;
    (void)id;
    return NULL;
}
const char *flame_missed_text(flame_missed missed)
{
    (void)missed;
    return "";
}
fs_status flame_interpreter_sample(flame_interpreter *interpreter, const flame_sample **sample,
                                   fs_error *error)
{
    (void)interpreter;
    *sample = NULL;
    return fs_fail(error, FS_UNSUPPORTED, "not built yet");
}
flame_position flame_interpreter_position(const flame_interpreter *interpreter, const flame_frame *frame)
{
    (void)interpreter;
    return (flame_position){.line = frame->line};
}
size_t flame_interpreter_bytes(const flame_interpreter *interpreter)
{
    (void)interpreter;
    return 0;
}
