/* Numbers from hostile text: always what strtod says. */
#include "number_parse.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 4000) return 0;
    char *text = calloc(size + 1 + MDS_NUMBER_PADDING, 1);
    if (!text) return 0;
    memcpy(text, data, size);
    double value = 0, expected;
    const char *end = mds_number_parse(text, &value);
    if (end != text) {
        char *stop;
        expected = strtod(text, &stop);
        /* strtod knows hexadecimal too, of which only the zero is a number here. */
        if (!strchr(text, 'x') && !strchr(text, 'X') &&
            (stop != end || memcmp(&value, &expected, sizeof value) != 0))
            __builtin_trap();
    }
    free(text);
    return 0;
}
