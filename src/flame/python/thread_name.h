/*
 * thread_name.h - what `threading` calls a thread.
 *
 * The outermost frame of a thread that threading has started runs Thread._bootstrap, whose first local is the
 * Thread object, and the name is its attribute _name. Attributes lie beside the object in an array, whose
 * keys the class keeps, or in a dict of their own. (From 3.14 on threading tells the kernel too, which keeps
 * 15 bytes of it.)
 */
#ifndef FLAME_THREAD_NAME_H
#define FLAME_THREAD_NAME_H

#include "process.h"
#include "python_layout.h"

/* `frame` is the address of that frame. False when no name can be read there; it may be asked again, as the
 * program goes on meanwhile. What is not printable is replaced. Cost: some ten small reads. */
bool python_thread_name(const flame_reader *reader, const python_layout *layout, uint64_t frame, char *name,
                        size_t room);

#endif
