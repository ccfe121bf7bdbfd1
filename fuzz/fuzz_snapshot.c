/*
 * Memory of a Python process, recorded and then damaged: whatever it says, sampling it must stay inside its
 * own memory, come to an end, and hold a bounded amount. The seeds are recordings of real interpreters.
 */
#include "memory.h"
#include "snapshot.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH = 2000, HELD_MOST = 300 << 20 };

static void require(bool held)
{
    if (!held) abort();
}

static void look_at(const flame_interpreter *interpreter, const flame_sample *sample)
{
    for (size_t i = 0; i < sample->count; i++) {
        const flame_thread_sample *thread = &sample->threads[i];
        require(thread->depth <= DEPTH + 1);
        require(thread->missed == FLAME_TAKEN || thread->depth == 0);
        for (uint32_t k = 0; k < thread->depth; k++) {
            const flame_code *code = flame_interpreter_code(interpreter, thread->frames[k].code);
            require(code != NULL);
            require(fs_utf8_valid(code->file, strlen(code->file)));
            require(fs_utf8_valid(code->name, strlen(code->name)));
            require(fs_utf8_valid(code->qualname, strlen(code->qualname)));
            flame_position position = flame_interpreter_position(interpreter, &thread->frames[k]);
            require(position.line <= INT32_MAX);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    snapshot memory;
    if (size > 1 << 20 || !snapshot_parse(&memory, data, size)) return 0;
    flame_reader reader = snapshot_reader(&memory);
    flame_interpreter_options options = {
        .size = sizeof options, .max_depth = DEPTH, .attempts = 3, .interval = size % 2};
    flame_interpreter *interpreter;
    if (snapshot_interpreter(&memory, &reader, &options, &interpreter, NULL) == FS_OK) {
        for (int i = 0; i < 4; i++) {
            const flame_sample *sample;
            if (flame_interpreter_sample(interpreter, &sample, NULL) != FS_OK) break;
            look_at(interpreter, sample);
            require(flame_interpreter_bytes(interpreter) < HELD_MOST);
        }
        flame_interpreter_close(interpreter);
    }
    snapshot_fini(&memory);
    return 0;
}
