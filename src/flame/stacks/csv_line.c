#include "csv_line.h"

#include <string.h>

flame_csv flame_csv_line(const char *line, size_t length, char separator)
{
    return (flame_csv){.at = line, .end = line + length, .separator = separator};
}

/* From behind the opening quote; "" in it is a quote. */
static void quoted_cell(flame_csv *csv, fs_text *scratch, const char **cell, size_t *length)
{
    const char *first = csv->at + 1, *at = first;
    bool copied = false;
    fs_text_clear(scratch);
    for (;;) {
        const char *quote = memchr(at, '"', (size_t)(csv->end - at));
        const char *end = quote ? quote : csv->end;
        bool doubled = quote && quote + 1 < csv->end && quote[1] == '"';
        if (copied || doubled) fs_text_append(scratch, at, (size_t)(end - at) + doubled);
        copied = copied || doubled;
        at = doubled ? end + 2 : end;
        if (doubled) continue;
        *cell = copied ? fs_text_string(scratch) : first;
        *length = copied ? scratch->length : (size_t)(end - first);
        csv->at = quote ? quote + 1 : csv->end;
        return;
    }
}

bool flame_csv_next(flame_csv *csv, fs_text *scratch, const char **cell, size_t *length)
{
    if (!csv->at) return false;
    const char *start = csv->at;
    while (csv->at < csv->end && *csv->at == ' ') csv->at++;
    size_t blanks = (size_t)(csv->at - start);
    bool quoted = csv->at < csv->end && *csv->at == '"';
    if (quoted) quoted_cell(csv, scratch, cell, length);
    const char *rest = csv->at;
    const char *separator = memchr(rest, csv->separator, (size_t)(csv->end - rest));
    if (!quoted) {
        *cell = rest - blanks;
        *length = (size_t)((separator ? separator : csv->end) - *cell);
    }
    csv->at = separator ? separator + 1 : NULL;
    return !quoted || !scratch->failed;
}

size_t flame_csv_column(const char *line, size_t length, char separator, const char *name)
{
    flame_csv csv = flame_csv_line(line, length, separator);
    fs_text scratch;
    fs_text_init(&scratch);
    const char *cell;
    size_t n, found = SIZE_MAX;
    for (size_t i = 0; found == SIZE_MAX && flame_csv_next(&csv, &scratch, &cell, &n); i++) {
        while (n > 0 && *cell == ' ') cell++, n--;
        if (n == strlen(name) && memcmp(cell, name, n) == 0) found = i;
    }
    fs_text_fini(&scratch);
    return found;
}
