/*
 * probe - compiled against the headers of one interpreter, compares src/flame/python/python_layout.c with
 * them, field by field. probe.py compiles and runs it for every interpreter that has its headers.
 */
#define Py_BUILD_CORE 1
#include <Python.h>
#include <stddef.h>
#include <stdio.h>

#if PY_VERSION_HEX < 0x03090000
#include "internal/pycore_pystate.h"
#else
#include "internal/pycore_interp.h"
#include "internal/pycore_runtime.h"
#endif
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000
#include "internal/pycore_frame.h"
#include "internal/pycore_genobject.h"
#endif
#if PY_VERSION_HEX >= 0x030e0000
#include "internal/pycore_interpframe.h"
#include "internal/pycore_interpframe_structs.h"
#endif

#include "asyncio_layout.h"
#include "locals_layout.h"
#include "python_layout.h"

#ifdef Py_GIL_DISABLED
#define FREE_THREADED "t"
#else
#define FREE_THREADED ""
#endif

static int wrong, compared;

static void compare(const char *what, size_t table, size_t headers)
{
    compared++;
    if (table == headers) return;
    wrong++;
    printf("3.%d: %s is %zu in the table and %zu in the headers\n", PY_MINOR_VERSION, what, table, headers);
}

#define FIELD(entry, type, member) compare(#entry, layout->entry, offsetof(type, member))

/* The word of flags that has one bit field set, as a number. */
#define BITS(type, member, word, into)                                                                       \
    do {                                                                                                     \
        type object;                                                                                         \
        memset(&object, 0, sizeof object);                                                                   \
        object.member = ~0;                                                                                  \
        memcpy(&(into), &object.word, sizeof(into));                                                         \
    } while (0)

static void compare_state(const python_layout *layout)
{
    FIELD(runtime.interpreters, _PyRuntimeState, interpreters.head);
    FIELD(interpreter.next, PyInterpreterState, next);
    FIELD(interpreter.id, PyInterpreterState, id);
#if PY_VERSION_HEX < 0x030c0000
    FIELD(runtime.current, _PyRuntimeState, gilstate.tstate_current);
#endif
#if PY_VERSION_HEX < 0x030b0000
    FIELD(interpreter.threads, PyInterpreterState, tstate_head);
    FIELD(thread.frame, PyThreadState, frame);
    FIELD(thread.serial, PyThreadState, id);
#else
    FIELD(interpreter.threads, PyInterpreterState, threads.head);
    FIELD(thread.native, PyThreadState, native_thread_id);
#if PY_VERSION_HEX < 0x030d0000
    FIELD(thread.frame, PyThreadState, cframe);
    FIELD(thread.through_cframe, _PyCFrame, current_frame);
#else
    FIELD(thread.frame, PyThreadState, current_frame);
#endif
#endif
#if PY_VERSION_HEX >= 0x030c0000
    unsigned active;
    BITS(PyThreadState, _status.active, _status, active);
    compare("thread.active", layout->thread.active, active);
    FIELD(thread.status, PyThreadState, _status);
#endif
#if PY_VERSION_HEX >= 0x030e0000
    FIELD(interpreter.generation, PyInterpreterState, _code_object_generation);
    compare("interpreter.generation_size", layout->interpreter.generation_size,
            sizeof(((PyInterpreterState *)0)->_code_object_generation));
#endif
#if PY_VERSION_HEX < 0x03090000
    FIELD(runtime.collecting, _PyRuntimeState, gc.collecting);
#else
    FIELD(interpreter.collecting, PyInterpreterState, gc.collecting);
#endif
#if PY_VERSION_HEX >= 0x030f0000
    FIELD(interpreter.collected_from, PyInterpreterState, gc.frame);
#endif
    FIELD(thread.previous, PyThreadState, prev);
    FIELD(thread.next, PyThreadState, next);
    FIELD(thread.interpreter, PyThreadState, interp);
    FIELD(thread.ident, PyThreadState, thread_id);
}

static void compare_type(const python_layout *layout)
{
    FIELD(type.cached_keys, PyHeapTypeObject, ht_cached_keys);
}

/* What python_object.c and python_value.c take for the same in all versions. */
static void compare_objects(const python_layout *layout)
{
#define SAME(number, type, member)                                                                           \
    compare(#type "." #member, (number) + layout->object_head - 8, offsetof(type, member))
    SAME(24, PyTypeObject, tp_name);
    SAME(32, PyTypeObject, tp_basicsize);
    SAME(168, PyTypeObject, tp_flags);
    SAME(264, PyTypeObject, tp_dict);
    SAME(288, PyTypeObject, tp_dictoffset);
    compare("ht_qualname", layout->type.cached_keys - 8, offsetof(PyHeapTypeObject, ht_qualname));
    SAME(16, PyFloatObject, ob_fval);
    SAME(PY_VERSION_HEX >= 0x030e0000 ? 32 : 24, PyTupleObject, ob_item);
    SAME(24, PyListObject, ob_item);
    SAME(16, PyDictObject, ma_used);
    SAME(32, PyDictObject, ma_keys);
    SAME(40, PyDictObject, ma_values);
    SAME(24, PySetObject, used);
    SAME(32, PySetObject, mask);
    SAME(40, PySetObject, table);
    SAME(16, PyCellObject, ob_ref);
    SAME(24, PyBaseExceptionObject, args);
    SAME(16, PyWeakReference, wr_object);
    compare("bits of an int's digit", 30, PyLong_SHIFT);
}

static void compare_locals(unsigned minor)
{
    const locals_layout table = locals_layout_of(minor), *layout = &table;
#if PY_VERSION_HEX < 0x030b0000
    FIELD(names, PyCodeObject, co_varnames);
    FIELD(cells, PyCodeObject, co_cellvars);
    FIELD(free, PyCodeObject, co_freevars);
    FIELD(dict, PyFrameObject, f_locals);
#else
    FIELD(names, PyCodeObject, co_localsplusnames);
    FIELD(dict, _PyInterpreterFrame, f_locals);
#endif
}

static void compare_coroutines(unsigned minor)
{
    const asyncio_layout *layout = asyncio_layout_of(minor);
#if PY_VERSION_HEX < 0x030b0000
    FIELD(coroutine, PyCoroObject, cr_frame);
    FIELD(stack_base, PyFrameObject, f_valuestack);
#if PY_VERSION_HEX < 0x030a0000
    FIELD(stack, PyFrameObject, f_stacktop);
#else
    FIELD(stack, PyFrameObject, f_stackdepth);
    FIELD(state, PyFrameObject, f_state);
#endif
#else
    FIELD(coroutine, PyCoroObject, cr_iframe);
    FIELD(state, PyCoroObject, cr_frame_state);
    FIELD(slots, PyCodeObject, co_nlocalsplus);
#if PY_VERSION_HEX < 0x030e0000
    FIELD(stack, _PyInterpreterFrame, stacktop);
#else
    FIELD(stack, _PyInterpreterFrame, stackpointer);
#endif
#endif
#if PY_VERSION_HEX >= 0x030a0000
    compare("created", (size_t)layout->created, (size_t)FRAME_CREATED);
    compare("executing", (size_t)layout->executing, FRAME_EXECUTING);
    compare("first of suspended", (size_t)layout->first, (size_t)FRAME_SUSPENDED);
#if PY_VERSION_HEX >= 0x030d0000
    compare("suspended in await", FRAME_SUSPENDED_YIELD_FROM <= layout->last, 1);
#endif
#endif
#if PY_VERSION_HEX < 0x030c0000
    FIELD(modules, PyInterpreterState, modules);
#elif PY_VERSION_HEX < 0x030e0000
    FIELD(modules, PyInterpreterState, imports.modules);
#endif
}

static void compare_frame(const python_layout *layout)
{
#if PY_VERSION_HEX < 0x030b0000
    FIELD(frame.previous, PyFrameObject, f_back);
    FIELD(frame.code, PyFrameObject, f_code);
    FIELD(frame.counter, PyFrameObject, f_lasti);
    FIELD(frame.slots, PyFrameObject, f_localsplus);
#else
    FIELD(frame.previous, _PyInterpreterFrame, previous);
    FIELD(frame.owner, _PyInterpreterFrame, owner);
    FIELD(frame.size, _PyInterpreterFrame, localsplus);
#if PY_VERSION_HEX < 0x030d0000
    FIELD(frame.code, _PyInterpreterFrame, f_code);
    FIELD(frame.counter, _PyInterpreterFrame, prev_instr);
#else
    FIELD(frame.code, _PyInterpreterFrame, f_executable);
    FIELD(frame.counter, _PyInterpreterFrame, instr_ptr);
#endif
#if PY_VERSION_HEX >= 0x030e0000
    compare("frame.shown_owners", layout->frame.shown_owners, FRAME_OWNED_BY_INTERPRETER);
#elif PY_VERSION_HEX >= 0x030c0000
    compare("frame.shown_owners", layout->frame.shown_owners, FRAME_OWNED_BY_CSTACK);
#endif
#endif
}

static void compare_code(const python_layout *layout)
{
    FIELD(code.file, PyCodeObject, co_filename);
    FIELD(code.name, PyCodeObject, co_name);
    FIELD(code.flags, PyCodeObject, co_flags);
    FIELD(code.first_line, PyCodeObject, co_firstlineno);
#if PY_VERSION_HEX < 0x030a0000
    FIELD(code.lines, PyCodeObject, co_lnotab);
#else
    FIELD(code.lines, PyCodeObject, co_linetable);
#endif
#if PY_VERSION_HEX < 0x030b0000
    FIELD(code.bytes, PyCodeObject, co_code);
    FIELD(code.fields[0], PyCodeObject, co_argcount);
#else
    FIELD(code.qualname, PyCodeObject, co_qualname);
    FIELD(code.body, PyCodeObject, co_code_adaptive);
    FIELD(code.fields[1], PyCodeObject, co_weakreflist);
#endif
#if PY_VERSION_HEX >= 0x030c0000
    FIELD(code.version, PyCodeObject, co_version);
#endif
}

static void compare_kinds(const python_layout *layout)
{
    unsigned kind, compact, ascii;
    BITS(PyASCIIObject, state.kind, state, kind);
    BITS(PyASCIIObject, state.compact, state, compact);
    BITS(PyASCIIObject, state.ascii, state, ascii);
    compare("kind of a str", 7U << layout->text.kind, kind);
    compare("compact of a str", 8U << layout->text.kind, compact);
    compare("ascii of a str", 16U << layout->text.kind, ascii);
}

static void compare_text(const python_layout *layout)
{
    compare_kinds(layout);
    FIELD(text.length, PyASCIIObject, length);
    FIELD(text.state, PyASCIIObject, state);
    compare("text.ascii", layout->text.ascii, sizeof(PyASCIIObject));
    compare("text.compact", layout->text.compact, sizeof(PyCompactUnicodeObject));
    FIELD(text.compact, PyUnicodeObject, data);
    FIELD(bytes.length, PyBytesObject, ob_base.ob_size);
    FIELD(bytes.data, PyBytesObject, ob_sval);
}

#if PY_VERSION_HEX >= 0x030d0000
/* The positions of the entries of the interpreter's own table. */
static void compare_table(void)
{
    enum { WHICH = PY_MINOR_VERSION - 13 };
    static const struct {
        const char *name;
        size_t word;
    } headers[] = {
#define ENTRY(member) {#member, offsetof(_Py_DebugOffsets, member) / 8}
        ENTRY(runtime_state.interpreters_head),
        ENTRY(interpreter_state.size),
        ENTRY(interpreter_state.id),
        ENTRY(interpreter_state.next),
        ENTRY(interpreter_state.threads_head),
#if PY_VERSION_HEX >= 0x030e0000
        ENTRY(interpreter_state.code_object_generation),
#endif
#if PY_VERSION_HEX >= 0x030e0000
        ENTRY(interpreter_state.tlbc_generation),
        ENTRY(interpreter_frame.tlbc_index),
        ENTRY(code_object.co_tlbc),
#endif
        ENTRY(interpreter_state.gc),
        ENTRY(gc.collecting),
#if PY_VERSION_HEX >= 0x030f0000
        ENTRY(gc.frame),
#endif
        ENTRY(thread_state.size),
        ENTRY(thread_state.prev),
        ENTRY(thread_state.next),
        ENTRY(thread_state.interp),
        ENTRY(thread_state.current_frame),
        ENTRY(thread_state.thread_id),
        ENTRY(thread_state.native_thread_id),
        ENTRY(thread_state.status),
        ENTRY(interpreter_frame.previous),
        ENTRY(interpreter_frame.executable),
        ENTRY(interpreter_frame.instr_ptr),
        ENTRY(interpreter_frame.localsplus),
        ENTRY(interpreter_frame.owner),
        ENTRY(code_object.size),
        ENTRY(code_object.filename),
        ENTRY(code_object.name),
        ENTRY(code_object.qualname),
        ENTRY(code_object.linetable),
        ENTRY(code_object.firstlineno),
        ENTRY(code_object.argcount),
        ENTRY(code_object.co_code_adaptive),
        ENTRY(bytes_object.ob_size),
        ENTRY(bytes_object.ob_sval),
        ENTRY(unicode_object.state),
        ENTRY(unicode_object.length),
        ENTRY(unicode_object.asciiobject_size)
    };
    size_t count, known = sizeof headers / sizeof *headers, found = 0;
    const python_table_entry *entries = python_layout_entries(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < known; k++)
            if (strcmp(entries[i].name, headers[k].name) == 0) {
                compare(entries[i].name, entries[i].word[WHICH], headers[k].word);
                found++;
            }
    compare("entries of the table that were checked", found, known);
}

#ifdef Py_GIL_DISABLED
/* What the fixed rows say of a free-threaded build; the rest is in the table. */
static void compare_free_threaded(const python_layout *fixed)
{
    python_layout free_threaded = *fixed, *layout = &free_threaded;
    unsigned active;
    python_layout_free_thread(layout);
    FIELD(object_head, PyObject, ob_type);
    compare("size of an object", layout->object_head + 8, offsetof(PyVarObject, ob_size));
    compare("name of a type", layout->object_head + 16, offsetof(PyTypeObject, tp_name));
    FIELD(code.flags, PyCodeObject, co_flags);
    FIELD(code.version, PyCodeObject, co_version);
    FIELD(type.cached_keys, PyHeapTypeObject, ht_cached_keys);
    BITS(PyThreadState, _status.active, _status, active);
    compare("thread.active", layout->thread.active, active);
    compare("text.compact", sizeof(PyASCIIObject) + 16, offsetof(PyUnicodeObject, data));
    compare_kinds(layout);
    compare_objects(layout);
    compare("names of variables", locals_layout_of(PY_MINOR_VERSION).names + 16,
            offsetof(PyCodeObject, co_localsplusnames));
    compare("names of a module's frame", locals_layout_of(PY_MINOR_VERSION).dict,
            offsetof(_PyInterpreterFrame, f_locals));
#if PY_VERSION_HEX >= 0x030e0000
    compare("interpreter.generation_size", layout->interpreter.generation_size,
            sizeof(((PyInterpreterState *)0)->_code_object_generation));
    compare("first copy", 8, offsetof(_PyCodeArray, entries));
    compare("bytes of a frame's copy", 4, sizeof(((_PyInterpreterFrame *)0)->tlbc_index));
    compare("bytes of the counter of copies", 4,
            sizeof(((PyInterpreterState *)0)->tlbc_indices.tlbc_generation));
#endif
    compare_table();
}
#endif
#endif

int main(void)
{
    const python_layout *layout = python_layout_fixed(PY_MINOR_VERSION);
    if (!layout) {
        printf("3.%d has no layout\n", PY_MINOR_VERSION);
        return 1;
    }
#ifdef Py_GIL_DISABLED
    compare_free_threaded(layout);
#else
    compare_state(layout);
    compare_type(layout);
    compare_objects(layout);
    compare_locals(PY_MINOR_VERSION);
    compare_coroutines(PY_MINOR_VERSION);
    compare_frame(layout);
    compare_code(layout);
    compare_text(layout);
#if PY_VERSION_HEX >= 0x030d0000
    compare_table();
#endif
#endif
    printf("%s%s: %d of %d fields agree\n", PY_VERSION, FREE_THREADED, compared - wrong, compared);
    return wrong != 0;
}
