#include "csv_fields.h"

#include "number_parse.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c, char separator)
{
    return c == ' ' || (c == '\t' && separator != '\t');
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
        field.stop = separator == ' ' && !field.quoted ? MDS_FIELD_SEPARATOR : MDS_FIELD_BAD_QUOTE;
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
                if (field.stop == MDS_FIELD_BAD_QUOTE && separator == ' ' && field.next > at + 1)
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
    while (at < end && *at != separator && *at != '\n' &&
           !(*at == '\r' && (at + 1 == end || at[1] == '\n')) && !(separator == ' ' && *at == '\t'))
        at++;
    const char *last = at;
    while (last > field.text && is_blank(last[-1], separator)) last--;
    field.length = (size_t)(last - field.text);
    return finish(field, at, end, final, separator);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

/* The number in `text` with its decimal comma read as a point. */
static bool comma_number(const char *text, size_t length, double *value)
{
    char copy[512 + MDS_NUMBER_PADDING] = "";
    if (length == 0 || length >= 512) return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.') return false;
        copy[i] = text[i];
        if (text[i] == ',') copy[i] = '.';
    }
    return mds_number_parse(copy, value) == copy + length;
}

mds_field_kind mds_field_value(const char *text, size_t length, char decimal, double *value)
{
    static const char *const missing[] = {"", "NA", "N/A", "NaN", "-NaN", "null", "None", "?"};
    static const char *const infinite[] = {"inf", "infinity"};
    bool number;
    if (decimal == ',')
        number = comma_number(text, length, value);
    else
        number = length > 0 && mds_number_parse(text, value) == text + length;
    if (number) return MDS_KIND_NUMBER;
    *value = NAN;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (is_word(text, length, missing[i])) return MDS_KIND_MISSING;
    bool negative = text[0] == '-';
    size_t sign = negative || text[0] == '+';
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        if (!is_word(text + sign, length - sign, infinite[i])) continue;
        *value = negative ? -INFINITY : INFINITY;
        return MDS_KIND_NUMBER;
    }
    return MDS_KIND_TEXT;
}
