#include "perf_events.h"

#include "clock.h"
#include "memory.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    STACK_BYTES = 16384,     /* of each sample */
    RECORD_BYTES = 18 << 10, /* ... with all the rest */
    KEPT_FOR = 4,            /* parts of a second for which there is room */
    ROOM_LEAST = 1 << 18,
    ROOM_MOST = 1 << 26,
    CALLS_MOST = 1 << 12 /* of the kernel, in a sample */
};

/* Where the kernel keeps the registers of registers.h, in the order of its bits (asm/perf_regs.h). */
#if defined(__aarch64__)
#define REGISTERS_WANTED ((UINT64_C(1) << 33) - 1) /* x0 to x30, sp, pc: as here */
static unsigned register_of(unsigned bit)
{
    return bit;
}
#else
#define REGISTERS_WANTED UINT64_C(0xff01ff) /* ax to ip, r8 to r15 */
static unsigned register_of(unsigned bit)
{
    /* ax, bx, cx, dx, si, di, bp, sp, ip */
    static const uint8_t numbers[] = {0, 3, 2, 1, 4, 5, 6, 7, 16};
    return bit < sizeof numbers ? numbers[bit] : bit - 8; /* r8 has bit 16 */
}
#endif

typedef struct ring {
    int file;
    struct perf_event_mmap_page *page; /* NULL: none */
} ring;

/* A record that was read and is not told yet. */
typedef struct pending {
    uint64_t time;
    size_t at; /* in the order in which they were read, those of before first */
} pending;

struct flame_events {
    ring *rings;
    size_t ring_count;
    size_t page, room; /* bytes of the first page, and of the records after it */
    uint8_t *bytes;    /* records, each at a multiple of eight */
    size_t used, capacity;
    uint8_t *spare; /* for those that stay */
    size_t spare_capacity;
    pending *items;
    size_t count, item_capacity;
    uint64_t complete; /* all records up to this time have been read */
};

/* ---- opening ---- */

static fs_status explain(int reason, fs_error *error)
{
    char text[16] = "";
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file && !fgets(text, sizeof text, file)) text[0] = '\0';
    if (file) fclose(file);
    text[strcspn(text, "\n")] = '\0';
    if (reason == EACCES || reason == EPERM)
        return fs_fail(error, FS_PERMISSION,
                       "kernel frames come from perf events, which are not permitted here "
                       "(kernel.perf_event_paranoid is %s)\n  run flame as root (in a container with the "
                       "capabilities PERFMON, SYSLOG and IPC_LOCK, and no seccomp filter against "
                       "perf_event_open), or: sysctl kernel.perf_event_paranoid=-1 kernel.kptr_restrict=0",
                       text[0] ? text : "not known");
    if (reason == EMFILE || reason == ENFILE)
        return fs_fail(error, FS_IO, "opening perf events: %s (raise the limit on open files: ulimit -n)",
                       strerror(reason));
    return fs_fail(error, FS_UNSUPPORTED, "this kernel does not give perf events (perf_event_open: %s)",
                   strerror(reason));
}

static fs_status open_ring(flame_events *events, int processor, double rate, ring *made, fs_error *error)
{
    struct perf_event_attr wanted = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof wanted,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = (uint64_t)(1e9 / rate),
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_REGS_USER |
                       PERF_SAMPLE_STACK_USER,
        .exclude_hv = 1,
        .exclude_idle = 1,
        .exclude_callchain_user = 1,
        .mmap = 1,
        .mmap2 = 1,
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .sample_regs_user = REGISTERS_WANTED,
        .sample_stack_user = STACK_BYTES,
        .watermark = 1,
    };
    made->file = (int)syscall(SYS_perf_event_open, &wanted, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
    if (made->file < 0) return errno == ENODEV ? FS_OK : explain(errno, error); /* ENODEV: switched off */
    void *memory;
    do {
        memory = mmap(NULL, events->page + events->room, PROT_READ | PROT_WRITE, MAP_SHARED, made->file, 0);
        /* Less may be locked than would be good; all rings are of one size. */
    } while (memory == MAP_FAILED && errno == EPERM && processor == 0 && events->room > ROOM_LEAST &&
             (events->room /= 2));
    if (memory == MAP_FAILED)
        return errno == EPERM ? fs_fail(error, FS_PERMISSION,
                                        "the memory that perf events need may not be locked; raise "
                                        "kernel.perf_event_mlock_kb (sysctl), or run flame as root")
                              : fs_fail_memory(error, "opening perf events", events->room);
    made->page = memory;
    return FS_OK;
}

fs_status flame_events_open(double rate, flame_events **out, fs_error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_CONF);
    *out = NULL;
    flame_events *events = fs_alloc_0(1, sizeof *events);
    ring *rings = fs_alloc_0((size_t)processors, sizeof *rings);
    if (!events || !rings) {
        fs_free(events);
        fs_free(rings);
        return fs_fail_memory(error, "opening perf events", sizeof *events);
    }
    events->rings = rings;
    events->page = (size_t)sysconf(_SC_PAGESIZE);
    events->room = ROOM_LEAST;
    while (events->room < ROOM_MOST && (double)events->room < rate * RECORD_BYTES / KEPT_FOR)
        events->room *= 2;
    fs_status status = FS_OK;
    for (long i = 0; i < processors && !status; i++)
        status = open_ring(events, (int)i, rate, &events->rings[events->ring_count++], error);
    if (status)
        flame_events_close(events);
    else
        *out = events;
    return status;
}

void flame_events_close(flame_events *events)
{
    if (!events) return;
    for (size_t i = 0; i < events->ring_count; i++) {
        if (events->rings[i].page) munmap(events->rings[i].page, events->page + events->room);
        if (events->rings[i].file >= 0) close(events->rings[i].file);
    }
    fs_free(events->rings);
    fs_free(events->bytes);
    fs_free(events->spare);
    fs_free(events->items);
    fs_free(events);
}

/* ---- reading ---- */

static void copy_out(const flame_events *events, const ring *from, uint64_t position, void *bytes,
                     size_t length)
{
    const uint8_t *data = (const uint8_t *)from->page + events->page;
    const size_t start = (size_t)(position & (events->room - 1));
    const size_t first = length < events->room - start ? length : events->room - start;
    memcpy(bytes, data + start, first);
    memcpy((uint8_t *)bytes + first, data, length - first);
}

/* When a record was made; 0: it does not say. */
static uint64_t time_of(const struct perf_event_header *header, const uint8_t *record)
{
    uint64_t time = 0;
    const size_t at = header->type == PERF_RECORD_SAMPLE ? sizeof *header + 8 : header->size - 8u;
    if (header->size >= sizeof *header + 16) memcpy(&time, record + at, sizeof time);
    return time;
}

static fs_status read_ring(flame_events *events, const ring *from, fs_error *error)
{
    if (!from->page) return FS_OK;
    const uint64_t head = __atomic_load_n(&from->page->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = from->page->data_tail;
    while (head - tail >= sizeof(struct perf_event_header)) {
        struct perf_event_header header;
        copy_out(events, from, tail, &header, sizeof header);
        if (header.size < sizeof header || header.size % 8 || header.size > head - tail) break;
        if (!FS_GROW(events->bytes, events->capacity, events->used + header.size) ||
            !FS_GROW(events->items, events->item_capacity, events->count + 1))
            return fs_fail_memory(error, "reading perf events", header.size);
        uint8_t *record = events->bytes + events->used;
        copy_out(events, from, tail, record, header.size);
        events->items[events->count++] = (pending){.time = time_of(&header, record), .at = events->used};
        events->used += header.size;
        tail += header.size;
    }
    /* All is read; behind a header that makes no sense the kernel begins anew. */
    __atomic_store_n(&from->page->data_tail, head, __ATOMIC_RELEASE);
    return FS_OK;
}

/* The next bytes of a record, in turn. */
typedef struct cursor {
    const uint8_t *bytes;
    size_t left;
} cursor;

static const uint8_t *take(cursor *at, size_t length)
{
    if (at->left < length) return NULL;
    const uint8_t *found = at->bytes;
    at->bytes += length;
    at->left -= length;
    return found;
}

static bool take_32(cursor *at, uint32_t *value)
{
    const uint8_t *bytes = take(at, sizeof *value);
    if (bytes) memcpy(value, bytes, sizeof *value);
    return bytes != NULL;
}

static bool take_64(cursor *at, uint64_t *value)
{
    const uint8_t *bytes = take(at, sizeof *value);
    if (bytes) memcpy(value, bytes, sizeof *value);
    return bytes != NULL;
}

static bool take_task(cursor *at, flame_event *event)
{
    uint32_t pid, tid;
    if (!take_32(at, &pid) || !take_32(at, &tid)) return false;
    event->pid = (pid_t)pid;
    event->tid = (pid_t)tid;
    return true;
}

static bool take_calls(cursor *at, flame_event *event)
{
    uint64_t count;
    if (!take_64(at, &count) || count > CALLS_MOST) return false;
    const uint8_t *bytes = take(at, (size_t)count * 8);
    if (!bytes) return false;
    event->kernel = (const uint64_t *)(const void *)bytes;
    event->kernel_count = (size_t)count;
    /* The first says that what follows is the kernel's; the program's calls were not asked for. */
    while (event->kernel_count && *event->kernel >= (uint64_t)PERF_CONTEXT_MAX) {
        event->kernel++;
        event->kernel_count--;
    }
    for (size_t i = 0; i < event->kernel_count; i++)
        if (event->kernel[i] >= (uint64_t)PERF_CONTEXT_MAX) event->kernel_count = i;
    return true;
}

static bool take_registers(cursor *at, flame_event *event)
{
    uint64_t form, value;
    if (!take_64(at, &form)) return false;
    if (form == PERF_SAMPLE_REGS_ABI_NONE) return true;
    for (unsigned bit = 0; bit < 64; bit++) {
        if (!(REGISTERS_WANTED >> bit & 1)) continue;
        if (!take_64(at, &value)) return false;
        event->registers.value[register_of(bit)] = value;
    }
    event->has_registers = form == PERF_SAMPLE_REGS_ABI_64;
    return true;
}

static bool take_stack(cursor *at, flame_event *event)
{
    uint64_t size, filled;
    if (!take_64(at, &size)) return false;
    if (!size) return true;
    event->stack = take(at, (size_t)size);
    if (!event->stack || !take_64(at, &filled)) return false;
    event->stack_length = (size_t)(filled < size ? filled : size);
    /* In execve the old program is gone, and the new one has not begun. */
    if (!event->stack_length || !event->registers.value[FLAME_REG_PC]) event->has_registers = false;
    return true;
}

static bool take_map(cursor *at, flame_event *event)
{
    uint32_t word;
    uint64_t length, inode, generation;
    flame_map *map = &event->map;
    /* After the address: length, offset, device, inode and its generation, protection, flags, path. */
    if (!take_64(at, &map->start) || !take_64(at, &length) || !take_64(at, &map->offset) || !take(at, 8) ||
        !take_64(at, &inode) || !take_64(at, &generation) || !take_32(at, &word) || !take_32(at, &word))
        return false;
    map->end = map->start + length;
    map->inode = inode;
    map->readable = map->executable = true;
    map->path = (const char *)at->bytes;
    if (map->end < map->start || !memchr(at->bytes, 0, at->left)) return false;
    if (strncmp(map->path, "//", 2) == 0) { /* "//anon": no file */
        map->path = "";
        map->inode = 0;
    }
    return true;
}

/* False: it is of no use here. */
static bool parse(const uint8_t *record, uint64_t time, flame_event *event)
{
    struct perf_event_header header;
    uint32_t word;
    memcpy(&header, record, sizeof header);
    cursor at = {.bytes = record + sizeof header, .left = header.size - sizeof header};
    *event = (flame_event){.time = time};
    switch (header.type) {
    case PERF_RECORD_SAMPLE:
        event->kind = FLAME_EVENT_SAMPLE;
        return take_task(&at, event) && take(&at, 8) && take_calls(&at, event) &&
               take_registers(&at, event) && take_stack(&at, event);
    case PERF_RECORD_FORK:
    case PERF_RECORD_EXIT: /* pid, parent's pid, tid, parent's tid */
        event->kind = header.type == PERF_RECORD_FORK ? FLAME_EVENT_BEGIN : FLAME_EVENT_END;
        if (!take_task(&at, event) || !take_32(&at, &word)) return false;
        event->parent = event->tid;
        event->tid = (pid_t)word;
        return true;
    case PERF_RECORD_COMM:
        event->kind = FLAME_EVENT_EXEC;
        if (!(header.misc & PERF_RECORD_MISC_COMM_EXEC) || !take_task(&at, event)) return false;
        event->name = (const char *)at.bytes;
        return memchr(at.bytes, 0, at.left) != NULL;
    case PERF_RECORD_MMAP2:
        event->kind = FLAME_EVENT_MAP;
        return take_task(&at, event) && take_map(&at, event);
    case PERF_RECORD_LOST:
        event->kind = FLAME_EVENT_LOST;
        return take(&at, 8) && take_64(&at, &event->lost);
    case PERF_RECORD_THROTTLE: /* for the rest of a moment there are none: one at least */
        event->kind = FLAME_EVENT_LOST;
        event->lost = 1;
        return true;
    default:
        return false;
    }
}

static int by_time(const void *a, const void *b)
{
    const pending *left = a, *right = b;
    if (left->time != right->time) return left->time < right->time ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

/* What was told goes. */
static fs_status drop_told(flame_events *events, size_t told, fs_error *error)
{
    const size_t kept = events->count - told;
    size_t used = 0;
    if (kept && !FS_GROW(events->spare, events->spare_capacity, events->used))
        return fs_fail_memory(error, "reading perf events", events->used);
    for (size_t i = 0; i < kept; i++) {
        pending *item = &events->items[i];
        struct perf_event_header header;
        *item = events->items[told + i];
        memcpy(&header, events->bytes + item->at, sizeof header);
        memcpy(events->spare + used, events->bytes + item->at, header.size);
        item->at = used;
        used += header.size;
    }
    if (kept) {
        uint8_t *bytes = events->bytes;
        const size_t capacity = events->capacity;
        events->bytes = events->spare;
        events->capacity = events->spare_capacity;
        events->spare = bytes;
        events->spare_capacity = capacity;
    }
    events->count = kept;
    events->used = used;
    return FS_OK;
}

fs_status flame_events_read(flame_events *events, bool last,
                            fs_status (*visit)(void *context, const flame_event *event, fs_error *error),
                            void *context, fs_error *error)
{
    const uint64_t before = fs_clock_nanoseconds();
    fs_status status = FS_OK;
    for (size_t i = 0; i < events->ring_count && !status; i++)
        status = read_ring(events, &events->rings[i], error);
    qsort(events->items, events->count, sizeof *events->items, by_time);
    size_t told = 0;
    for (; told < events->count && !status; told++) {
        const pending *item = &events->items[told];
        flame_event event;
        if (!last && item->time > events->complete) break;
        if (parse(events->bytes + item->at, item->time, &event)) status = visit(context, &event, error);
    }
    events->complete = before;
    return status ? status : drop_told(events, told, error);
}
