/*
 * python_version.h - what kind of Python a process runs, if any.
 */
#ifndef FLAME_PYTHON_VERSION_H
#define FLAME_PYTHON_VERSION_H

#include <stdbool.h>

/* What was found in a process. */
typedef enum flame_python_state {
    FLAME_PYTHON_READY = 0,
    FLAME_PYTHON_STARTING, /* an interpreter not yet initialised, or exec: open the process again in 1 ms */
    FLAME_PYTHON_NONE,     /* no interpreter in this process (yet: a program may still load one, or exec) */
    FLAME_PYTHON_REFUSED,  /* an interpreter that cannot be read: too old, too new, not CPython */
    FLAME_PYTHON_ENDED,    /* the process has ended */
    FLAME_PYTHON_DENIED    /* not permitted */
} flame_python_state;

typedef struct flame_python_version {
    int major, minor, micro; /* micro is -1 when the process does not say */
    char level;              /* 'a', 'b', 'c' or 'f' (final); 0 when the process does not say */
    int serial;
    bool free_threaded;
    char text[40];    /* "3.13.0", "3.14.0b2", "3.9" */
    const char *file; /* the executable or libpython that holds it, as the process sees it */
} flame_python_version;

#endif
