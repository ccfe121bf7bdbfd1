#include "alloc_sweep.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

/* What is allocated while watching: a set of pointers (linear probing), so that memory that came from inside
 * a shared library may be freed without being counted. */
enum { SLOTS = 1 << 18 };
static void *live[SLOTS];
static size_t live_count, made, fail_at;
static bool watching;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static size_t slot_of(const void *memory)
{
    return (size_t)(((uint64_t)(uintptr_t)memory * 0x9E3779B97F4A7C15u) >> 46);
}

static void remember(void *memory)
{
    if (!memory || live_count >= SLOTS / 2) return;
    size_t slot = slot_of(memory);
    while (live[slot]) slot = (slot + 1) % SLOTS;
    live[slot] = memory;
    live_count++;
}

static bool forget(const void *memory)
{
    size_t slot = slot_of(memory);
    while (live[slot] != memory) {
        if (!live[slot]) return false;
        slot = (slot + 1) % SLOTS;
    }
    live_count--;
    /* Move up what the hole would hide. */
    for (size_t next = (slot + 1) % SLOTS; live[next]; next = (next + 1) % SLOTS) {
        size_t home = slot_of(live[next]);
        if ((next - home) % SLOTS >= (next - slot) % SLOTS) {
            live[slot] = live[next];
            slot = next;
        }
    }
    live[slot] = NULL;
    return true;
}

/* Under the mutex: whether this allocation is the one that fails. */
static bool fails(void)
{
    return watching && ++made == fail_at;
}

void *__wrap_malloc(size_t size)
{
    pthread_mutex_lock(&mutex);
    void *memory = fails() ? NULL : __real_malloc(size);
    if (watching) remember(memory);
    pthread_mutex_unlock(&mutex);
    return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
    pthread_mutex_lock(&mutex);
    void *memory = fails() ? NULL : __real_calloc(count, size);
    if (watching) remember(memory);
    pthread_mutex_unlock(&mutex);
    return memory;
}

void *__wrap_realloc(void *old, size_t size)
{
    pthread_mutex_lock(&mutex);
    void *memory = NULL;
    if (!fails()) {
        bool known = old && forget(old);
        memory = __real_realloc(old, size);
        if (memory && (watching || known)) remember(memory);
        if (!memory && known) remember(old);
    }
    pthread_mutex_unlock(&mutex);
    return memory;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    pthread_mutex_lock(&mutex);
    void *memory = fails() ? NULL : __real_aligned_alloc(alignment, size);
    if (watching) remember(memory);
    pthread_mutex_unlock(&mutex);
    return memory;
}

void __wrap_free(void *memory)
{
    if (!memory) return;
    pthread_mutex_lock(&mutex);
    if (live_count) forget(memory);
    __real_free(memory);
    pthread_mutex_unlock(&mutex);
}

static int watched_run(alloc_sweep_body *body, void *context, size_t failing)
{
    pthread_mutex_lock(&mutex);
    made = 0;
    fail_at = failing;
    watching = true;
    pthread_mutex_unlock(&mutex);
    int status = body(context);
    pthread_mutex_lock(&mutex);
    watching = false;
    pthread_mutex_unlock(&mutex);
    return status;
}

size_t alloc_sweep(alloc_sweep_body *body, void *context, int memory_status)
{
    for (size_t failing = 0;; failing++) {
        size_t before = live_count;
        int status = watched_run(body, context, failing);
        if (live_count != before)
            fail_msg("%zu pieces of memory leaked when allocation %zu failed", live_count - before, failing);
        if (failing == 0 && status != 0) fail_msg("status %d with no allocation failing", status);
        if (failing > 0 && status != 0 && status != memory_status)
            fail_msg("status %d, not %d, when allocation %zu failed", status, memory_status, failing);
        if (failing > made) return failing - 1;
    }
}
