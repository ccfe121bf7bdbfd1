/*
 * thread_tid.h - which of the kernel's threads a thread of the interpreter is.
 */
#ifndef FLAME_THREAD_TID_H
#define FLAME_THREAD_TID_H

#include "process.h"

/* The kernel's id of the thread, worked out from what the interpreter says of it; 0: not found. To 3.10
 * (native is 0) it is only right when the thread has not ended meanwhile: ask again what the state says. */
pid_t python_thread_tid(pid_t pid, const flame_reader *reader, uint64_t ident, uint64_t native);

#endif
