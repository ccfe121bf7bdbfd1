/*
 * starter.h - a first plan for commands that a person typed.
 */
#ifndef FLAME_STARTER_H
#define FLAME_STARTER_H

#include "status.h"
#include "text.h"

/* Run each command once (the first twice, to see what stays) to see what its answer could be, and write a
 * plan for them all to `path`: the keys that all their JSON lines share, else their whole output when they
 * print any, else nothing is compared. `said` gets a line for people about the choice. FS_UNSUPPORTED,
 * FS_FORMAT: a command needs a shell or cannot be split; FS_DATA: it fails. */
FS_CHECK fs_status flame_starter_write(const char *const *commands, size_t count, const char *path,
                                       fs_text *said, fs_error *error);

#endif
