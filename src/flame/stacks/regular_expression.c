#include "regular_expression.h"

fs_status flame_regex_compile(const char *pattern, uint32_t options, fs_status blame, pcre2_code **code,
                              fs_error *error)
{
    int number;
    PCRE2_SIZE place;
    *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &number, &place, NULL);
    if (*code) return FS_OK;
    PCRE2_UCHAR message[200];
    if (pcre2_get_error_message(number, message, sizeof message) < 0) message[0] = '\0';
    return fs_fail(error, blame, "'%s' is no regular expression: it is wrong at character %zu: %s", pattern,
                   (size_t)place + 1, (const char *)message);
}
