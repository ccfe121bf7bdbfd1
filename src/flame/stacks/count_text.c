#include "count_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const uint64_t powers[] = {1u,
                                  10u,
                                  100u,
                                  1000u,
                                  10000u,
                                  100000u,
                                  1000000u,
                                  10000000u,
                                  100000000u,
                                  1000000000u,
                                  10000000000u,
                                  100000000000u,
                                  1000000000000u,
                                  10000000000000u,
                                  100000000000000u,
                                  1000000000000000u,
                                  10000000000000000u,
                                  100000000000000000u,
                                  1000000000000000000u,
                                  10000000000000000000u};
enum { POWERS = sizeof powers / sizeof *powers };

/* Another digit, when 64 bits hold it. */
static bool append_digit(uint64_t *digits, char c)
{
    uint64_t longer;
    if (__builtin_mul_overflow(*digits, 10u, &longer) ||
        __builtin_add_overflow(longer, (uint64_t)(c - '0'), &longer))
        return false;
    *digits = longer;
    return true;
}

/* digits * 10^exponent. A fraction is rounded to a double, as it would be anyway; a whole number is not. */
static flame_count scale(uint64_t digits, int exponent, flame_exact *value)
{
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(digits, 10u, &digits)) return FLAME_COUNT_HUGE;
    if (exponent == 0) {
        *value = flame_exact_of_u64(digits);
        return FLAME_COUNT_OK;
    }
    if (-exponent < POWERS) {
        uint64_t power = powers[-exponent], whole = digits / power, left = digits % power;
        if ((double)whole >= FLAME_EXACT_DOUBLE || left == 0) {
            *value = flame_exact_add(flame_exact_of_u64(whole), flame_exact_of((double)left / (double)power));
            return FLAME_COUNT_OK;
        }
    }
    double result = (double)digits;
    while (exponent < 0) { /* a power of ten up to 10^22 is a double exactly */
        int step = exponent < -22 ? 22 : -exponent;
        result /= step < POWERS ? (double)powers[step] : (double)powers[step - 11] * 1e11;
        exponent += step;
    }
    *value = flame_exact_of(result);
    return FLAME_COUNT_OK;
}

/* Everything but a short run of digits. */
static flame_count parse_slowly(const char *text, size_t length, flame_exact *value)
{
    static const char *const not_finite[] = {"nan", "inf", "+inf", "-inf", "-nan", "infinity", "-infinity"};
    for (size_t i = 0; i < sizeof not_finite / sizeof *not_finite; i++)
        if (length == strlen(not_finite[i]) && strncasecmp(text, not_finite[i], length) == 0)
            return FLAME_COUNT_HUGE;
    size_t i = 0;
    bool negative = length > 0 && text[0] == '-';
    i += negative;
    size_t first = i;
    uint64_t digits = 0; /* as many as 64 bits hold */
    int exponent = 0;
    bool full = false;
    for (; i < length && is_digit(text[i]); i++) {
        full = full || !append_digit(&digits, text[i]);
        if (full && ++exponent > 400) return FLAME_COUNT_HUGE;
    }
    if (i == first) return FLAME_COUNT_NONE;
    bool beyond = full; /* with all its digits it would be, unless a power brings it down */
    if (i < length && text[i] == '.') {
        for (i++; i < length && is_digit(text[i]); i++) {
            full = full || exponent < -400 || !append_digit(&digits, text[i]);
            if (!full) exponent--; /* what follows is below the precision of a double */
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
        *value = flame_exact_of(0);
        return FLAME_COUNT_OK;
    }
    if (negative) return FLAME_COUNT_NEGATIVE;
    if (beyond && exponent > 0) return FLAME_COUNT_HUGE;
    return scale(digits, exponent < -400 ? -400 : exponent, value);
}

flame_count flame_count_parse(const char *text, size_t length, flame_exact *value)
{
    if (length == 0) return FLAME_COUNT_NONE;
    if (length <= 15) {
        uint64_t number = 0;
        size_t i = 0;
        for (; i < length && is_digit(text[i]); i++) number = number * 10 + (uint64_t)(text[i] - '0');
        if (i == length) {
            *value = flame_exact_of((double)number);
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
    size_t blanks = start;
    while (start > 0 && is_space(line[start - 1])) start--;
    /* Blanks between a ';' and the one before the count are a frame of that name. */
    *length = start == 0 || line[start - 1] == ';' ? blanks - 1 : start;
    return true;
}

flame_count flame_count_take(const char *line, size_t *length, flame_exact *value)
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
        return "its count is not a number up to 18446744073709551615";
    case FLAME_COUNT_NONE:
    case FLAME_COUNT_OK:
        break;
    }
    return "it does not end in a space and a count";
}
