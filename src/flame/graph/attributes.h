/*
 * attributes.h - what the --nameattr file gives to the elements of single functions.
 *
 * A line is a function's name, then, each after a tab, name=value pairs. "title" replaces the tooltip; "href"
 * makes the frame a link and "target" says where it opens; "g_extra" and "a_extra" hold more attributes
 * written as in XML; anything else becomes an attribute of the frame's element. Values are text: they are
 * escaped where they are written.
 */
#ifndef FLAME_ATTRIBUTES_H
#define FLAME_ATTRIBUTES_H

#include "memory.h"
#include "status.h"

typedef struct flame_attribute {
    const char *name;
    const char *value;
    const struct flame_attribute *next;
} flame_attribute;

typedef struct flame_attributes flame_attributes;

FS_CHECK fs_status flame_attributes_read(const char *path, flame_attributes **attributes, fs_error *error);
void flame_attributes_destroy(flame_attributes *attributes); /* NULL is legal */

/* The attributes of a function in the order of the file; NULL when it has none. */
const flame_attribute *flame_attributes_of(const flame_attributes *attributes, const char *name,
                                           size_t length);

#endif
