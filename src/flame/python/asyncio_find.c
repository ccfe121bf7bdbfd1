#include "asyncio_find.h"

#include "asyncio_layout.h"
#include "gather.h"

#include <string.h>

enum { OFFSET_MOST = 1 << 24 };

bool asyncio_words_find(object_memory *memory, const python_source *source, asyncio_words *words,
                        bool *unseen)
{
    uint64_t address;
    uint8_t bytes[sizeof words->at];
    const fs_status status = python_section_find(source, ".AsyncioDebug", &address);
    *unseen = status == FS_IO;
    if (status || !object_read(memory, address, bytes, sizeof bytes)) return false;
    for (size_t i = 0; i < ASYNCIO_WORDS; i++) {
        words->at[i] = load_64(bytes + 8 * i);
        if (words->at[i] > OFFSET_MOST) return false;
    }
    return true;
}

bool asyncio_attribute(object_memory *memory, uint64_t interpreter, const char *name, uint64_t *object)
{
    const asyncio_layout *layout = asyncio_layout_of(memory->layout->minor);
    uint64_t modules, module, dict;
    object_entries entries;
    return object_word(memory, interpreter + layout->modules, &modules) && modules &&
           object_dict_entries(memory, modules, &entries) &&
           object_entry_named(memory, &entries, "asyncio.tasks", &module) &&
           object_word(memory, module + MODULE_DICT, &dict) && dict &&
           object_dict_entries(memory, dict, &entries) && object_entry_named(memory, &entries, name, object);
}

asyncio_found asyncio_task_at(const asyncio_words *words, uint64_t task)
{
    return (asyncio_found){.task = task,
                           .name = task + words->at[ASYNCIO_TASK_NAME],
                           .coroutine = task + words->at[ASYNCIO_TASK_CORO],
                           .awaited_by = task + words->at[ASYNCIO_TASK_AWAITED_BY]};
}

bool asyncio_task_check(object_memory *memory, uint64_t object, asyncio_found *found)
{
    const asyncio_layout *layout = asyncio_layout_of(memory->layout->minor);
    const uint64_t waiter = object + layout->waiter;
    object_type type;
    if (!object_type_of(memory, object, &type) || !strstr(type.name, "Task") ||
        type.basic_size < layout->waiter + 24)
        return false;
    *found = (asyncio_found){.task = object, .name = waiter + 16, .coroutine = waiter + 8, .waiter = waiter};
    return true;
}
