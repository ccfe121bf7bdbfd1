/* regular_expression.h - expressions that users write, compiled by PCRE2. */
#ifndef FLAME_REGULAR_EXPRESSION_H
#define FLAME_REGULAR_EXPRESSION_H

#include "status.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* `options` are PCRE2's. Free *code with pcre2_code_free; it is NULL on failure.
 * Error: `blame` (FS_ARGUMENT, FS_FORMAT, ...), with the place of the first mistake. */
FS_CHECK fs_status flame_regex_compile(const char *pattern, uint32_t options, fs_status blame,
                                       pcre2_code **code, fs_error *error);

#endif
