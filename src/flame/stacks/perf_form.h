/*
 * perf_form.h - how an output of `perf script` is written, which -F chose.
 */
#ifndef FLAME_PERF_FORM_H
#define FLAME_PERF_FORM_H

#include "text.h"

/* How heads and frames are written in this input, from its first sample: whether heads are told by their
 * place alone (-F comm,ip,sym), and whether frames have addresses (-F comm,sym). */
typedef struct perf_form {
    bool head;            /* the first line is a sample's */
    bool sure;            /* ... and can be nothing else */
    bool placed;          /* ... with a time or a CPU */
    bool counted;         /* ... that ends in a count, as a folded stack does */
    bool stacked;         /* ... and holds a ';' */
    bool chain, nameless; /* a frame follows */
    bool headless;        /* it begins with a frame */
    bool flat;            /* each line is a sample with its one frame, told by how perf pads that */
} perf_form;

perf_form perf_find_form(const char *bytes, size_t length);

/* Whether this is the line before and after what --header writes. */
bool perf_begins_heading(const char *line, size_t length);

/* Append what a line of --header says of the machine and the recording. */
void perf_note_fact(const char *line, size_t length, fs_text *notes);

#endif
