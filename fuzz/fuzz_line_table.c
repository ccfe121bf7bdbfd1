/*
 * Line tables of all three formats from any bytes: never more lines than asked for, and the walk for columns
 * agrees with the table of lines.
 */
#include "line_table.h"
#include "memory.h"

#include <stdlib.h>

enum { UNITS = 5000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int format = PYTHON_LNOTAB; format <= PYTHON_LOCATIONS; format++) {
        uint32_t *lines;
        size_t count;
        if (line_table_decode((python_lines)format, data, size, 7, UNITS, &lines, &count, NULL) != FS_OK)
            continue;
        if (count > UNITS) abort();
        for (size_t i = 0; i < count && format == PYTHON_LOCATIONS && i < 64; i++)
            if (line_table_position(data, size, 7, i).line != lines[i]) abort();
        fs_free(lines);
    }
    return 0;
}
