/*
 * asyncio_layout.h - where coroutines and tasks keep what is read of them, by minor version, in bytes.
 * tests/flame/python/probe.c compares coroutines with the headers; of tasks there is none: to 3.13
 * test_dump_tasks.py compares them with living ones, from 3.14 on the program says.
 */
#ifndef FLAME_ASYNCIO_LAYOUT_H
#define FLAME_ASYNCIO_LAYOUT_H

#include "python_layout.h"

typedef struct asyncio_layout {
    uint32_t modules;          /* of an interpreter: sys.modules (to 3.13) */
    uint32_t coroutine;        /* from 3.11 of a coroutine: its frame; before: a pointer to it */
    uint32_t state;            /* from 3.11 of a coroutine, from 3.10 of its frame: signed char */
    int8_t created, executing; /* ... its values: not begun, on a thread's stack; */
    int8_t first, last;        /* ... from, to: suspended */
    uint32_t stack;            /* of a frame: how far its stack is filled, */
    uint32_t stack_base;       /* ... and where that begins (to 3.10) */
    uint32_t slots;            /* of a code object: how many slots come before the stack (from 3.11) */
    uint32_t waiter;           /* of a task: what it waits for; its coroutine and its name follow */
} asyncio_layout;

/* NULL: not known. */
static inline const asyncio_layout *asyncio_layout_of(unsigned minor)
{
    static const asyncio_layout layouts[] = {
        {.modules = 56, .coroutine = 16, .stack = 72, .stack_base = 64, .waiter = 104},
        {.modules = 856, .coroutine = 16, .stack = 72, .stack_base = 64, .waiter = 144},
        {.modules = 856,
         .coroutine = 16,
         .state = 108,
         .created = -2,
         .first = -1,
         .last = -1,
         .stack = 80,
         .stack_base = 64,
         .waiter = 152},
        {.modules = 888,
         .coroutine = 80,
         .state = 75,
         .created = -2,
         .first = -1,
         .last = -1,
         .stack = 64,
         .slots = 76,
         .waiter = 128},
        {.modules = 944,
         .coroutine = 72,
         .state = 67,
         .created = -2,
         .first = -1,
         .last = -1,
         .stack = 64,
         .slots = 72,
         .waiter = 128},
        {.modules = 7656,
         .coroutine = 72,
         .state = 67,
         .created = -3,
         .first = -2,
         .last = -1,
         .stack = 64,
         .slots = 72,
         .waiter = 112},
        {.coroutine = 72, .state = 67, .created = -3, .first = -2, .last = -1, .stack = 64, .slots = 72},
        {.coroutine = 72,
         .state = 67,
         .created = 0,
         .executing = 4,
         .first = 1,
         .last = 3,
         .stack = 64,
         .slots = 72},
    };
    _Static_assert(sizeof layouts / sizeof *layouts == PYTHON_NEWEST - PYTHON_OLDEST + 1,
                   "a row for each version");
    return minor >= PYTHON_OLDEST && minor <= PYTHON_NEWEST ? &layouts[minor - PYTHON_OLDEST] : 0;
}

#endif
