/*
 * cython_name.h - the Python names of functions that Cython has translated to C.
 */
#ifndef FLAME_CYTHON_NAME_H
#define FLAME_CYTHON_NAME_H

#include "text.h"

#include <stdbool.h>

/* Append "module.Class.function" for the C name of a function from Cython, as
 * __pyx_pw_6module_5Class_3function; false and nothing when it is none. The form: Cython's Naming.py
 * (pyfunc_prefix, func_prefix, pymethdef wrappers) and Symtab.py (mangle). */
bool cython_name(const char *symbol, fs_text *out);

#endif
