#include "python_layout.h"

#include <string.h>

#define NONE PYTHON_ABSENT

/* Fields that several versions share, so that each row below shows what changed in it. */
#define TEXT_OLD                                                                                             \
    {                                                                                                        \
        .length = 16, .state = 32, .ascii = 48, .compact = 72, .kind = 2                                     \
    } /* with wstr, to 3.11 */
#define TEXT_NEW                                                                                             \
    {                                                                                                        \
        .length = 16, .state = 32, .ascii = 40, .compact = 56, .kind = 2                                     \
    }
#define BYTES_ALL                                                                                            \
    {                                                                                                        \
        .length = 16, .data = 32                                                                             \
    }

/* clang-format off */
#define FRAME_OBJECT(lasti_) \
    {.previous = 24, .code = 32, .counter = (lasti_), .owner = NONE, .size = (lasti_) + 8, \
     .slots = (lasti_) + 256, .shown_owners = 255, .owners = 1}
#define CODE_OLD \
    {.file = 104, .name = 112, .qualname = NONE, .first_line = 40, .lines = 120, .bytes = 48, .body = NONE, \
     .flags = 36, .version = NONE, .fields = {16, 128}}
#define THREAD_OLD \
    {.previous = 0, .next = 8, .interpreter = 16, .frame = 24, .through_cframe = NONE, .ident = 176, \
     .native = NONE, .serial = 256, .status = NONE}
#define CODE_NEW(first_, body_) \
    {.file = 112, .name = 120, .qualname = 128, .first_line = (first_), .lines = 136, .bytes = NONE, \
     .body = (body_), .flags = 48, .version = 92, .fields = {56, 144}}

static const python_layout layouts[] = {
    {.minor = 8, .object_head = 8, .type = {.cached_keys = 872},
     .runtime = {.interpreters = 32, .current = 1368, .collecting = 544},
     .interpreter = {.next = 0, .id = 16, .threads = 8, .generation = NONE, .collecting = NONE, .collected_from = NONE},
     .thread = THREAD_OLD, .frame = FRAME_OBJECT(104), .code = CODE_OLD, .text = TEXT_OLD, .bytes = BYTES_ALL,
     .counter = PYTHON_COUNTS_BYTES, .lines = PYTHON_LNOTAB, .validation = PYTHON_VALIDATE_CONTENT},
    {.minor = 9, .object_head = 8, .type = {.cached_keys = 864},
     .runtime = {.interpreters = 32, .current = 568, .collecting = NONE},
     .interpreter = {.next = 0, .id = 24, .threads = 8, .generation = NONE, .collecting = 816, .collected_from = NONE},
     .thread = THREAD_OLD, .frame = FRAME_OBJECT(104), .code = CODE_OLD, .text = TEXT_OLD, .bytes = BYTES_ALL,
     .counter = PYTHON_COUNTS_BYTES, .lines = PYTHON_LNOTAB, .validation = PYTHON_VALIDATE_CONTENT},
    {.minor = 10, .object_head = 8, .type = {.cached_keys = 872},
     .runtime = {.interpreters = 32, .current = 568, .collecting = NONE},
     .interpreter = {.next = 0, .id = 24, .threads = 8, .generation = NONE, .collecting = 816, .collected_from = NONE},
     .thread = THREAD_OLD, .frame = FRAME_OBJECT(96), .code = CODE_OLD, .text = TEXT_OLD, .bytes = BYTES_ALL,
     .counter = PYTHON_COUNTS_UNITS, .lines = PYTHON_PAIRS, .validation = PYTHON_VALIDATE_CONTENT},
    {.minor = 11, .object_head = 8, .type = {.cached_keys = 872},
     .runtime = {.interpreters = 40, .current = 576, .collecting = NONE},
     .interpreter = {.next = 0, .id = 48, .threads = 16, .generation = NONE, .collecting = 848, .collected_from = NONE},
     .thread = {.previous = 0, .next = 8, .interpreter = 16, .frame = 56, .through_cframe = 8, .ident = 152,
                .native = 160, .serial = NONE, .status = NONE},
     .frame = {.previous = 48, .code = 32, .counter = 56, .owner = 69, .size = 72, .slots = NONE, .shown_owners = 3, .owners = 3},
     .code = CODE_NEW(72, 184), .text = TEXT_OLD, .bytes = BYTES_ALL,
     .counter = PYTHON_POINTS_BEFORE, .lines = PYTHON_LOCATIONS, .validation = PYTHON_VALIDATE_CONTENT},
    {.minor = 12, .object_head = 8, .type = {.cached_keys = 880},
     .runtime = {.interpreters = 40, .current = NONE, .collecting = NONE},
     .interpreter = {.next = 0, .id = 8, .threads = 72, .generation = NONE, .collecting = 312, .collected_from = NONE},
     .thread = {.previous = 0, .next = 8, .interpreter = 16, .frame = 56, .through_cframe = 0, .ident = 136,
                .native = 144, .serial = NONE, .status = 24, .active = 1 << 4},
     .frame = {.previous = 8, .code = 0, .counter = 56, .owner = 70, .size = 72, .slots = NONE, .shown_owners = 3, .owners = 4},
     .code = CODE_NEW(68, 192), .text = TEXT_NEW, .bytes = BYTES_ALL,
     .counter = PYTHON_POINTS_BEFORE, .lines = PYTHON_LOCATIONS, .validation = PYTHON_VALIDATE_VERSION},
    {.minor = 13, .object_head = 8, .type = {.cached_keys = 880},
     .runtime = {.interpreters = 632, .current = NONE, .collecting = NONE},
     .interpreter = {.next = 7264, .id = 7272, .threads = 7344, .generation = NONE, .collecting = 7600, .collected_from = NONE},
     .thread = {.previous = 0, .next = 8, .interpreter = 16, .frame = 72, .through_cframe = NONE, .ident = 152,
                .native = 160, .serial = NONE, .status = 32, .active = 1 << 4},
     .frame = {.previous = 8, .code = 0, .counter = 56, .owner = 70, .size = 72, .slots = NONE, .shown_owners = 3, .owners = 4},
     .code = CODE_NEW(68, 200), .text = TEXT_NEW, .bytes = BYTES_ALL,
     .counter = PYTHON_POINTS_AT, .lines = PYTHON_LOCATIONS, .validation = PYTHON_VALIDATE_VERSION},
    {.minor = 14, .object_head = 8, .type = {.cached_keys = 880},
     .runtime = {.interpreters = 808, .current = NONE, .collecting = NONE},
     .interpreter = {.next = 7272, .id = 7280, .threads = 7344, .generation = 7992, .generation_size = 8, .collecting = 7600, .collected_from = NONE},
     .thread = {.previous = 0, .next = 8, .interpreter = 16, .frame = 72, .through_cframe = NONE, .ident = 152,
                .native = 160, .serial = NONE, .status = 32, .active = 1 << 4},
     .frame = {.previous = 8, .code = 0, .counter = 56, .owner = 74, .size = 80, .slots = NONE, .shown_owners = 3, .owners = 5,
               .tagged = true},
     .code = CODE_NEW(68, 208), .text = TEXT_NEW, .bytes = BYTES_ALL,
     .counter = PYTHON_POINTS_AT, .lines = PYTHON_LOCATIONS, .validation = PYTHON_VALIDATE_GENERATION},
    {.minor = 15, .object_head = 8, .type = {.cached_keys = 888},
     .runtime = {.interpreters = 936, .current = NONE, .collecting = NONE},
     .interpreter = {.next = 7264, .id = 7272, .threads = 7336, .generation = 7944, .generation_size = 8, .collecting = 7512, .collected_from = 7520},
     .thread = {.previous = 0, .next = 8, .interpreter = 16, .frame = 72, .through_cframe = NONE, .ident = 176,
                .native = 184, .serial = NONE, .status = 32, .active = 1 << 4},
     .frame = {.previous = 8, .code = 0, .counter = 56, .owner = 74, .size = 80, .slots = NONE, .shown_owners = 3, .owners = 4,
               .tagged = true},
     .code = CODE_NEW(68, 208), .text = TEXT_NEW, .bytes = BYTES_ALL,
     .counter = PYTHON_POINTS_AT, .lines = PYTHON_LOCATIONS, .validation = PYTHON_VALIDATE_GENERATION},
};
/* clang-format on */

_Static_assert(sizeof layouts / sizeof *layouts == PYTHON_NEWEST - PYTHON_OLDEST + 1,
               "a row for each version");

const python_layout *python_layout_fixed(unsigned minor)
{
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (layouts[i].minor == minor) return &layouts[i];
    return NULL;
}

void python_layout_free_thread(python_layout *layout)
{
    enum {
        MORE = 16
    }; /* bytes in front of an object's type: who owns it, two counts of references, a lock */
    layout->free_threaded = true;
    layout->object_head += MORE;
    layout->code.flags += MORE;
    layout->code.version += MORE;
    layout->type.cached_keys += MORE;
    /* Whether a str is interned has a byte of its own there, for it is changed without a lock. */
    if (layout->minor >= 14) layout->text.kind = 8;
}

/* ---- the interpreter's own table ---- */

enum entry {
    RUNTIME_INTERPRETERS,
    INTERPRETER_SIZE,
    INTERPRETER_ID,
    INTERPRETER_NEXT,
    INTERPRETER_THREADS,
    INTERPRETER_GENERATION,
    INTERPRETER_COPIES,
    INTERPRETER_GC,
    GC_COLLECTING,
    GC_FRAME,
    THREAD_SIZE,
    THREAD_PREVIOUS,
    THREAD_NEXT,
    THREAD_INTERPRETER,
    THREAD_FRAME,
    THREAD_IDENT,
    THREAD_NATIVE,
    THREAD_STATUS,
    FRAME_PREVIOUS,
    FRAME_EXECUTABLE,
    FRAME_COUNTER,
    FRAME_LOCALS,
    FRAME_OWNER,
    FRAME_COPY,
    CODE_SIZE,
    CODE_FILE,
    CODE_NAME,
    CODE_QUALNAME,
    CODE_LINES,
    CODE_FIRST_LINE,
    CODE_ARGCOUNT,
    CODE_BODY,
    CODE_COPIES,
    BYTES_LENGTH,
    BYTES_DATA,
    TEXT_STATE,
    TEXT_LENGTH,
    TEXT_ASCII_SIZE,
    ENTRIES
};

/* Names as CPython spells them in _Py_DebugOffsets. */
static const python_table_entry entries[ENTRIES] = {
    [RUNTIME_INTERPRETERS] = {"runtime_state.interpreters_head", {5, 5, 5}},
    [INTERPRETER_SIZE] = {"interpreter_state.size", {6, 6, 6}},
    [INTERPRETER_ID] = {"interpreter_state.id", {7, 7, 7}},
    [INTERPRETER_NEXT] = {"interpreter_state.next", {8, 8, 8}},
    [INTERPRETER_THREADS] = {"interpreter_state.threads_head", {9, 9, 9}},
    [INTERPRETER_GENERATION] = {"interpreter_state.code_object_generation", {0, 20, 20}},
    [INTERPRETER_COPIES] = {"interpreter_state.tlbc_generation", {0, 21, 21}},
    [INTERPRETER_GC] = {"interpreter_state.gc", {10, 11, 11}},
    [GC_COLLECTING] = {"gc.collecting", {72, 82, 95}},
    [GC_FRAME] = {"gc.frame", {0, 0, 96}},
    [THREAD_SIZE] = {"thread_state.size", {19, 22, 22}},
    [THREAD_PREVIOUS] = {"thread_state.prev", {20, 23, 23}},
    [THREAD_NEXT] = {"thread_state.next", {21, 24, 24}},
    [THREAD_INTERPRETER] = {"thread_state.interp", {22, 25, 25}},
    [THREAD_FRAME] = {"thread_state.current_frame", {23, 26, 26}},
    [THREAD_IDENT] = {"thread_state.thread_id", {24, 27, 30}},
    [THREAD_NATIVE] = {"thread_state.native_thread_id", {25, 28, 31}},
    [THREAD_STATUS] = {"thread_state.status", {27, 30, 33}},
    [FRAME_PREVIOUS] = {"interpreter_frame.previous", {29, 32, 40}},
    [FRAME_EXECUTABLE] = {"interpreter_frame.executable", {30, 33, 41}},
    [FRAME_COUNTER] = {"interpreter_frame.instr_ptr", {31, 34, 42}},
    [FRAME_LOCALS] = {"interpreter_frame.localsplus", {32, 35, 43}},
    [FRAME_OWNER] = {"interpreter_frame.owner", {33, 36, 44}},
    [FRAME_COPY] = {"interpreter_frame.tlbc_index", {0, 38, 46}},
    [CODE_SIZE] = {"code_object.size", {34, 39, 47}},
    [CODE_FILE] = {"code_object.filename", {35, 40, 48}},
    [CODE_NAME] = {"code_object.name", {36, 41, 49}},
    [CODE_QUALNAME] = {"code_object.qualname", {37, 42, 50}},
    [CODE_LINES] = {"code_object.linetable", {38, 43, 51}},
    [CODE_FIRST_LINE] = {"code_object.firstlineno", {39, 44, 52}},
    [CODE_ARGCOUNT] = {"code_object.argcount", {40, 45, 53}},
    [CODE_BODY] = {"code_object.co_code_adaptive", {43, 48, 56}},
    [CODE_COPIES] = {"code_object.co_tlbc", {0, 49, 57}},
    [BYTES_LENGTH] = {"bytes_object.ob_size", {65, 75, 87}},
    [BYTES_DATA] = {"bytes_object.ob_sval", {66, 76, 88}},
    [TEXT_STATE] = {"unicode_object.state", {68, 78, 90}},
    [TEXT_LENGTH] = {"unicode_object.length", {69, 79, 91}},
    [TEXT_ASCII_SIZE] = {"unicode_object.asciiobject_size", {70, 80, 92}},
};

const python_table_entry *python_layout_entries(size_t *count)
{
    *count = ENTRIES;
    return entries;
}

fs_status python_layout_from_table(const uint64_t words[PYTHON_TABLE_WORDS], python_layout *layout,
                                   fs_error *error)
{
    /* PY_VERSION_HEX: major, minor, micro, then level and serial in four bits each. */
    unsigned major = words[1] >> 24 & 0xff, minor = words[1] >> 16 & 0xff;
    if (memcmp(words, PYTHON_COOKIE, 8) != 0)
        return fs_fail(error, FS_FORMAT, "_PyRuntime does not begin with \"" PYTHON_COOKIE "\"");
    if (major != 3 || minor < 13 || minor > PYTHON_NEWEST)
        return fs_fail(error, FS_UNSUPPORTED, "Python %u.%u is not known to this version of flame", major,
                       minor);
    uint64_t value[ENTRIES];
    for (size_t i = 0; i < ENTRIES; i++) {
        unsigned word = entries[i].word[minor - 13];
        value[i] = word ? words[word] : 0;
        /* Every one is an offset into or the size of a structure of a few hundred kilobytes at most. */
        if (value[i] > 1U << 24)
            return fs_fail(error, FS_FORMAT, "the offset of %s is said to be %llu, which cannot be",
                           entries[i].name, (unsigned long long)value[i]);
    }
    /* The three small structures are read whole, so their fields must lie close together and in order. */
    bool sane = value[THREAD_SIZE] >= 64 && value[THREAD_SIZE] <= 65536 && value[CODE_SIZE] <= 4096 &&
                value[FRAME_LOCALS] >= 32 && value[FRAME_LOCALS] <= 512 &&
                value[CODE_BODY] <= value[CODE_SIZE] && value[CODE_BODY] >= 64 &&
                value[CODE_LINES] + 8 <= value[CODE_BODY] && value[CODE_ARGCOUNT] < value[CODE_LINES] &&
                value[TEXT_ASCII_SIZE] >= 24 && value[TEXT_ASCII_SIZE] <= 256 && value[BYTES_DATA] <= 256 &&
                value[TEXT_STATE] + 4 <= value[TEXT_ASCII_SIZE] &&
                value[TEXT_LENGTH] + 8 <= value[TEXT_ASCII_SIZE] &&
                value[BYTES_LENGTH] + 8 <= value[BYTES_DATA] &&
                value[INTERPRETER_THREADS] + 8 <= value[INTERPRETER_SIZE] &&
                value[INTERPRETER_NEXT] + 8 <= value[INTERPRETER_SIZE] &&
                value[INTERPRETER_GC] + value[GC_COLLECTING] + 4 <= value[INTERPRETER_SIZE] &&
                value[INTERPRETER_GC] + value[GC_FRAME] + 8 <= value[INTERPRETER_SIZE];
    for (int i = THREAD_PREVIOUS; i <= THREAD_STATUS; i++)
        sane = sane && value[i] + 4 <= value[THREAD_SIZE] && value[i] + 8 <= PYTHON_THREAD_BLOCK;
    for (int i = FRAME_PREVIOUS; i <= FRAME_COUNTER; i++) sane = sane && value[i] + 8 <= value[FRAME_LOCALS];
    sane = sane && value[FRAME_OWNER] < value[FRAME_LOCALS] && value[FRAME_COPY] + 4 <= value[FRAME_LOCALS] &&
           value[CODE_COPIES] + 8 <= value[CODE_BODY] && words[2] <= 1;
    for (int i = CODE_FILE; i <= CODE_ARGCOUNT; i++) sane = sane && value[i] + 8 <= value[CODE_BODY];
    if (!sane)
        return fs_fail(error, FS_FORMAT,
                       "the table of offsets of Python 3.%u does not have the form that its release has (a "
                       "pre-release?)",
                       minor);

    const python_layout *fixed = python_layout_fixed(minor);
    *layout = *fixed;
    if (words[2]) python_layout_free_thread(layout);
    layout->runtime.interpreters = (uint32_t)value[RUNTIME_INTERPRETERS];
    layout->interpreter.next = (uint32_t)value[INTERPRETER_NEXT];
    layout->interpreter.id = (uint32_t)value[INTERPRETER_ID];
    layout->interpreter.threads = (uint32_t)value[INTERPRETER_THREADS];
    if (value[INTERPRETER_GENERATION])
        layout->interpreter.generation = (uint32_t)value[INTERPRETER_GENERATION];
    layout->interpreter.copies_generation = (uint32_t)value[INTERPRETER_COPIES];
    layout->interpreter.collecting = (uint32_t)(value[INTERPRETER_GC] + value[GC_COLLECTING]);
    if (value[GC_FRAME])
        layout->interpreter.collected_from = (uint32_t)(value[INTERPRETER_GC] + value[GC_FRAME]);
    layout->thread.previous = (uint32_t)value[THREAD_PREVIOUS];
    layout->thread.next = (uint32_t)value[THREAD_NEXT];
    layout->thread.interpreter = (uint32_t)value[THREAD_INTERPRETER];
    layout->thread.frame = (uint32_t)value[THREAD_FRAME];
    layout->thread.ident = (uint32_t)value[THREAD_IDENT];
    layout->thread.native = (uint32_t)value[THREAD_NATIVE];
    layout->thread.status = (uint32_t)value[THREAD_STATUS];
    layout->frame.previous = (uint32_t)value[FRAME_PREVIOUS];
    layout->frame.code = (uint32_t)value[FRAME_EXECUTABLE];
    layout->frame.counter = (uint32_t)value[FRAME_COUNTER];
    layout->frame.owner = (uint32_t)value[FRAME_OWNER];
    layout->frame.copy = (uint32_t)value[FRAME_COPY];
    layout->frame.size = (uint32_t)value[FRAME_LOCALS];
    layout->code.file = (uint32_t)value[CODE_FILE];
    layout->code.name = (uint32_t)value[CODE_NAME];
    layout->code.qualname = (uint32_t)value[CODE_QUALNAME];
    layout->code.first_line = (uint32_t)value[CODE_FIRST_LINE];
    layout->code.lines = (uint32_t)value[CODE_LINES];
    layout->code.body = (uint32_t)value[CODE_BODY];
    layout->code.copies = (uint32_t)value[CODE_COPIES];
    layout->code.fields[0] = (uint32_t)value[CODE_ARGCOUNT];
    layout->code.fields[1] = layout->code.lines + 8;
    layout->bytes.length = (uint32_t)value[BYTES_LENGTH];
    layout->bytes.data = (uint32_t)value[BYTES_DATA];
    layout->text.state = (uint32_t)value[TEXT_STATE];
    layout->text.length = (uint32_t)value[TEXT_LENGTH];
    layout->text.ascii = (uint32_t)value[TEXT_ASCII_SIZE];
    layout->text.compact = layout->text.ascii + 16;
    return FS_OK;
}
