/*
 * python_value.h - an object of another interpreter as a short text: as repr shows it when it is a number, a
 * str, bytes, a container of such or an exception, else "<module.Class at 0x7f...>". Nothing of the program
 * is executed, so what a class says of itself (__repr__) does not show.
 */
#ifndef FLAME_PYTHON_VALUE_H
#define FLAME_PYTHON_VALUE_H

#include "python_object.h"
#include "text.h"

/* Append the text: some 200 characters at most, the first eight items of a container, three containers deep.
 * Out of memory, out->failed is set. What cannot be read is "<unreadable>". The text is valid UTF-8 and holds
 * no control characters. */
void python_value_text(object_memory *memory, uint64_t object, fs_text *out);

/* The class as "module.Class", or without the module for built-in ones. */
void python_class_text(object_memory *memory, const object_type *type, fs_text *out);

#endif
