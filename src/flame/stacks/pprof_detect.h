/*
 * pprof_detect.h - whether bytes are the beginning of a pprof profile.
 */
#ifndef FLAME_PPROF_DETECT_H
#define FLAME_PPROF_DETECT_H

#include <stdbool.h>
#include <stddef.h>

bool flame_looks_like_pprof(const char *bytes, size_t length);

#endif
