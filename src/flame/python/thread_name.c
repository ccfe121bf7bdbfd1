#include "thread_name.h"

#include "still_frames.h"
#include "text.h"

#include <string.h>

bool python_thread_name(const flame_reader *reader, const python_layout *layout, uint64_t frame, char *name,
                        size_t room)
{
    enum { READS = 300, LENGTH = 256 };
    object_memory memory = {.reader = reader, .layout = layout, .reads_left = READS};
    uint64_t self, value;
    char text[LENGTH];
    if (!object_word(&memory, still_frame_slots(&memory, frame), &self) ||
        !object_attribute(&memory, object_in_slot(&memory, self), "_name", &value) ||
        !object_text(&memory, value, text, sizeof text))
        return false;
    fs_text clean;
    fs_text_init(&clean);
    fs_text_add_printable(&clean, text, strlen(text), false);
    const size_t length = clean.length < room ? clean.length : room - 1;
    const size_t kept = fs_utf8_clip(fs_text_string(&clean), length);
    memcpy(name, fs_text_string(&clean), kept);
    name[kept] = '\0';
    const bool good = !clean.failed && kept > 0;
    fs_text_fini(&clean);
    return good;
}
