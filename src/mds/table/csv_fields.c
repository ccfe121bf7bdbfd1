#include "csv_fields.h"

#include "number_parse.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c, char separator)
{
    return c == ' ' || (c == '\t' && separator != '\t');
}

/* Whether an unquoted field ends before `at`, blanks at its end aside. */
static bool field_ends(const char *at, const char *end, char separator)
{
    if (*at == separator || *at == '\n') return true;
    if (*at == '\r') return at + 1 == end || at[1] == '\n';
    if (separator == ' ') return *at == '\t';
    if (separator == MDS_WIDE_BLANK) return *at == '\t' || (*at == ' ' && at + 1 < end && at[1] == ' ');
    return false;
}

/* Finish `field` whose text ends before `at`: find out what follows. */
static mds_field finish(mds_field field, const char *at, const char *end, bool final, char separator)
{
    while (at < end && is_blank(*at, separator)) at++;
    if (at == end) {
        field.stop = final ? MDS_FIELD_END : MDS_FIELD_MORE;
        field.next = at;
    } else if (*at == '\n') {
        field.stop = MDS_FIELD_LINE;
        field.next = at + 1;
    } else if (*at == '\r' && at + 1 == end && !final) {
        field.stop = MDS_FIELD_MORE;
        field.next = at;
    } else if (*at == '\r' && (at + 1 == end || at[1] == '\n')) {
        field.stop = MDS_FIELD_LINE;
        field.next = at + (at + 1 == end ? 1 : 2);
    } else if (*at == separator) {
        field.stop = MDS_FIELD_SEPARATOR;
        field.next = at + 1;
    } else {
        bool blanks = separator == ' ' || separator == MDS_WIDE_BLANK;
        field.stop = blanks && !field.quoted ? MDS_FIELD_SEPARATOR : MDS_FIELD_BAD_QUOTE;
        field.next = at;
    }
    return field;
}

mds_field mds_field_next(const char *at, const char *end, bool final, char separator)
{
    mds_field field = {0};
    while (at < end && is_blank(*at, separator)) at++;
    field.text = at;
    if (at < end && *at == '"') {
        field.quoted = true;
        field.text = ++at;
        for (; at < end; at++) {
            if (*at == '\n') field.lines++;
            if (*at != '"') continue;
            if (at + 1 == end && !final) break;
            if (at + 1 == end || at[1] != '"') {
                field.length = (size_t)(at - field.text);
                field = finish(field, at + 1, end, final, separator);
                /* Blanks were eaten: between quoted fields they are the separator. */
                if (field.stop == MDS_FIELD_BAD_QUOTE && field.next > at + 1 &&
                    (separator == ' ' || separator == MDS_WIDE_BLANK))
                    field.stop = MDS_FIELD_SEPARATOR;
                return field;
            }
            field.doubled = true;
            at++;
        }
        field.stop = final ? MDS_FIELD_BAD_QUOTE : MDS_FIELD_MORE;
        field.next = at;
        return field;
    }
    while (at < end && !field_ends(at, end, separator)) at++;
    const char *last = at;
    while (last > field.text && is_blank(last[-1], separator)) last--;
    field.length = (size_t)(last - field.text);
    return finish(field, at, end, final, separator);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool is_missing(const char *text, size_t length)
{
    static const char *const words[] = {"",
                                        "NA",
                                        "N/A",
                                        "NaN",
                                        "-NaN",
                                        "null",
                                        "None",
                                        "nil",
                                        "<NA>",
                                        "n.a.",
                                        "n.d.",
                                        "ND",
                                        "?",
                                        ".",
                                        "-",
                                        "--",
                                        "*",
                                        "#N/A",
                                        "#NV",
                                        "#N/D",
                                        "#DIV/0!",
                                        "#VALUE!",
                                        "#REF!",
                                        "#NUM!",
                                        "#NAME?",
                                        "#NULL!",
                                        "#WERT!",
                                        "#ZAHL!",
                                        "#BEZUG!",
                                        "\xE2\x80\x93",
                                        "\xE2\x80\x94",
                                        "\x96"};
    if (length > 8) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(text, length, words[i])) return true;
    return false;
}

/* Bytes of a mark between groups of digits, or 0. */
static size_t group_mark(const char *text, size_t length, char decimal)
{
    static const char *const marks[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99"};
    if (text[0] == (decimal == ',' ? '.' : ',') || text[0] == '\'' || text[0] == ' ' || text[0] == '\xA0')
        return 1;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (length >= strlen(marks[i]) && memcmp(text, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Copy the whole part without its marks: one to three digits, then groups of three behind the same mark.
 * Returns how much of the text that was, 0 when it is no such number. */
static size_t copy_grouped(const char *text, size_t length, char decimal, char *copy, size_t *used)
{
    size_t at = 0, digits = 0, groups = 0;
    const char *first = NULL; /* mark */
    for (;;) {
        while (at < length && is_digit(text[at])) {
            copy[(*used)++] = text[at++];
            digits++;
        }
        if (groups ? digits != 3 : digits == 0) return groups ? 0 : at;
        size_t mark = at < length ? group_mark(text + at, length - at, decimal) : 0;
        if (mark == 0 || (first && memcmp(text + at, first, mark) != 0)) return at;
        if (groups == 0 && (digits > 3 || text[0] == '0')) return 0;
        first = text + at;
        at += mark;
        groups++;
        digits = 0;
    }
}

/* A number as people's programs print it: decimal comma, groups, a printed minus. */
static bool printed_number(const char *text, size_t length, char decimal, double *value)
{
    char copy[512 + MDS_NUMBER_PADDING] = "";
    size_t used = 0;
    if (length == 0 || length >= 512) return false;
    if (text[0] == '-' || text[0] == '+') {
        copy[used++] = *text++;
        length--;
    } else if (length > 3 && memcmp(text, "\xE2\x88\x92", 3) == 0) {
        copy[used++] = '-';
        text += 3;
        length -= 3;
    }
    size_t whole = copy_grouped(text, length, decimal, copy, &used);
    if (whole == 0 && !(length > 0 && text[0] == decimal)) return false;
    for (size_t i = whole; i < length; i++) {
        if (text[i] == (decimal == ',' ? '.' : ',')) return false;
        copy[used++] = text[i] == decimal ? '.' : text[i];
    }
    return mds_number_parse(copy, value) == copy + used;
}

mds_field_kind mds_field_value(const char *text, size_t length, char decimal, double *value)
{
    static const char *const infinite[] = {"inf", "infinity"};
    bool number = decimal == '.' && length > 0 && mds_number_parse(text, value) == text + length;
    if (number || printed_number(text, length, decimal, value)) return MDS_KIND_NUMBER;
    *value = NAN;
    if (is_missing(text, length)) return MDS_KIND_MISSING;
    bool negative = text[0] == '-';
    size_t sign = negative || text[0] == '+';
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        if (length <= sign || !is_word(text + sign, length - sign, infinite[i])) continue;
        *value = negative ? -INFINITY : INFINITY;
        return MDS_KIND_NUMBER;
    }
    return MDS_KIND_TEXT;
}
