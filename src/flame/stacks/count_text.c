#include "count_text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Everything but a short run of digits. */
static flame_count parse_slowly(const char *text, size_t length, double *value)
{
    static const char *const not_finite[] = {"nan", "inf", "+inf", "-inf", "-nan", "infinity", "-infinity"};
    for (size_t i = 0; i < sizeof not_finite / sizeof *not_finite; i++)
        if (length == strlen(not_finite[i]) && strncasecmp(text, not_finite[i], length) == 0)
            return FLAME_COUNT_HUGE;
    size_t i = 0;
    bool negative = length > 0 && text[0] == '-';
    i += negative;
    size_t first = i;
    uint64_t digits = 0; /* the leading ones, exactly */
    int significant = 0, exponent = 0;
    for (; i < length && is_digit(text[i]); i++) {
        if (significant < 18) {
            digits = digits * 10 + (uint64_t)(text[i] - '0');
            significant += digits > 0;
        } else {
            exponent++;
        }
        if (exponent > 400) return FLAME_COUNT_HUGE;
    }
    if (i == first) return FLAME_COUNT_NONE;
    if (i < length && text[i] == '.') {
        for (i++; i < length && is_digit(text[i]); i++) {
            if (significant >= 18) continue; /* below the precision of a double */
            digits = digits * 10 + (uint64_t)(text[i] - '0');
            significant += digits > 0;
            if (exponent > -400) exponent--;
        }
    }
    if (i < length && (text[i] == 'e' || text[i] == 'E')) {
        i++;
        bool down = i < length && text[i] == '-';
        if (i < length && (text[i] == '-' || text[i] == '+')) i++;
        size_t mark = i;
        int power = 0;
        for (; i < length && is_digit(text[i]); i++)
            if (power < 10000) power = power * 10 + (text[i] - '0');
        if (i == mark) return FLAME_COUNT_NONE;
        exponent += down ? -power : power;
    }
    if (i != length) return FLAME_COUNT_NONE;
    if (digits == 0) {
        *value = 0;
        return FLAME_COUNT_OK;
    }
    if (negative) return FLAME_COUNT_NEGATIVE;
    if (exponent > 30) return FLAME_COUNT_HUGE;
    if (exponent < -400) exponent = -400;
    /* A power of ten up to 10^22 is a double exactly, so a count of up to 15 digits is rounded once; beyond
     * that the last bit may be off, which no count minds. */
    double result = (double)digits;
    while (exponent < 0) {
        int step = exponent < -22 ? 22 : -exponent;
        static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
        result /= powers[step];
        exponent += step;
    }
    for (; exponent > 0; exponent--) result *= 10;
    if (!(result <= FLAME_COUNT_MOST)) return FLAME_COUNT_HUGE;
    *value = result;
    return FLAME_COUNT_OK;
}

flame_count flame_count_parse(const char *text, size_t length, double *value)
{
    if (length == 0) return FLAME_COUNT_NONE;
    if (length <= 15) {
        uint64_t number = 0;
        size_t i = 0;
        for (; i < length && is_digit(text[i]); i++) number = number * 10 + (uint64_t)(text[i] - '0');
        if (i == length) {
            *value = (double)number;
            return FLAME_COUNT_OK;
        }
    }
    return parse_slowly(text, length, value);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* Split the last word off: *length becomes that of the text before it, without the spaces between. */
static bool last_word(const char *line, size_t *length, const char **word, size_t *word_length)
{
    size_t end = *length;
    while (end > 0 && is_space(line[end - 1])) end--;
    size_t start = end;
    while (start > 0 && !is_space(line[start - 1])) start--;
    if (start == 0 || start == end) return false; /* one word is no stack with a count */
    *word = line + start;
    *word_length = end - start;
    while (start > 0 && is_space(line[start - 1])) start--;
    *length = start;
    return true;
}

flame_count flame_count_take(const char *line, size_t *length, double *value)
{
    const char *word;
    size_t word_length, rest = *length;
    if (!last_word(line, &rest, &word, &word_length)) return FLAME_COUNT_NONE;
    flame_count verdict = flame_count_parse(word, word_length, value);
    if (verdict == FLAME_COUNT_OK) *length = rest;
    return verdict;
}

const char *flame_count_reason(flame_count verdict)
{
    switch (verdict) {
    case FLAME_COUNT_NEGATIVE:
        return "its count is negative";
    case FLAME_COUNT_HUGE:
        return "its count is not a finite number up to 1e18";
    case FLAME_COUNT_NONE:
    case FLAME_COUNT_OK:
        break;
    }
    return "it does not end in a space and a count";
}
