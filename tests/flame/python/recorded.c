#include "recorded.h"

#include "file.h"
#include "memory.h"

#include <stdio.h>

fs_status recorded_open(recorded *self, unsigned minor, fs_error *error)
{
    char path[256];
    size_t length;
    *self = (recorded){0};
    snprintf(path, sizeof path, "%s/python-3.%u", SNAPSHOTS, minor);
    fs_status status = fs_file_read(path, 0, &self->bytes, &length, error);
    if (status != FS_OK) return status;
    if (!snapshot_parse(&self->memory, (const uint8_t *)self->bytes, length))
        return fs_fail_memory(error, "parsing a snapshot", 0);
    self->reader = snapshot_reader(&self->memory);
    flame_interpreter_options options = {.size = sizeof options, .attempts = 3, .interval = 1000000};
    return snapshot_interpreter(&self->memory, &self->reader, &options, &self->interpreter, error);
}

void recorded_close(recorded *self)
{
    flame_interpreter_close(self->interpreter);
    snapshot_fini(&self->memory);
    fs_free(self->bytes);
}

const flame_thread_sample *deepest(const flame_sample *sample)
{
    return &sample->threads[sample->threads[1].depth > sample->threads[0].depth];
}
